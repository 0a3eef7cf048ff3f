import { editAccount } from "../../accounts/edit.ts";
import type { Context } from "../../context.ts";
import { accountCrumbs, accountPath, changeable } from "../account-view.ts";
import { good, redirect, view } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields, refused } from "../form.ts";
import { get, post } from "../route.ts";

export default [
  get("/accounts/:slug/rename", async (ctx, { params }) => page(ctx, params.slug!)),

  post("/accounts/:slug/rename", async (ctx, { params, form }) => {
    const typed = fields(form, "name", "slug");
    const { account } = await changeable(ctx, params.slug!);
    const saved = await attempt(() => editAccount(ctx, account.id, typed));
    if (!saved.ok) return page(ctx, account.id, typed, saved.problems);
    return redirect(accountPath(saved.value), good("Saved."));
  }),
];

async function page(ctx: Context, key: string, typed?: { name: string; slug: string }, problems?: Problems) {
  const { account, path, tile } = await changeable(ctx, key);
  const data = {
    page: { title: `Rename ${account.name}` },
    tile,
    crumbs: accountCrumbs(account),
    path,
    publicUrl: ctx.publicUrl,
    typed: typed ?? { name: account.name, slug: account.slug },
    problems: problems && refused(problems),
  };
  return view("account-rename", data, { status: problems ? 400 : 200 });
}
