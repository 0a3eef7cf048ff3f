import { SYSTEM, type Owner } from "../access/actor.ts";
import { maySee, type Share } from "../access/policy.ts";
import { accountsByIds } from "../accounts/browse.ts";
import type { Row } from "../audit/chain.ts";
import { followAudit } from "../audit/follow.ts";
import { fullName, type Behavior } from "../behaviors/behavior.ts";
import { behaviorsByIds } from "../behaviors/browse.ts";
import { asActor, knownBot } from "../bots/browse.ts";
import { inTransaction, notify, type Context, type World } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { queueRuns, type Wanted } from "../runs/queue-many.ts";
import { newId } from "../storage/id.ts";
import { ACCOUNT_EVENTS, type AccountEvent, type EventTrigger } from "./event-trigger.ts";
import { inputsFrom } from "./given.ts";
import { toEventTrigger, type EventTriggerRow } from "./store.ts";

/** An account of which something is told, as the policy needs it. */
interface Told {
  id: string;
  slug: string;
  name: string;
  owner: Owner;
  shares: Share[];
}

/** A run that an event asks for, and by which trigger. */
interface Asked {
  trigger: EventTrigger;
  wanted: Wanted;
}

/**
 * Starts what waits for what happened to accounts since it was last looked, once for each event and trigger, whichever
 * process looks. Costs nothing while nothing waits. Returns whether something waits, and whether there is more to look
 * through now.
 */
export async function followEvents(world: World): Promise<"idle" | "more" | "done"> {
  if (!(await anyTriggers(world))) return "idle";
  const ctx: Context = { ...world, db: world.database.knex, actor: SYSTEM, requestId: newId(), session: null };
  return inTransaction(ctx, async (inside) => {
    const cursor = await inside.db("event_cursor").forUpdate().skipLocked().first<{ seq: number }>("seq");
    // Another process is about it.
    if (cursor === undefined) return "done";
    const triggers = await activeTriggers(inside);
    if (triggers.length === 0) return "done";
    const from = Math.max(cursor.seq, Math.min(...triggers.map(({ afterSeq }) => afterSeq)));
    const { rows, upTo, more } = await followAudit(inside.db, world.database.knex, from, ACCOUNT_EVENTS);
    await start(inside, triggers, rows.filter(isOver));
    await inside.db("event_cursor").update({ seq: upTo });
    return more ? "more" : "done";
  });
}

/** What came to pass; not what was begun, nor a refresh that went well, of which there are very many. */
function isOver({ action, outcome }: Row): boolean {
  return action === "account.refreshed" ? outcome === "failed" : outcome === "ok";
}

async function start(ctx: Context, triggers: EventTrigger[], rows: Row[]): Promise<void> {
  if (rows.length === 0) return;
  const behaviors = await behaviorsByIds(
    ctx,
    triggers.map(({ behaviorId }) => behaviorId),
  );
  const accounts = await accountsByIds(ctx, [...new Set(rows.map((row) => row.account_id!))]);
  const asked: Asked[] = [];
  const unfit = new Map<string, string>();
  for (const row of rows) {
    const account = accounts.get(row.account_id!) ?? goneAccount(row);
    if (account === undefined) continue;
    for (const trigger of triggers) {
      const behavior = behaviors.get(trigger.behaviorId);
      if (!behavior || !(await concerns(ctx, trigger, behavior, row, account))) continue;
      const wanted = await wantedOf(ctx, trigger, behavior, row, account).catch(unfitness);
      if (typeof wanted === "string") unfit.set(trigger.id, wanted);
      else asked.push({ trigger, wanted });
    }
  }
  const { runs, refused } = await queueRuns(
    ctx,
    asked.map(({ wanted }) => wanted),
  );
  const started = new Map<string, string>();
  for (const { trigger, wanted } of asked) {
    const error = refused.get(wanted.start.key);
    if (error) unfit.set(trigger.id, error.message);
    else started.set(trigger.id, runs.get(wanted.start.key)!);
  }
  await note(ctx, started, unfit, new Map(triggers.map((trigger) => [trigger.id, behaviors.get(trigger.behaviorId)])));
}

/** Whether a trigger waits for it, and its bot may know of the account: the same rule by which it may use it. */
async function concerns(
  ctx: Context,
  trigger: EventTrigger,
  behavior: Behavior,
  row: Row,
  account: Told,
): Promise<boolean> {
  if (row.seq <= trigger.afterSeq || !trigger.events.includes(row.action as AccountEvent)) return false;
  if (trigger.accountId !== null && trigger.accountId !== account.id) return false;
  // What the behavior itself brought about would start it again and again.
  const chain = row.facts.chain;
  if (Array.isArray(chain) && chain.includes(fullName(behavior))) return false;
  const bot = await knownBot(ctx, behavior.bot.id);
  return bot !== undefined && maySee(asActor(bot, []), account.owner, account.shares, ctx.clock());
}

async function wantedOf(
  ctx: Context,
  trigger: EventTrigger,
  behavior: Behavior,
  { seq, at, action, facts }: Row,
  { id, slug, name }: Told,
): Promise<Wanted> {
  const reason = facts.reason ?? facts.code ?? null;
  const occasion = { event: action, account: { id, slug, name }, reason, at: at.toISOString() };
  const inputs = await inputsFrom(ctx, behavior, trigger.inputs, occasion, { event: action, account: id, reason });
  const startedBy = { type: "event", id: trigger.id, name: action };
  return { behavior, inputs, start: { trigger: "event", startedBy, occasion, key: `event:${trigger.id}:${seq}` } };
}

/** An account that is no more, as its last record tells of it. */
function goneAccount({ action, account_id, facts }: Row): Told | undefined {
  const [type, id] = String(facts.owner ?? "").split(":");
  if (action !== "account.disconnected" || typeof facts.slug !== "string" || !type) return undefined;
  const bots = Array.isArray(facts.bots) ? facts.bots : [];
  const shares = bots.map((bot) => ({ id: bot, with: { type: "bot" as const, id: bot }, rules: null, until: null }));
  const owner = { type, id: id === "" || id === undefined ? null : id } as Owner;
  return { id: account_id!, slug: facts.slug, name: String(facts.account), owner, shares };
}

/** When each was used last; those that can start nothing as they are wait, with the reason, until somebody looks. */
async function note(
  ctx: Context,
  started: Map<string, string>,
  unfit: Map<string, string>,
  behaviors: Map<string, Behavior | undefined>,
): Promise<void> {
  const lines = [...started].map(([id, run]) => ({ id, run }));
  if (lines.length > 0)
    await ctx.db.raw(
      `update event_triggers set last_at = ?, last_run_id = line.run from jsonb_to_recordset(?) as line (id uuid, run uuid)
       where event_triggers.id = line.id`,
      [ctx.clock(), JSON.stringify(lines)],
    );
  if (unfit.size === 0) return;
  await ctx.db.raw(
    `update event_triggers set state = 'paused', paused_reason = line.reason
     from jsonb_to_recordset(?) as line (id uuid, reason text) where event_triggers.id = line.id`,
    [JSON.stringify([...unfit].map(([id, reason]) => ({ id, reason })))],
  );
  await notify(ctx, "event-trigger", "any");
  const events = [...unfit].map(([trigger, reason]) => {
    const behavior = behaviors.get(trigger);
    const facts = { behavior: behavior && fullName(behavior), trigger, reason };
    return ctx.audit.append(ctx, { action: "event_trigger.paused", outcome: "ok", facts });
  });
  await Promise.all(events);
}

async function anyTriggers(world: World): Promise<boolean> {
  const known = await world.memory.shelf<boolean>("event-triggers").load("any", async () => {
    const row = (await world.database.knex("event_triggers").where({ state: "active" }).first("id")) as
      object | undefined;
    return { value: row !== undefined, tags: ["event-trigger:any"] };
  });
  return known ?? false;
}

async function activeTriggers({ db }: Context): Promise<EventTrigger[]> {
  const rows = (await db<EventTriggerRow>("event_triggers")
    .where({ state: "active" })
    .orderBy("id")) as EventTriggerRow[];
  return rows.map(toEventTrigger);
}

function unfitness(error: unknown): string {
  if (isSignetError(error) && error.code === "invalid") return error.message;
  throw error;
}
