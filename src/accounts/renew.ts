import { randomUUID } from "node:crypto";
import { callbackUrl, inTransaction, notify, record, type Context } from "../context.ts";
import { isSignetError, SignetError, type Code } from "../errors.ts";
import { openSettings } from "../services/secret.ts";
import type { Grant } from "../signer/kind.ts";
import type { SealedSecret } from "../vault/vault.ts";
import { day } from "./account.ts";
import { askHosts } from "./ask-hosts.ts";
import { askOf } from "./ask.ts";
import { circumstances } from "./circumstances.ts";
import { codeOf, Intent } from "./intent.ts";
import { accountSubject, loadReady, type Ready } from "./ready.ts";
import { lockAccount } from "./store.ts";
import { credentialFacts } from "./validity.ts";

// At most one renewal at a time per account over all processes, and no connection held while the provider is asked.

/** Longer than the token endpoint may take, so that a lease ends only when its holder is gone. */
const LEASE_SECONDS = 25;
const POLL = 100;

/**
 * A new short-lived credential for the account, won by one process at a time. Throws `needs_reconnect` when only a person
 * can help, `unavailable` when another holder takes too long, and what the provider's failure is.
 */
export async function renew(ctx: Context, stale: Ready): Promise<Ready> {
  const id = stale.account.id;
  const holder = randomUUID();
  for (
    const end = Date.now() + LEASE_SECONDS * 1000;
    Date.now() < end;
    await new Promise((resolve) => setTimeout(resolve, POLL))
  ) {
    const leased = await ctx
      .db("accounts")
      .where({ id })
      .whereRaw("(refresh_lease_until is null or refresh_lease_until < now())")
      .update({
        refresh_lease_until: ctx.db.raw("now() + ? * interval '1 second'", [LEASE_SECONDS]),
        refresh_lease_holder: holder,
      });
    const present = await current(ctx, id);
    // Somebody else renewed it since this caller looked.
    if (present.sealed.version !== stale.sealed.version) {
      if (leased) await release(ctx, id, holder);
      return present;
    }
    if (leased) return askProvider(ctx, present, holder);
  }
  throw new SignetError(
    "unavailable",
    `Renewing the access of ${stale.account.name} takes too long. Try again shortly.`,
  );
}

async function askProvider(ctx: Context, ready: Ready, holder: string): Promise<Ready> {
  const { id, name } = ready.account;
  const intent = new Intent(ctx, { action: "account.refreshed", account: id, facts: { account: name } });
  try {
    await persist(ctx, ready, await askForGrant(ctx, ready, intent));
    intent.settled();
  } catch (error) {
    // Awaited here: while the lease is released, a promise that failed would have nobody who listens.
    if (isSignetError(error) && error.code === "needs_reconnect")
      return await needsReconnect(ctx, ready, error, intent);
    // Nothing was asked then, and nothing can be recorded of it.
    if (codeOf(error) !== "audit_unavailable") await recordFailure(ctx, ready, codeOf(error));
    intent.settled();
    throw error;
  } finally {
    await release(ctx, id, holder);
  }
  return current(ctx, id);
}

async function askForGrant(ctx: Context, ready: Ready, intent: Intent): Promise<Grant<unknown>> {
  const { settings, controlHosts } = await openSettings(ctx, ready.service);
  const secret = ctx.vault.open<unknown>(ready.sealed, accountSubject(ready.account.id));
  const renewal = ready.kind.renewal?.(settings);
  if (!renewal)
    throw new SignetError("needs_reconnect", `${ready.service.name} was changed and no longer says how to renew it.`);
  const hosts = askHosts(ready.service, controlHosts);
  const ask = intent.before(askOf(ctx, ready.service, { settings, controlHosts: hosts }, secret));
  return renewal.renew(settings, secret, { redirectUri: callbackUrl(ctx) }, ask, circumstances(ctx));
}

/**
 * Kept even when whoever asked has gone: a rotated refresh token exists nowhere else any more (statement O-23). What
 * somebody entered or linked meanwhile is not overwritten.
 */
async function persist(ctx: Context, ready: Ready, grant: Grant<unknown>): Promise<void> {
  const { account } = ready;
  await inTransaction(ctx, async (inside) => {
    const present = await unreplaced(inside, ready);
    if (!present) return recordFailure(inside, ready, "conflict");
    await inside.vault.replace(inside.db, present.id, present, grant.secret as object);
    await inside
      .db("accounts")
      .where({ id: account.id })
      .update({
        expires_at: grant.expiresAt ?? null,
        facts: credentialFacts(ready.service, grant.secret as object),
        refreshable: grant.refreshable,
        base_url: grant.baseUrl ?? account.baseUrl,
        ...(grant.metadata === undefined ? {} : { metadata: JSON.stringify(grant.metadata) }),
        ...(grant.endsAt === undefined ? {} : { expires_on: day(grant.endsAt) }),
        ...(grant.scopes === undefined ? {} : { scopes_granted: grant.scopes }),
        updated_at: inside.clock(),
      });
    await notify(inside, "account", account.id);
    const facts = { account: account.name };
    await record(inside, { action: "account.refreshed", outcome: "ok", account: account.id, facts });
  });
}

/**
 * Takes the word of the provider, or of the clock, that only a person can help, and throws it. When somebody has put
 * another credential in the account's place meanwhile, that one is returned instead. Closes the intent that led here.
 */
export async function needsReconnect(ctx: Context, ready: Ready, no: SignetError, intent?: Intent): Promise<Ready> {
  const { id, name } = ready.account;
  const replaced = await inTransaction(ctx, async (inside) => {
    const present = await unreplaced(inside, ready);
    const broken = { state: "needs_reconnect", state_reason: no.message };
    const changed = present ? await inside.db("accounts").where({ id, state: "active" }).update(broken) : 0;
    if (changed > 0) await notify(inside, "account", id);
    // Records come last: the chain's head stays locked, and whoever holds the account may be waiting for it.
    if (intent?.open) await recordFailure(inside, ready, "needs_reconnect");
    const facts = { account: name, reason: no.message };
    if (changed > 0) await record(inside, { action: "account.needs_reconnect", outcome: "ok", account: id, facts });
    return !present;
  });
  intent?.settled();
  if (replaced) return current(ctx, id);
  throw no;
}

/**
 * The account's sealed secret as it is now; undefined when it holds another credential than `ready` does. One that was
 * only sealed anew, for more hosts or under another key, is the same.
 */
async function unreplaced(ctx: Context, ready: Ready): Promise<SealedSecret | undefined> {
  const account = await lockAccount(ctx, ready.account.id);
  const present = account && (await ctx.vault.fetch(ctx.db, account.secretId));
  if (!present || present.version === ready.sealed.version) return present;
  const [now, then] = [present, ready.sealed].map((sealed) =>
    JSON.stringify(ctx.vault.open(sealed, accountSubject(ready.account.id))),
  );
  return now === then ? present : undefined;
}

async function recordFailure(ctx: Context, { account }: Ready, code: Code): Promise<void> {
  const facts = { account: account.name, code };
  await record(ctx, { action: "account.refreshed", outcome: "failed", account: account.id, facts });
}

async function release(ctx: Context, id: string, holder: string): Promise<void> {
  await ctx
    .db("accounts")
    .where({ id, refresh_lease_holder: holder })
    .update({ refresh_lease_until: null, refresh_lease_holder: null });
}

/** As it is in the database now, whatever memory says. */
async function current(ctx: Context, id: string): Promise<Ready> {
  ctx.memory.drop("account", id);
  const ready = await loadReady(ctx, id);
  if (!ready) throw new SignetError("not_found", "The account was disconnected meanwhile.");
  return ready;
}
