import { randomUUID } from "node:crypto";
import { callbackUrl, inTransaction, notify, record, type Context } from "../context.ts";
import { isSignetError, SignetError, type Code } from "../errors.ts";
import { openSettings } from "../services/secret.ts";
import type { Grant } from "../signer/kind.ts";
import type { Memory } from "../storage/memory.ts";
import { circumstances } from "./circumstances.ts";
import { codeOf, Intent } from "./intent.ts";
import { accountSubject, loadReady, type Ready } from "./ready.ts";

// A token is renewed before it ends, at most once at a time per account over all processes, and without holding a
// connection while the provider is asked (statements O-22 to O-25).

const MIN_MARGIN = 60_000;
/** Longer than the token endpoint may take, so that a lease ends only when its holder is gone. */
const LEASE_SECONDS = 25;
const POLL = 100;

const running = new WeakMap<Memory, Map<string, Promise<Ready>>>();

/** The same account with a token that is good for a while. Throws `needs_reconnect` when only a person can help. */
export async function freshCredential(ctx: Context, ready: Ready): Promise<Ready> {
  const { expiresAt, refreshable } = ready.account;
  if (expiresAt === null) return ready;
  const left = expiresAt.getTime() - ctx.clock().getTime();
  if (left > margin(ready)) return ready;
  if (!refreshable)
    return left > 0
      ? ready
      : needsReconnect(ctx, ready, "The access ended, and the provider gave nothing to renew it with.");
  try {
    return await renewOnce(ctx, ready);
  } catch (error) {
    // A token that is still good outlives a token endpoint that is down.
    if (left > 0 && isSignetError(error) && error.code !== "needs_reconnect") return ready;
    throw error;
  }
}

/** True when the provider's answer means that the token was not taken, and a new one can be had. */
export function refusedByProvider(ready: Ready, status: number): boolean {
  if (!ready.account.refreshable) return false;
  const statuses = (ready.service.settings.auth_failure_statuses as number[] | undefined) ?? [401];
  return statuses.includes(status);
}

/** A new token after the provider refused this one. Throws as freshCredential does. */
export async function renewAfterRefusal(ctx: Context, ready: Ready): Promise<Ready> {
  return renewOnce(ctx, ready);
}

/** Ten per cent of the lifetime, at least a minute, but never more than half of it (statement O-25). */
function margin(ready: Ready): number {
  const lifetime = ready.account.expiresAt!.getTime() - ready.sealed.changedAt.getTime();
  return Math.min(Math.max(MIN_MARGIN, lifetime * 0.1), lifetime / 2);
}

/** Callers of one process share one renewal. */
function renewOnce(ctx: Context, ready: Ready): Promise<Ready> {
  const mine = running.get(ctx.memory) ?? new Map<string, Promise<Ready>>();
  running.set(ctx.memory, mine);
  const id = ready.account.id;
  const known = mine.get(id);
  if (known) return known;
  const renewal = renew(ctx, ready).finally(() => mine.delete(id));
  mine.set(id, renewal);
  return renewal;
}

async function renew(ctx: Context, stale: Ready): Promise<Ready> {
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
      return await needsReconnect(ctx, ready, error.message, intent);
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
  const ask = intent.before(ctx.control.to(controlHosts));
  return renewal.renew(settings, secret, { redirectUri: callbackUrl(ctx) }, ask, circumstances(ctx));
}

/** Kept even when whoever asked has gone: a rotated refresh token exists nowhere else any more (statement O-23). */
async function persist(ctx: Context, ready: Ready, grant: Grant<unknown>): Promise<void> {
  const { account, sealed } = ready;
  await inTransaction(ctx, async (inside) => {
    await inside.vault.replace(inside.db, account.secretId, sealed, grant.secret as object);
    await inside
      .db("accounts")
      .where({ id: account.id })
      .update({
        expires_at: grant.expiresAt ?? null,
        refreshable: grant.refreshable,
        base_url: grant.baseUrl ?? account.baseUrl,
        ...(grant.scopes === undefined ? {} : { scopes_granted: grant.scopes }),
        updated_at: inside.clock(),
      });
    await notify(inside, "account", account.id);
    await record(inside, {
      action: "account.refreshed",
      outcome: "ok",
      account: account.id,
      facts: { account: account.name },
    });
  });
}

/** The word of the provider, or of the clock, that only a person can help. It also closes the intent that led to it. */
async function needsReconnect(ctx: Context, ready: Ready, reason: string, intent?: Intent): Promise<never> {
  const { id, name } = ready.account;
  await inTransaction(ctx, async (inside) => {
    const changed = await inside
      .db("accounts")
      .where({ id, state: "active" })
      .update({ state: "needs_reconnect", state_reason: reason });
    if (changed > 0) await notify(inside, "account", id);
    if (intent?.open) await recordFailure(inside, ready, "needs_reconnect");
    if (changed === 0) return;
    await record(inside, {
      action: "account.needs_reconnect",
      outcome: "ok",
      account: id,
      facts: { account: name, reason },
    });
  });
  intent?.settled();
  throw new SignetError("needs_reconnect", reason);
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
