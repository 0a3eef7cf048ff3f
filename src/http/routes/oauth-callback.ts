import { linkOfBrowser } from "../../accounts/link-edit.ts";
import { returnLink } from "../../accounts/link-return.ts";
import type { Context } from "../../context.ts";
import { redirect, view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { refusePrefetch } from "../link-view.ts";
import { get } from "../route.ts";

export default [
  // Always on to a page of the hub, so that neither code nor state stays in the address bar (statement O-14).
  get(
    "/oauth/callback",
    async (ctx, { headers, search, browser }) => {
      refusePrefetch(headers);
      const returned = await attempt(() => returnLink(ctx, search, browser));
      if (!returned.ok) return nothingLinked(ctx, returned.problems.summary, returned.error.status);
      const { link, linked } = returned.value;
      if (link.worker_id === ctx.actor.id) return redirect(`/links/${link.id}`);
      // Another browser than the one that set out may not see the link, but is told why nothing came of it.
      const own = linked || (await linkOfBrowser(ctx, link.id, browser).catch(() => null)) !== null;
      return own ? redirect(`/links/${link.id}/done`) : nothingLinked(ctx, link.error ?? "Nothing was linked.", 400);
    },
    "public",
  ),
];

function nothingLinked(ctx: Context, sentence: string, status: number) {
  const known = ctx.actor.type === "worker";
  return view("oauth-callback", { page: { title: "Nothing was linked" }, sentence, known }, { status });
}
