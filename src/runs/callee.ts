import { fullName, type Behavior } from "../behaviors/behavior.ts";
import { readInputs } from "../behaviors/inputs.ts";
import { knownBot } from "../bots/browse.ts";
import type { World } from "../context.ts";
import { SignetError, type Code } from "../errors.ts";
import { newId } from "../storage/id.ts";
import type { Budget } from "./budget.ts";
import { finish, type End } from "./finish.ts";
import { idempotencyKey } from "./idempotency.ts";
import { isOver, type Run } from "./run.ts";
import type { Runner } from "./runner.ts";
import { simulationOfCall } from "./simulate.ts";
import { toRun, type RunRow } from "./store.ts";
import type { Hold } from "./trace.ts";

/** Behaviors that call each other, the first one included (statement B-1). */
const MAX_DEPTH = 8;

/** A call of one behavior by another. */
interface Call {
  parent: Run;
  target: Behavior;
  inputs: Record<string, unknown>;
  key: string;
  hold: Hold;
  budget: Budget;
  starter: Run["startedBy"];
}

/**
 * Runs a behavior for another one: as its own bot, with its own accounts, within the caller's budget. Returns its output;
 * of a failure the caller learns only what a Stop says, or a code. A call that was interrupted goes on where it was.
 */
export async function callee(runner: Runner, world: World, call: Call): Promise<unknown> {
  const { parent, target, hold, budget, starter } = call;
  if (parent.chain.length > MAX_DEPTH)
    throw new SignetError("rule_denied", `Behaviors call each other at most ${MAX_DEPTH} deep.`);
  const run = await callOf(world, call);
  const end: End = isOver(run.state) ? (run as End) : await runner.journey(run, hold, budget, starter);
  if (!isOver(run.state)) await finish(world, run, hold, end, budget.spentMs - parent.spentMs);
  if (end.state === "succeeded") return end.output;
  const { code, message } = end.error ?? { code: "unavailable", message: "It was stopped." };
  if (code === "stopped_by_behavior") throw new SignetError("upstream_invalid", `${fullName(target)}: ${message}`);
  throw new SignetError(code as Code, `${fullName(target)} failed (${code}).`);
}

/** The run of this call: the one that was begun before an interruption, or a new one. */
async function callOf(world: World, { parent, target, inputs, key, hold, starter }: Call): Promise<Run> {
  const db = world.database.knex;
  const known = await db<RunRow>("runs").where({ parent_id: parent.id, parent_key: key }).first();
  if (known) return { ...toRun(known), attempts: Math.max(2, hold.attempt) };
  const bot = await knownBot(world, target.bot.id);
  if (!target.enabled || !bot?.enabled) throw new SignetError("conflict", `${fullName(target)} is switched off.`);
  const now = world.clock();
  const [made] = (await db("runs")
    .insert({
      id: newId(),
      behavior_id: target.id,
      behavior_name: fullName(target),
      title: target.title,
      version: target.version,
      bot_id: target.bot.id,
      state: "running",
      trigger: "behavior",
      started_by_type: starter.type,
      started_by_id: starter.id,
      started_by_name: starter.name,
      chain: [...parent.chain, fullName(target)],
      program: JSON.stringify({ inputs: target.inputs, steps: target.steps, output: target.output }),
      config: JSON.stringify(bot.config),
      inputs: JSON.stringify(readInputs(target.inputs, inputs)),
      simulation: parent.simulation && JSON.stringify(simulationOfCall(parent.simulation)),
      parent_id: parent.id,
      parent_key: key,
      origin: idempotencyKey(parent.origin, key),
      clock: parent.simulation?.now ?? now,
      due_at: now,
      created_at: now,
      started_at: now,
      process: hold.process,
      attempts: 1,
    })
    .returning("*")) as RunRow[];
  return toRun(made!);
}
