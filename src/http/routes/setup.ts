import { finishSetup } from "../../people/setup.ts";
import { view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields, refused, refusedStatus } from "../form.ts";
import { get, post } from "../route.ts";
import { enter, opened, orGone } from "../welcome.ts";

const PAGE = { title: "Set up Signet" };
const GONE = {
  title: "This link no longer works",
  text: "It was used, or Signet was started again since and printed another one. Look in the terminal for the newest link; when there is an admin already, sign in.",
};

export default [
  get(
    "/setup/:token",
    (ctx, { params }) =>
      orGone(GONE, async () => {
        await opened(ctx, params.token!, "setup");
        const typed = { name: "", email: "" };
        return view("setup", { page: PAGE, action: `/setup/${params.token}`, typed, problems: null });
      }),
    "public",
  ),

  post(
    "/setup/:token",
    (ctx, request) =>
      orGone(GONE, async () => {
        const token = request.params.token!;
        const given = fields(request.form, "name", "email", "password");
        const result = await attempt(() => finishSetup(ctx, { token, ...given }));
        if (result.ok) return enter(ctx, request, result.value, given.password);
        const { password: _password, ...typed } = given;
        const data = { page: PAGE, action: `/setup/${token}`, typed, problems: refused(result.problems) };
        return view("setup", data, { status: refusedStatus(result.error) });
      }),
    "public",
  ),
];
