import { inTransaction, notify, record, type Context } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { retireService } from "../services/retire.ts";
import { serviceOf } from "../services/browse.ts";
import { requireAdmin } from "../services/add.ts";
import { openSettings } from "../services/secret.ts";
import { kindOf } from "../signer/kinds.ts";
import type { Account } from "./account.ts";
import { circumstances } from "./circumstances.ts";
import { managedAccount } from "./manage.ts";
import { accountSubject } from "./ready.ts";

/** What became of the grant at the provider. */
export type Revocation = "revoked" | "not possible" | "failed";

/**
 * Ends an account: asks the provider to forget the grant where that is possible, then destroys the credential whatever
 * the provider said (statement O-27). Shares end with it. Returns what became of the grant.
 */
export async function disconnectAccount(ctx: Context, key: string): Promise<Revocation> {
  const account = await inTransaction(ctx, (inside) => managedAccount(inside, key, "stop"));
  const revoked = await revokeGrant(ctx, account);
  await inTransaction(ctx, async (inside) => {
    await remove(inside, await managedAccount(inside, key, "stop"), revoked);
  });
  return revoked;
}

/** Deletes a service together with all its accounts. For admins; revokes nothing it can not, and says so. */
export async function retireServiceWithAccounts(
  ctx: Context,
  serviceId: string,
): Promise<{ accounts: number; revoked: number }> {
  requireAdmin(ctx);
  const service = await serviceOf(ctx, serviceId);
  const ids = (await ctx.db("accounts").where({ service_id: service.id }).pluck("id")) as string[];
  const outcomes = new Map<string, Revocation>();
  // One after another: a provider that sees hundreds of revocations at once refuses most of them.
  for (const id of ids) {
    const account = await inTransaction(ctx, (inside) => managedAccount(inside, id, "stop"));
    outcomes.set(id, await revokeGrant(ctx, account));
  }
  await inTransaction(ctx, async (inside) => {
    for (const id of ids) await remove(inside, await managedAccount(inside, id, "stop"), outcomes.get(id)!);
    await retireService(inside, service.id, ids.length);
  });
  return { accounts: ids.length, revoked: [...outcomes.values()].filter((outcome) => outcome === "revoked").length };
}

async function remove(ctx: Context, account: Account, revoked: Revocation): Promise<void> {
  const service = await serviceOf(ctx, account.serviceId);
  const won = await ctx.db("links").where({ account_id: account.id }).delete().returning(["secret_id", "verifier_id"]);
  await ctx.db("accounts").where({ id: account.id }).delete();
  const others = won.flatMap((link) => [link.secret_id, link.verifier_id]).filter((id) => id !== null);
  await ctx.vault.destroy(ctx.db, [account.secretId, ...others]);
  await notify(ctx, "account", account.id);
  const facts = { account: account.name, service: service.name, revoked };
  await record(ctx, { action: "account.disconnected", outcome: "ok", account: account.id, facts });
}

async function revokeGrant(ctx: Context, account: Account): Promise<Revocation> {
  const service = await serviceOf(ctx, account.serviceId);
  const kind = kindOf(service.kind);
  if (!kind.revoke) return "not possible";
  try {
    const { settings, controlHosts } = await openSettings(ctx, service);
    const sealed = await ctx.vault.fetch(ctx.db, account.secretId);
    if (!sealed) return "failed";
    const secret = ctx.vault.open<unknown>(sealed, accountSubject(account.id));
    return (await kind.revoke(settings, secret, ctx.control.to(controlHosts), circumstances(ctx)))
      ? "revoked"
      : "not possible";
  } catch (error) {
    const code = isSignetError(error) ? error.code : "unavailable";
    ctx.log.warn({ account: account.id, code }, "the grant could not be revoked at the provider");
    return "failed";
  }
}
