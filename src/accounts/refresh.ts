import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import type { Memory } from "../storage/memory.ts";
import type { Soon } from "../storage/soon.ts";
import { margin } from "./due.ts";
import type { Ready } from "./ready.ts";
import { needsReconnect, renew } from "./renew.ts";

// When a credential is renewed: before it ends, and after it was refused (statements O-22 to O-26).

const running = new WeakMap<Memory, Map<string, Promise<Ready>>>();

/** The same account with a token that is good for a while. Throws `needs_reconnect` when only a person can help. */
export function freshCredential(ctx: Context, ready: Ready): Soon<Ready> {
  const { expiresAt } = ready.account;
  if (expiresAt === null) return ready;
  const left = expiresAt.getTime() - ctx.clock().getTime();
  return left > margin(ready) ? ready : renewedInTime(ctx, ready, left);
}

async function renewedInTime(ctx: Context, ready: Ready, left: number): Promise<Ready> {
  const { refreshable } = ready.account;
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

/** A new token after the provider refused this one. Throws as freshCredential does. */
export async function renewAfterRefusal(ctx: Context, ready: Ready): Promise<Ready> {
  return renewOnce(ctx, ready);
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
