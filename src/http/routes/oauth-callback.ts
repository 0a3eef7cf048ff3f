import { linkOfBrowser } from "../../accounts/link-edit.ts";
import { returnLink } from "../../accounts/link-return.ts";
import { SignetError } from "../../errors.ts";
import { redirect, view } from "../answer.ts";
import { refusePrefetch } from "../link-view.ts";
import { get } from "../route.ts";

export default [
  // Always on to another page of the hub, so that neither code nor state stays in the address bar (statement O-14);
  // what fails is told at /oauth/nothing-linked.
  get(
    "/oauth/callback",
    async (ctx, { headers, search, browser }) => {
      refusePrefetch(headers);
      const { link, linked } = await returnLink(ctx, search, browser);
      if (link.worker_id === ctx.actor.id) return redirect(`/links/${link.id}`);
      // Another browser than the one that set out may not see the link, but is told why nothing came of it.
      const own = linked || (await linkOfBrowser(ctx, link.id, browser).catch(() => null)) !== null;
      if (!own) throw new SignetError("invalid", link.error ?? "Nothing was linked.");
      return redirect(`/links/${link.id}/done`);
    },
    "public",
  ),

  get(
    "/oauth/nothing-linked",
    (ctx) => {
      const known = ctx.actor.type === "worker";
      return view("oauth-callback", { page: { title: "Nothing was linked" }, known }, { status: 400 });
    },
    "public",
  ),
];
