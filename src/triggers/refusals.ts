import type { Behavior } from "../behaviors/behavior.ts";
import { fullName } from "../behaviors/behavior.ts";
import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import type { Webhook } from "./webhook.ts";

/** Refusals are put on record once a minute for each webhook, with their number: strangers must not fill the audit. */
const TELL_EVERY = 60_000;
const MINUTE = 60_000;
/** Webhooks that are counted at once before all are counted anew. */
const MAX_COUNTED = 10_000;

interface Count {
  /** When the minute began, and how many came in it. */
  since: number;
  deliveries: number;
  toldAt: number;
  untold: number;
}

const counts = new WeakMap<Context["memory"], Map<string, Count>>();

/** Lets a delivery through, unless there were as many in this minute as the webhook takes. Throws `rate_limited`. */
export function admitDelivery(ctx: Context, webhook: Webhook): void {
  const count = countOf(ctx, webhook);
  const now = ctx.clock().getTime();
  if (now - count.since >= MINUTE || now < count.since) Object.assign(count, { since: now, deliveries: 0 });
  if (++count.deliveries <= webhook.perMinute) return;
  const seconds = Math.max(1, Math.ceil((count.since + MINUTE - now) / 1000));
  throw new SignetError("rate_limited", `This address takes ${webhook.perMinute} requests a minute.`, {
    retryAfter: seconds,
  });
}

/** Puts on record that deliveries were refused, and shows the last reason to who manages the webhook. */
export async function tellRefused(ctx: Context, behavior: Behavior, webhook: Webhook, reason: string): Promise<void> {
  const count = countOf(ctx, webhook);
  const now = ctx.clock();
  count.untold++;
  if (now.getTime() - count.toldAt < TELL_EVERY) return;
  const refused = count.untold;
  Object.assign(count, { toldAt: now.getTime(), untold: 0 });
  const facts = { behavior: fullName(behavior), webhook: webhook.name, reason, refused };
  ctx.audit.conclude(ctx, { action: "webhook.refused", outcome: "denied", facts });
  await ctx.db("webhooks").where({ id: webhook.id }).update({ refused_at: now, refused_reason: reason });
}

/** Of this process: with several, a webhook takes as much in each of them. */
function countOf(ctx: Context, { id }: Webhook): Count {
  const all = counts.get(ctx.memory) ?? new Map<string, Count>();
  counts.set(ctx.memory, all);
  const known = all.get(id);
  if (known) return known;
  if (all.size >= MAX_COUNTED) all.clear();
  const made = { since: 0, deliveries: 0, toldAt: 0, untold: 0 };
  all.set(id, made);
  return made;
}
