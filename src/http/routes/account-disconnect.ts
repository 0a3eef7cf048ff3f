import { disconnectAccount, type Revocation } from "../../accounts/disconnect.ts";
import { listShares } from "../../accounts/share.ts";
import { usingAccount } from "../../behaviors/where-used.ts";
import { limits } from "../account-page.ts";
import { accountCrumbs, byConsent, changeable } from "../account-view.ts";
import { redirect, view, type Flash } from "../answer.ts";
import { usedBy } from "../behaviors-that-stop.ts";
import { get, post } from "../route.ts";

export default [
  get("/accounts/:slug/disconnect", async (ctx, { params }) => {
    const { account, path, tile } = await changeable(ctx, params.slug!, "stop");
    const [shares, used] = await Promise.all([listShares(ctx, account.id), usingAccount(ctx, account)]);
    const provider = account.service.name;
    const data = {
      page: { title: `Disconnect ${account.name}` },
      tile,
      crumbs: accountCrumbs(account),
      path,
      sentence: byConsent(account.service)
        ? `Signet asks ${provider} to revoke the grant where it can, and destroys what it stored. This can not be undone; a new link makes a new account.`
        : `Signet destroys the stored key. The key itself stays valid at ${provider} until you delete it there. This can not be undone.`,
      stops: [
        ...usedBy(used, "behavior that uses it"),
        ...shares.map((share) => ({
          text: share.with.type === "everyone" ? "Everyone's use" : `${share.name} (${share.with.type})`,
          detail: limits(share),
        })),
      ],
    };
    return view("account-disconnect", data);
  }),

  post("/accounts/:slug/disconnect", async (ctx, { params }) => {
    const { account } = await changeable(ctx, params.slug!, "stop");
    return redirect("/accounts", told(account.name, account.service.name, await disconnectAccount(ctx, account.id)));
  }),
];

/** What became of the grant, and what is left to do. */
function told(account: string, provider: string, revoked: Revocation): Flash {
  switch (revoked) {
    case "revoked":
      return { kind: "good", text: `${account} is disconnected. ${provider} revoked the grant.` };
    case "not possible":
      return {
        kind: "info",
        text: `${account} is disconnected. ${provider} can not be told; remove the key or the access in its settings.`,
      };
    case "failed":
      return {
        kind: "warn",
        text: `${account} is disconnected here, but ${provider} did not confirm. Remove the access in its settings.`,
      };
  }
}
