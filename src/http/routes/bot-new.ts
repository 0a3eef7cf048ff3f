import { addBot } from "../../bots/add.ts";
import type { Context } from "../../context.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields } from "../form.ts";
import { chosenOwner, ownerOptions } from "../owner-field.ts";
import { get, post } from "../route.ts";
import { placed } from "../service-form.ts";

export default [
  get("/bots/new", (ctx) => show(ctx, { name: "", slug: "", owner: "" }, null)),

  post("/bots/new", async (ctx, { form }) => {
    const typed = fields(form, "name", "slug", "owner");
    const result = await attempt(() => {
      const owner = chosenOwner(typed.owner);
      const slug = typed.slug.trim();
      return addBot(ctx, { name: typed.name, ...(slug && { slug }), ...(owner && { owner }) });
    });
    if (!result.ok) return show(ctx, typed, placed(result.problems, ["name", "slug", "owner"]));
    return redirect(`/bots/${result.value.id}`, good(`${result.value.name} is made. Next, give it a token.`));
  }),
];

async function show(
  ctx: Context,
  typed: { name: string; slug: string; owner: string },
  problems: ReturnType<typeof placed> | null,
): Promise<Answer> {
  const owners = await ownerOptions(ctx);
  const data = { page: { title: "New bot" }, typed, owners, problems: problems ?? { lines: [], of: {} } };
  return view("bot-new", data, { status: problems ? 400 : 200 });
}
