import type { Context } from "../context.ts";
import type { EventTrigger } from "./event-trigger.ts";
import type { Webhook } from "./webhook.ts";

/** Rows of `webhooks`; for this room only. */
export interface WebhookRow {
  id: string;
  behavior_id: string;
  name: string;
  token_hash: Buffer;
  last_four: string;
  scheme: string;
  settings: Webhook["settings"];
  secret_id: string | null;
  inputs: Webhook["inputs"];
  answer: Webhook["answer"];
  per_minute: number;
  state: Webhook["state"];
  last_at: Date | null;
  last_run_id: string | null;
  refused_at: Date | null;
  refused_reason: string | null;
  created_by_name: string;
  created_at: Date;
}

/** Rows of `event_triggers`; for this room only. */
export interface EventTriggerRow {
  id: string;
  behavior_id: string;
  events: EventTrigger["events"];
  account_id: string | null;
  inputs: EventTrigger["inputs"];
  state: EventTrigger["state"];
  paused_reason: string | null;
  after_seq: number;
  last_at: Date | null;
  last_run_id: string | null;
  created_by_name: string;
  created_at: Date;
}

export function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    behaviorId: row.behavior_id,
    name: row.name,
    lastFour: row.last_four,
    scheme: row.scheme,
    settings: row.settings,
    secretId: row.secret_id,
    inputs: row.inputs,
    answer: row.answer,
    perMinute: row.per_minute,
    state: row.state,
    lastAt: row.last_at,
    lastRunId: row.last_run_id,
    refusedAt: row.refused_at,
    refusedReason: row.refused_reason,
    createdBy: row.created_by_name,
    createdAt: row.created_at,
  };
}

export function toEventTrigger(row: EventTriggerRow): EventTrigger {
  return {
    id: row.id,
    behaviorId: row.behavior_id,
    events: row.events,
    accountId: row.account_id,
    inputs: row.inputs,
    state: row.state,
    pausedReason: row.paused_reason,
    afterSeq: row.after_seq,
    lastAt: row.last_at,
    lastRunId: row.last_run_id,
    createdBy: row.created_by_name,
    createdAt: row.created_at,
  };
}

export async function findWebhook(
  ctx: Pick<Context, "db">,
  key: { id: string; behavior_id: string } | { token_hash: Buffer },
): Promise<Webhook | undefined> {
  const row = await ctx.db<WebhookRow>("webhooks").where(key).first();
  return row && toWebhook(row);
}

export async function findEventTrigger(
  ctx: Pick<Context, "db">,
  key: { id: string; behavior_id: string },
): Promise<EventTrigger | undefined> {
  const row = await ctx.db<EventTriggerRow>("event_triggers").where(key).first();
  return row && toEventTrigger(row);
}
