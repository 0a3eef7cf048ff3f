import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { mayManage, mayUse } from "../access/policy.ts";
import { requireActive } from "./account.ts";
import { directoryHost, directoryOf } from "./directory.ts";
import { mayRenew } from "./due.ts";
import { identify, type Identified } from "./identify.ts";
import { readyAccount } from "./ready.ts";
import { freshCredential, renewAfterRefusal } from "./refresh.ts";
import { usable } from "./send.ts";

/** Test now: asks the provider who the account is. For those who may use or manage it. */
export async function testAccount(ctx: Context, key: string): Promise<Identified> {
  const ready = await readyAccount(ctx, key);
  const { account, shares, service } = ready;
  const directory = directoryOf(ready);
  const wish = directory
    ? { method: "SEARCH", host: directoryHost(directory), path: "/" }
    : {
        method: service.test?.method ?? "GET",
        host: new URL(ready.baseUrl ?? "https://unknown.invalid").host,
        path: "/",
      };
  if (!mayManage(ctx.actor, account.owner) && !mayUse(ctx.actor, account.owner, shares, wish, ctx.clock()).allowed) {
    throw new SignetError("forbidden", "You can see this account but may not use it.");
  }
  requireActive(account);
  const who = { id: account.id, name: account.name };
  let found = await identify(ctx, usable(await freshCredential(ctx, ready)), who);
  // Some answer 403 to a token that has ended, or 200 with an error; before that is told, a new one is tried.
  const said = found.status !== null && found.status < 400;
  if (found.worked === false && (found.status === 401 || found.status === 403 || said) && mayRenew(ctx, ready)) {
    found = await identify(ctx, usable(await renewAfterRefusal(ctx, ready)), who);
  }
  if (
    found.worked &&
    found.identity.id !== null &&
    found.identity.id !== account.identity.id &&
    account.identity.id === null
  ) {
    await ctx
      .db("accounts")
      .where({ id: account.id })
      .update({ identity_id: found.identity.id, identity_label: found.identity.label });
  }
  return found;
}
