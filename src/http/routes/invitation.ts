import { join } from "../../people/join.ts";
import { view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields, refused, refusedStatus } from "../form.ts";
import { get, post } from "../route.ts";
import { enter, opened, orGone } from "../welcome.ts";

const PAGE = { title: "Join" };
const GONE = {
  title: "This invitation no longer works",
  text: "It was used, replaced by a newer one, or is more than seven days old. Ask the admin who sent it to invite you again; when you have joined already, sign in.",
};

export default [
  get(
    "/invitations/:token",
    (ctx, { params }) =>
      orGone(GONE, async () => {
        const invited = await opened(ctx, params.token!, "join");
        const data = { email: invited.email, action: `/invitations/${params.token}`, typed: { name: invited.name } };
        return view("invitation", { page: PAGE, ...data, problems: null });
      }),
    "public",
  ),

  post(
    "/invitations/:token",
    (ctx, request) =>
      orGone(GONE, async () => {
        const token = request.params.token!;
        const invited = await opened(ctx, token, "join");
        const given = fields(request.form, "name", "password");
        const result = await attempt(() => join(ctx, { token, ...given }));
        if (result.ok) return enter(ctx, request, result.value, given.password);
        const data = { email: invited.email, action: `/invitations/${token}`, typed: { name: given.name } };
        const problems = refused(result.problems);
        return view("invitation", { page: PAGE, ...data, problems }, { status: refusedStatus(result.error) });
      }),
    "public",
  ),
];
