import { linkByToken, type LinkRow } from "../../accounts/link.ts";
import { linkOfBrowser } from "../../accounts/link-edit.ts";
import type { Context } from "../../context.ts";
import { leadsTo } from "../account-view.ts";
import { redirect, view, type Answer } from "../answer.ts";
import { leadToProvider, linkFacts, refusePrefetch } from "../link-view.ts";
import { get, post, type Incoming } from "../route.ts";
import { orGone } from "../welcome.ts";

const GONE = {
  title: "This link no longer works",
  text: "It was used already or is more than fifteen minutes old. Ask whoever sent it for a new one.",
};

export default [
  get(
    "/connect/:token",
    (ctx, request) =>
      open(ctx, request, async (link) => {
        if (link.worker_id === ctx.actor.id) return leadToProvider(ctx, link, request);
        const { service, ...facts } = await linkFacts(ctx, link);
        const page = { title: `Link ${facts.target.name}` };
        return view("connect", { page, ...facts, action: `/connect/${request.params.token}` }, leadsTo(service));
      }),
    "public",
  ),

  post("/connect/:token", (ctx, request) => open(ctx, request, (link) => leadToProvider(ctx, link, request)), "public"),
];

/** An address that was sent to somebody works until something is linked with it; then it leads to what came of that. */
async function open(ctx: Context, request: Incoming, go: (link: LinkRow) => Promise<Answer>): Promise<Answer> {
  refusePrefetch(request.headers);
  return orGone(GONE, async () => {
    const link = await linkByToken(ctx, request.params.token!);
    if (link.state !== "linked") return go(link);
    if (link.worker_id === ctx.actor.id) return redirect(`/links/${link.id}`);
    return redirect(`/links/${(await linkOfBrowser(ctx, link.id, request.browser)).id}/done`);
  });
}
