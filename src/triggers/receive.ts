import { hash } from "node:crypto";
import { ANONYMOUS } from "../access/actor.ts";
import type { Behavior } from "../behaviors/behavior.ts";
import { behaviorsByIds } from "../behaviors/browse.ts";
import type { Context, World } from "../context.ts";
import { isSignetError, notFound, SignetError } from "../errors.ts";
import { tokenHash } from "../people/random-token.ts";
import { queueRuns } from "../runs/queue-many.ts";
import { newId } from "../storage/id.ts";
import { answerTo, type Answered } from "./answer.ts";
import { inputsFrom } from "./given.ts";
import { occasionOf, type Occasion } from "./occasion.ts";
import { admitDelivery, tellRefused } from "./refusals.ts";
import { schemeOf, type Scheme } from "./schemes.ts";
import { findWebhook } from "./store.ts";
import { doubtOf, type Delivery } from "./verify.ts";
import { openSecret } from "./webhook-secret.ts";
import type { Webhook } from "./webhook.ts";

/** A webhook whose address was called. */
export interface Called {
  ctx: Context;
  webhook: Webhook;
  behavior: Behavior;
}

/**
 * The webhook at an address, before anything of the request is read. Throws `not_found` for an address that there is
 * not, `rate_limited` when it is called too often.
 */
export async function calledWebhook(world: World, token: string, requestId: string): Promise<Called> {
  const ctx: Context = { ...world, db: world.database.knex, actor: ANONYMOUS, requestId, session: null };
  const key = tokenHash(token);
  const webhook = await world.memory.shelf<Webhook>("webhooks").load(key.toString("hex"), async () => {
    const value = await findWebhook(ctx, { token_hash: key });
    return value && { value, tags: [`webhook:${value.id}`] };
  });
  const behavior = webhook && (await behaviorsByIds(ctx, [webhook.behaviorId])).get(webhook.behaviorId);
  if (!webhook || !behavior) throw notFound("address");
  const called = { ctx: { ...ctx, actor: { ...ANONYMOUS, name: webhook.name } }, webhook, behavior };
  try {
    admitDelivery(ctx, webhook);
  } catch (error) {
    await tellRefused(called.ctx, behavior, webhook, "too many");
    throw error;
  }
  return called;
}

/**
 * Takes a delivery: believes it or not, starts a run once for each, and says what its sender is answered. Throws
 * `unauthenticated` without a detail, `invalid` for what fits no run, `unavailable` while the webhook, the behavior or
 * its bot is switched off.
 */
export async function receive(called: Called, delivery: Delivery): Promise<Answered> {
  const { ctx, webhook, behavior } = called;
  const scheme = schemeOf(webhook.scheme, webhook.settings);
  await requireBelieved(called, scheme, delivery);
  const occasion = await refusing(called, () => occasionOf(delivery, scheme));
  const challenge = challengeOf(scheme, occasion);
  if (challenge !== undefined) return { status: 200, contentType: "text/plain", body: challenge };
  if (webhook.state === "paused") throw new SignetError("unavailable", "This webhook is paused.", { retryAfter: 300 });
  const trigger = { webhook: { id: webhook.id, name: webhook.name }, ...occasion };
  const offered = { ...occasion.query, ...(isObject(occasion.body) ? occasion.body : {}) };
  const inputs = await refusing(called, () => inputsFrom(ctx, behavior, webhook.inputs, trigger, offered));
  const run = await started(called, inputs, trigger, deliveryKey(webhook, scheme, delivery, occasion));
  await noted(called, run);
  return answerTo(ctx, webhook, trigger, run);
}

/** Queues the run of this delivery, or finds the one that it has already. */
async function started(
  called: Called,
  inputs: Record<string, unknown>,
  occasion: object,
  key: string,
): Promise<string> {
  const { ctx, webhook, behavior } = called;
  const startedBy = { type: "webhook", id: webhook.id, name: webhook.name };
  const start = { trigger: "webhook" as const, startedBy, occasion, key };
  const { runs, refused } = await queueRuns(ctx, [{ behavior, inputs, start }]);
  const error = refused.get(key);
  if (error?.code === "conflict") throw new SignetError("unavailable", "This is switched off.", { retryAfter: 300 });
  return refusing(called, () => {
    if (error) throw error;
    return runs.get(key)!;
  });
}

async function requireBelieved(called: Called, scheme: Scheme | undefined, delivery: Delivery): Promise<void> {
  const { ctx, webhook, behavior } = called;
  if (scheme === undefined) return;
  const secret = await openSecret(ctx, webhook.id, webhook.secretId!);
  const doubt = doubtOf(scheme, secret, delivery, ctx.clock());
  if (doubt === undefined) return;
  await tellRefused(ctx, behavior, webhook, doubt);
  throw new SignetError("unauthenticated", "This request is not signed as it must be.");
}

/** What is wrong with a delivery is told to who manages the webhook; its sender learns that something is. */
async function refusing<T>(called: Called, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSignetError(error) || error.code !== "invalid") throw error;
    await tellRefused(called.ctx, called.behavior, called.webhook, error.message);
    throw new SignetError("invalid", "What was sent does not fit the behavior.");
  }
}

function challengeOf(scheme: Scheme | undefined, { body }: Occasion): string | undefined {
  if (scheme?.challenge === undefined || !isObject(body)) return undefined;
  const { field, value, answer } = scheme.challenge;
  const asked = body[answer];
  return body[field] === value && typeof asked === "string" ? asked.slice(0, 1_000) : undefined;
}

/** The same for a delivery that comes again; always another where nothing tells deliveries apart. */
function deliveryKey(webhook: Webhook, scheme: Scheme | undefined, delivery: Delivery, { body }: Occasion): string {
  return `webhook:${webhook.id}:${scheme === undefined ? newId() : hash("sha256", idOf(scheme, delivery, body))}`;
}

function idOf({ delivery: place, signature }: Scheme, { headers }: Delivery, body: unknown): string {
  if (place && "header" in place && typeof headers[place.header] === "string") return `id ${headers[place.header]}`;
  const id = place && "field" in place && isObject(body) ? body[place.field] : undefined;
  return typeof id === "string" && id !== "" ? `id ${id}` : `signature ${String(headers[signature.header])}`;
}

/** When it was used last, to the second: a busy webhook does not write its row for each delivery. */
async function noted({ ctx, webhook }: Called, run: string): Promise<void> {
  const now = ctx.clock();
  await ctx
    .db("webhooks")
    .where({ id: webhook.id })
    .whereRaw("(last_at is null or last_at < ?)", [new Date(now.getTime() - 1_000)])
    .update({ last_at: now, last_run_id: run });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
