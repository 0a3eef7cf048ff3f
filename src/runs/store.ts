import type { Context } from "../context.ts";
import type { Program } from "../behaviors/program.ts";
import type { Run, RunError, RunState, Simulation, StepState, TraceLine, Trigger } from "./run.ts";

/** Rows of `runs`; for this room only. */
export interface RunRow {
  id: string;
  behavior_id: string | null;
  behavior_name: string;
  title: string;
  version: number;
  bot_id: string | null;
  state: RunState;
  trigger: Trigger;
  started_by_type: string;
  started_by_id: string | null;
  started_by_name: string;
  chain: string[];
  program: Program;
  config: Record<string, unknown>;
  inputs: Record<string, unknown>;
  occasion: unknown;
  simulation: Simulation | null;
  output: unknown;
  error: RunError | null;
  parent_id: string | null;
  parent_key: string | null;
  rerun_of: string | null;
  origin: string;
  clock: Date | null;
  due_at: Date;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  process: number | null;
  attempts: number;
  spent_ms: number;
  stopping: boolean;
}

/** Rows of `run_steps`; for this room only. */
export interface StepRow {
  run_id: string;
  key: string;
  position: number;
  step_id: string | null;
  kind: string;
  title: string;
  state: StepState;
  started_at: Date;
  duration_ms: number | null;
  request_id: string | null;
  shown: unknown;
  result: unknown;
  error: { code: string; message: string } | null;
}

export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    behaviorId: row.behavior_id,
    behaviorName: row.behavior_name,
    title: row.title,
    version: row.version,
    botId: row.bot_id,
    state: row.state,
    trigger: row.trigger,
    startedBy: { type: row.started_by_type, id: row.started_by_id, name: row.started_by_name },
    chain: row.chain,
    program: row.program,
    config: row.config,
    inputs: row.inputs,
    occasion: row.occasion,
    simulation: row.simulation,
    output: row.output,
    error: row.error,
    parentId: row.parent_id,
    rerunOf: row.rerun_of,
    origin: row.origin,
    clock: row.clock,
    dueAt: row.due_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    attempts: row.attempts,
    spentMs: row.spent_ms,
    stopping: row.stopping,
  };
}

export function toTraceLine(row: StepRow): TraceLine {
  return {
    key: row.key,
    position: row.position,
    stepId: row.step_id,
    kind: row.kind,
    title: row.title,
    state: row.state,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    requestId: row.request_id,
    shown: row.shown,
    result: row.result,
    error: row.error,
  };
}

export async function findRun(ctx: Pick<Context, "db">, id: string): Promise<Run | undefined> {
  const row = await ctx.db<RunRow>("runs").where({ id }).first();
  return row && toRun(row);
}

/** The trace in the order in which its steps were first taken. */
export async function traceOf(ctx: Pick<Context, "db">, run: string): Promise<TraceLine[]> {
  const rows = (await ctx.db<StepRow>("run_steps").where({ run_id: run }).orderBy("position")) as StepRow[];
  return rows.map(toTraceLine);
}
