import type { z } from "zod";
import { mayManage } from "../access/policy.ts";
import { managedBehavior } from "../behaviors/browse.ts";
import type { Behavior } from "../behaviors/behavior.ts";
import type { Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { isId } from "../storage/id.ts";
import { keyset, page, pageOnly, type Page } from "../storage/page.ts";
import type { EventTrigger } from "./event-trigger.ts";
import { findEventTrigger, findWebhook, toEventTrigger, toWebhook } from "./store.ts";
import type { EventTriggerRow, WebhookRow } from "./store.ts";
import type { Webhook } from "./webhook.ts";

export const listTriggersInput = pageOnly;
export type ListTriggers = z.input<typeof pageOnly>;

/** Whether the actor may see and change what starts the behavior: addresses and events are the bot owner's business. */
export function managesTriggers(ctx: Context, behavior: Behavior): boolean {
  return mayManage(ctx.actor, behavior.bot.owner);
}

/** A behavior's webhooks, newest first. Throws `not_found`, `forbidden` for who does not manage its bot. */
export async function listWebhooks(ctx: Context, behavior: string, given: ListTriggers): Promise<Page<Webhook>> {
  const { limit, cursor } = pageOnly.parse(given);
  const { id } = await managedBehavior(ctx, behavior);
  const query = ctx.db<WebhookRow>("webhooks").where({ behavior_id: id }).orderBy("id", "desc");
  if (cursor) query.where("id", "<", keyset(cursor, "id")[0]!);
  return page((await query.limit(limit + 1)) as WebhookRow[], limit, toWebhook, (row) => [row.id]);
}

/** A webhook that the actor manages, with its behavior. Throws `not_found`, `forbidden`. */
export async function managedWebhook(
  ctx: Context,
  behaviorKey: string,
  id: string,
): Promise<{ behavior: Behavior; webhook: Webhook }> {
  const behavior = await managedBehavior(ctx, behaviorKey);
  const webhook = isId(id) ? await findWebhook(ctx, { id, behavior_id: behavior.id }) : undefined;
  if (!webhook) throw notFound("webhook");
  return { behavior, webhook };
}

/** What starts a behavior when something happens to accounts, newest first. Throws `not_found`, `forbidden`. */
export async function listEventTriggers(
  ctx: Context,
  behavior: string,
  given: ListTriggers,
): Promise<Page<EventTrigger>> {
  const { limit, cursor } = pageOnly.parse(given);
  const { id } = await managedBehavior(ctx, behavior);
  const query = ctx.db<EventTriggerRow>("event_triggers").where({ behavior_id: id }).orderBy("id", "desc");
  if (cursor) query.where("id", "<", keyset(cursor, "id")[0]!);
  return page((await query.limit(limit + 1)) as EventTriggerRow[], limit, toEventTrigger, (row) => [row.id]);
}

/** An event trigger that the actor manages, with its behavior. Throws `not_found`, `forbidden`. */
export async function managedEventTrigger(
  ctx: Context,
  behaviorKey: string,
  id: string,
): Promise<{ behavior: Behavior; trigger: EventTrigger }> {
  const behavior = await managedBehavior(ctx, behaviorKey);
  const trigger = isId(id) ? await findEventTrigger(ctx, { id, behavior_id: behavior.id }) : undefined;
  if (!trigger) throw notFound("event trigger");
  return { behavior, trigger };
}

/** As the API shows it; neither the address nor the secret. */
export function shownWebhook(webhook: Webhook) {
  return {
    id: webhook.id,
    behavior: webhook.behaviorId,
    name: webhook.name,
    address_ends_in: webhook.lastFour,
    scheme: webhook.scheme,
    settings: webhook.settings,
    has_secret: webhook.secretId !== null,
    inputs: webhook.inputs,
    answer: webhook.answer,
    per_minute: webhook.perMinute,
    state: webhook.state,
    last_at: webhook.lastAt,
    last_run: webhook.lastRunId,
    refused_at: webhook.refusedAt,
    refused_reason: webhook.refusedReason,
    created_at: webhook.createdAt,
  };
}

/** As the API shows it. */
export function shownEventTrigger(trigger: EventTrigger) {
  return {
    id: trigger.id,
    behavior: trigger.behaviorId,
    events: trigger.events,
    account: trigger.accountId,
    inputs: trigger.inputs,
    state: trigger.state,
    state_reason: trigger.pausedReason,
    last_at: trigger.lastAt,
    last_run: trigger.lastRunId,
    created_at: trigger.createdAt,
  };
}
