import { inTransaction, notify, record, type Context } from "../context.ts";
import { ownerKey } from "../people/owner.ts";
import { retireService } from "../services/retire.ts";
import { serviceOf } from "../services/browse.ts";
import { requireAdmin } from "../services/add.ts";
import type { Service } from "../services/service.ts";
import { openSettings } from "../services/secret.ts";
import { kindOf } from "../signer/kinds.ts";
import type { Account } from "./account.ts";
import { askOf } from "./ask.ts";
import { circumstances } from "./circumstances.ts";
import { codeOf, Intent } from "./intent.ts";
import { managedAccount } from "./manage.ts";
import { accountSubject } from "./ready.ts";
import { sharesOf } from "./store.ts";

/** What became of the grant at the provider. */
export type Revocation = "revoked" | "not possible" | "failed";

/**
 * Ends an account: asks the provider to forget the grant where that is possible, then destroys the credential whatever
 * the provider said (statement O-27). Shares end with it. Returns what became of the grant.
 */
export async function disconnectAccount(ctx: Context, key: string): Promise<Revocation> {
  const account = await inTransaction(ctx, (inside) => managedAccount(inside, key, "stop"));
  const revocation = await revokeGrant(ctx, account);
  await closing([revocation], () =>
    inTransaction(ctx, async (inside) => remove(inside, await managedAccount(inside, key, "stop"), revocation.became)),
  );
  return revocation.became;
}

/** Deletes a service together with all its accounts. For admins; revokes nothing it can not, and says so. */
export async function retireServiceWithAccounts(
  ctx: Context,
  serviceId: string,
): Promise<{ accounts: number; revoked: number }> {
  requireAdmin(ctx);
  const service = await serviceOf(ctx, serviceId);
  const ids = (await ctx.db("accounts").where({ service_id: service.id }).pluck("id")) as string[];
  const revocations: Revoked[] = [];
  await closing(revocations, async () => {
    // One after another: a provider that sees hundreds of revocations at once refuses most of them.
    for (const id of ids) {
      const account = await inTransaction(ctx, (inside) => managedAccount(inside, id, "stop"));
      revocations.push(await revokeGrant(ctx, account));
    }
    await inTransaction(ctx, async (inside) => {
      for (const { id, became } of revocations) await remove(inside, await managedAccount(inside, id, "stop"), became);
      await retireService(inside, service.id, ids.length);
    });
  });
  return {
    accounts: ids.length,
    revoked: revocations.filter(({ became }) => became === "revoked").length,
  };
}

/** What became of a grant, and the intent that its account's end has to close. */
interface Revoked {
  /** Of the account. */
  id: string;
  became: Revocation;
  intent: Intent;
}

/** The work's transaction closes the intents; when it fails, they are closed as failed. */
async function closing(revocations: Revoked[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
    for (const { intent } of revocations) intent.settled();
  } catch (error) {
    for (const { intent } of revocations) await intent.failed(error);
    throw error;
  }
}

async function remove(ctx: Context, account: Account, revoked: Revocation): Promise<void> {
  const service = await serviceOf(ctx, account.serviceId);
  const bots = (await sharesOf(ctx, account.id))
    .filter((share) => share.with.type === "bot" && (share.until === null || share.until > ctx.clock()))
    .map((share) => share.with.id!);
  const won = await ctx.db("links").where({ account_id: account.id }).delete().returning(["secret_id", "verifier_id"]);
  await ctx.db("accounts").where({ id: account.id }).delete();
  const others = won.flatMap((link) => [link.secret_id, link.verifier_id]).filter((id) => id !== null);
  await ctx.vault.destroy(ctx.db, [account.secretId, ...others]);
  await notify(ctx, "account", account.id);
  // Whoever follows what becomes of accounts finds nothing else of this one.
  const owner = ownerKey(account.owner);
  const facts = { account: account.name, service: service.name, revoked, slug: account.slug, owner, bots };
  await record(ctx, { action: "account.disconnected", outcome: "ok", account: account.id, facts });
}

async function revokeGrant(ctx: Context, account: Account): Promise<Revoked> {
  const service = await serviceOf(ctx, account.serviceId);
  const { id, name } = account;
  const facts = { account: name, service: service.name };
  const intent = new Intent(ctx, { action: "account.disconnected", account: id, facts });
  try {
    return { id, became: await askToRevoke(ctx, account, service, intent), intent };
  } catch (error) {
    // What can not be written down is not done.
    if (codeOf(error) === "audit_unavailable") throw error;
    ctx.log.warn({ account: id, code: codeOf(error) }, "the grant could not be revoked at the provider");
    return { id, became: "failed", intent };
  }
}

async function askToRevoke(ctx: Context, account: Account, service: Service, intent: Intent): Promise<Revocation> {
  const kind = kindOf(service.kind);
  if (!kind.revoke) return "not possible";
  const { settings, controlHosts } = await openSettings(ctx, service);
  const sealed = await ctx.vault.fetch(ctx.db, account.secretId);
  if (!sealed) return "failed";
  const secret = ctx.vault.open<unknown>(sealed, accountSubject(account.id));
  const ask = intent.before(askOf(ctx, service, { settings, controlHosts }, secret));
  return (await kind.revoke(settings, secret, ask, circumstances(ctx))) ? "revoked" : "not possible";
}
