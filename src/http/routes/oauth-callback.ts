import { returnLink } from "../../accounts/link-return.ts";
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
      if (!returned.ok) {
        const known = ctx.actor.type === "worker";
        const data = { page: { title: "Nothing was linked" }, sentence: returned.problems.summary, known };
        return view("oauth-callback", data, { status: returned.error.status });
      }
      const { link } = returned.value;
      return redirect(link.worker_id === ctx.actor.id ? `/links/${link.id}` : `/links/${link.id}/done`);
    },
    "public",
  ),
];
