import type { World } from "../context.ts";
import type { Run, RunError, RunState } from "./run.ts";
import type { Hold } from "./trace.ts";

// Whoever holds the root run ends it and the runs it called. The notice tells those who wait and watch.
const FINISH = `
  with held as (select id from runs where id = $2 and process = $3 and attempts = $4),
  done as (
    update runs set state = $5, output = $6, error = $7, finished_at = $8, spent_ms = $9
    from held where runs.id = $1 returning runs.id
  )
  select pg_notify('signet', 'run:' || id) from done`;

const SUSPEND = `
  with done as (
    update runs set state = 'queued', due_at = $4, spent_ms = $5
    where id = $1 and process = $2 and attempts = $3 returning id
  )
  select pg_notify('signet', 'run:' || id) from done`;

/** How a run came to its end. */
export interface End {
  state: Extract<RunState, "succeeded" | "failed" | "stopped">;
  output: unknown;
  error: RunError | null;
}

/** Writes the end of a run, unless another process has taken it over; then it is false. */
export async function finish(world: World, run: Run, hold: Hold, end: End, spentMs: number): Promise<boolean> {
  const { root, process, attempt } = hold;
  const output = end.output === undefined ? null : JSON.stringify(end.output).replaceAll("\\u0000", "\\ufffd");
  const error = end.error && JSON.stringify(end.error);
  const values = [run.id, root, process, attempt, end.state, output, error, world.clock(), spentMs];
  return (await world.database.prepared("run-finish", FINISH, values)).length > 0;
}

/** Puts a run back into the queue until `until`; its job is to be sent by the caller. */
export async function suspend(world: World, run: Run, hold: Hold, until: Date, spentMs: number): Promise<boolean> {
  const values = [run.id, hold.process, hold.attempt, until, spentMs];
  return (await world.database.prepared("run-suspend", SUSPEND, values)).length > 0;
}
