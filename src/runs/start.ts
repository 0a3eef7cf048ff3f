import { z } from "zod";
import type { Event } from "../audit/event.ts";
import { fullName, type Behavior } from "../behaviors/behavior.ts";
import { runnableBehavior } from "../behaviors/browse.ts";
import { readInputs } from "../behaviors/inputs.ts";
import { knownBot } from "../bots/browse.ts";
import { DEFAULT_LIMITS } from "../bots/limits.ts";
import { inTransaction, notify, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { isDuplicate } from "../storage/database.ts";
import { jsonText } from "../storage/json.ts";
import { newId } from "../storage/id.ts";
import { waitForRun } from "./wait.ts";
import { simulation, type Run, type Trigger } from "./run.ts";
import { runnerOf } from "./runner.ts";
import { allowedSimulation } from "./simulate.ts";
import { toRun, type RunRow } from "./store.ts";

/** Milliseconds that a simulation is waited for. */
const SIMULATED = 60_000;

export const startInput = z.strictObject({
  inputs: z.record(z.string(), z.unknown()).default({}),
  /** How long to wait for the end of the run, in milliseconds; with 0 it is only queued. */
  wait_ms: z.number().int().min(0).max(120_000).default(0),
  simulate: z.union([z.boolean(), simulation]).default(false),
});
export type StartInput = z.input<typeof startInput>;

/** What a trigger adds to what a caller gives. */
export interface Start {
  trigger: Trigger;
  /** Who is behind it, where that is not the actor. */
  startedBy?: Run["startedBy"];
  /** What came with it. */
  occasion?: unknown;
  /** Starting with the same key again gives the run that is there. */
  key?: string;
  dueAt?: Date;
}

/**
 * Starts a behavior that the actor may run, and waits for its end as long as was asked. Throws `not_found`, `forbidden`,
 * `invalid` naming each input, and `conflict` for a behavior or bot that is switched off.
 */
export async function startRun(ctx: Context, behavior: string, given: StartInput, trigger: Trigger): Promise<Run> {
  const { inputs, wait_ms, simulate } = startInput.parse(given);
  const target = await runnableBehavior(ctx, behavior);
  const options = simulate === true ? simulation.parse({}) : simulate === false ? null : simulate;
  if (wait_ms === 0 && options === null) return queueRun(ctx, target, inputs, { trigger });
  const run = await insert(ctx, target, inputs, { trigger }, options, "running");
  // A simulation is looked at right away; without a wish it is waited for.
  const patience = wait_ms === 0 ? SIMULATED : wait_ms;
  if (run.state === "queued") return (await waitForRun(ctx, (await enqueued(ctx, run)).id, patience)) ?? run;
  return runnerOf(ctx).performFor(run, patience);
}

/** Puts a run into the queue, with its job or not at all. Joins the caller's transaction. */
export async function queueRun(
  ctx: Context,
  behavior: Behavior,
  inputs: Record<string, unknown>,
  start: Start,
): Promise<Run> {
  return inTransaction(ctx, async (inside) =>
    enqueued(inside, await insert(inside, behavior, inputs, start, null, "queued")),
  );
}

async function enqueued(ctx: Context, run: Run): Promise<Run> {
  await ctx.queue.send(ctx.db, [run.id], run.dueAt > ctx.clock() ? run.dueAt : undefined);
  await notify(ctx, "run", "queued");
  return run;
}

/** One row, running in this process where it may begin at once, otherwise queued. The start is recorded before. */
async function insert(
  ctx: Context,
  behavior: Behavior,
  given: Record<string, unknown>,
  start: Start,
  options: Run["simulation"],
  wished: "running" | "queued",
): Promise<Run> {
  const { bot, ...row } = await newRow(ctx, behavior, given, start, options);
  await ctx.audit.append(ctx, startedEvent(row, start, options !== null));
  const atOnce = wished === "running" ? roomFor(ctx, bot.id, bot.limits.max_runs ?? DEFAULT_LIMITS.max_runs) : null;
  const running = atOnce && {
    clock: options?.now ?? row.created_at,
    started_at: row.created_at,
    process: ctx.audit.process,
    attempts: 1,
  };
  const state = atOnce ?? "queued";
  try {
    const insertion = ctx.db("runs").insert({ ...row, state, ...running });
    const [made] = (await (start.key === undefined ? insertion : insertion.onConflict("key").ignore()).returning(
      "*",
    )) as RunRow[];
    return made ? toRun(made) : await earlier(ctx, start.key!);
  } catch (error) {
    if (isDuplicate(error, "runs_key_key")) return earlier(ctx, start.key!);
    throw error;
  }
}

/** What the audit says of it; recorded before the row is there. */
export function startedEvent(row: { id: string; behavior_name: string }, start: Start, simulated: boolean): Event {
  const facts = { behavior: row.behavior_name, run: row.id, trigger: start.trigger, simulated };
  return { action: "run.started", outcome: "ok", facts };
}

/**
 * The row of a run that is to be, all but its state, and its bot. Throws `conflict` for a behavior or bot that is
 * switched off, `invalid` naming each input.
 */
export async function newRow(
  ctx: Context,
  behavior: Behavior,
  given: Record<string, unknown>,
  start: Start,
  options: Run["simulation"],
) {
  const bot = await knownBot(ctx, behavior.bot.id);
  if (!behavior.enabled) throw new SignetError("conflict", `${fullName(behavior)} is switched off.`);
  if (!bot?.enabled) throw new SignetError("conflict", `The bot ${behavior.bot.name} is switched off.`);
  const inputs = readInputs(behavior.inputs, given);
  const startedBy = start.startedBy ?? { type: ctx.actor.type, id: ctx.actor.id, name: ctx.actor.name };
  const simulation = options && (await allowedSimulation(ctx, bot, options));
  const [id, now] = [newId(), ctx.clock()];
  return {
    bot,
    id,
    behavior_id: behavior.id,
    behavior_name: fullName(behavior),
    title: behavior.title,
    version: behavior.version,
    bot_id: bot.id,
    trigger: start.trigger,
    started_by_type: startedBy.type,
    started_by_id: startedBy.id,
    started_by_name: startedBy.name,
    chain: [startedBy.name, fullName(behavior)],
    program: JSON.stringify({ inputs: behavior.inputs, steps: behavior.steps, output: behavior.output }),
    config: JSON.stringify(bot.config),
    inputs: jsonText(inputs),
    occasion: start.occasion === undefined ? null : jsonText(start.occasion),
    simulation: simulation && JSON.stringify(simulation),
    origin: id,
    key: start.key ?? null,
    due_at: start.dueAt ?? now,
    created_at: now,
  };
}

/** As many runs of one bot at once as it may have. */
function roomFor(ctx: Context, bot: string, limit: number) {
  return ctx.db.raw("case when run_room(?::uuid, ?::int) then 'running' else 'queued' end", [bot, limit]);
}

async function earlier(ctx: Context, key: string): Promise<Run> {
  const row = (await ctx.db("runs").where({ key }).first()) as RunRow;
  return toRun(row);
}
