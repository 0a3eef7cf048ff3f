import { acceptHosts } from "../../accounts/accept-hosts.ts";
import { pauseAccount, resumeAccount } from "../../accounts/pause.ts";
import { usingAccount } from "../../behaviors/where-used.ts";
import { listShares } from "../../accounts/share.ts";
import { testAccount } from "../../accounts/test.ts";
import type { Context } from "../../context.ts";
import { getService } from "../../services/browse.ts";
import { accountTimeline, recentRequests } from "../account-history.ts";
import { usersOf } from "../account-used.ts";
import { accountActs, accountBanners, accountFacts, whoMayUse, yourUse } from "../account-page.ts";
import { leadsTo, missingScopes, seen, shownState } from "../account-view.ts";
import { searches } from "../account-options.ts";
import { bad, good, redirect, view, type Answer, type Flash } from "../answer.ts";
import { attempt } from "../failure.ts";
import { namedOwner } from "../owner-field.ts";
import { get, post, type Incoming } from "../route.ts";

export default [
  get("/accounts/:slug", async (ctx, { params }) => {
    const { account, path, tile, rights } = await seen(ctx, params.slug!);
    const [owner, shares, requests, events, banners, service, used] = await Promise.all([
      namedOwner(ctx, account.owner),
      listShares(ctx, account.id),
      recentRequests(ctx, account.id),
      accountTimeline(ctx, account.id),
      accountBanners(ctx, account, rights),
      getService(ctx, account.serviceId),
      usingAccount(ctx, account),
    ]);
    const data = {
      page: { title: account.name },
      account: {
        id: account.id,
        name: account.name,
        slug: account.slug,
        status: shownState(account, ctx.clock()),
        path,
      },
      tile,
      reason: account.identity.label ?? account.service.name,
      // While it needs reconnecting, the banner holds that act.
      acts: accountActs(account, rights).filter(
        (act) => act.label !== "Reconnect" || account.state !== "needs_reconnect",
      ),
      banners,
      facts: accountFacts(account, owner, tile),
      scopes: { granted: account.scopesGranted, missing: missingScopes(account) },
      used: usersOf(used, shares),
      users: whoMayUse(account, owner, shares, ctx.clock()),
      mayShare: rights.manage,
      yours: yourUse(rights),
      readsAll: rights.stop,
      proxy: rights.use && !searches(account) ? `${ctx.publicUrl}/proxy/${account.slug}/` : null,
      requests,
      events,
    };
    return view("account", data, leadsTo(service));
  }),

  act("test", async (ctx, key) => {
    const { worked, message } = await testAccount(ctx, key);
    return worked === null ? { kind: "info", text: message } : worked ? good(message) : bad(message);
  }),
  act("pause", async (ctx, key) => good(`${(await pauseAccount(ctx, key)).name} is paused. Nothing is sent with it.`)),
  act("resume", async (ctx, key) => good(`${(await resumeAccount(ctx, key)).name} can be used again.`)),
  act("accept-hosts", async (ctx, key) => {
    await acceptHosts(ctx, key);
    return good("The credential may go to all hosts of the service now.");
  }),
];

/** One act on the account's page: done, then back there with a sentence. */
function act(name: string, work: (ctx: Context, key: string) => Promise<Flash>) {
  return post(`/accounts/:slug/${name}`, async (ctx: Context, { params }: Incoming): Promise<Answer> => {
    const { account, path } = await seen(ctx, params.slug!);
    const done = await attempt(() => work(ctx, account.id));
    if (!done.ok && done.error.code === "forbidden") throw done.error;
    return redirect(path, done.ok ? done.value : bad(done.problems.summary));
  });
}
