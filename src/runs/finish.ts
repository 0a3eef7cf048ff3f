import type { World } from "../context.ts";
import { jsonText } from "../storage/json.ts";
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

// Somebody may have stopped it since it last looked; it must not sleep over that.
const SUSPEND = `
  with done as (
    update runs set state = case when stopping then 'stopped' else 'queued' end, due_at = $4, spent_ms = $5,
      finished_at = case when stopping then $6::timestamptz end
    where id = $1 and process = $2 and attempts = $3 returning id, state
  )
  select state, pg_notify('signet', 'run:' || id) from done`;

/** How a run came to its end. */
export interface End {
  state: Extract<RunState, "succeeded" | "failed" | "stopped">;
  output: unknown;
  error: RunError | null;
}

/** Writes the end of a run, unless another process has taken it over; then it is false. */
export async function finish(world: World, run: Run, hold: Hold, end: End, spentMs: number): Promise<boolean> {
  const { root, process, attempt } = hold;
  const output = end.output === undefined ? null : jsonText(end.output);
  const error = end.error && jsonText(end.error);
  const values = [run.id, root, process, attempt, end.state, output, error, world.clock(), spentMs];
  return (await world.database.prepared("run-finish", FINISH, values)).length > 0;
}

/**
 * Puts a run back into the queue until `until`, or ends it when somebody stopped it. Answers which of them; the job of a
 * queued one is to be sent by the caller. Undefined when another process has taken it over.
 */
export async function suspend(
  world: World,
  run: Run,
  hold: Hold,
  until: Date,
  spentMs: number,
): Promise<"queued" | "stopped" | undefined> {
  const values = [run.id, hold.process, hold.attempt, until, spentMs, world.clock()];
  const rows = await world.database.prepared<{ state: "queued" | "stopped" }>("run-suspend", SUSPEND, values);
  return rows[0]?.state;
}
