import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import type { Memory } from "../storage/memory.ts";
import type { Ready } from "./ready.ts";
import { needsReconnect, renew } from "./renew.ts";

// When a credential is renewed: before it ends, and after it was refused (statements O-22 to O-26).

const MIN_MARGIN = 60_000;

const running = new WeakMap<Memory, Map<string, Promise<Ready>>>();

/** The same account with a token that is good for a while. Throws `needs_reconnect` when only a person can help. */
export async function freshCredential(ctx: Context, ready: Ready): Promise<Ready> {
  const { expiresAt, refreshable } = ready.account;
  if (expiresAt === null) return ready;
  const left = expiresAt.getTime() - ctx.clock().getTime();
  if (left > Math.max(0, margin(ready))) return ready;
  if (!refreshable) {
    if (left > 0) return ready;
    const ended = new SignetError(
      "needs_reconnect",
      "The access ended, and the provider gave nothing to renew it with.",
    );
    return needsReconnect(ctx, ready, ended);
  }
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
