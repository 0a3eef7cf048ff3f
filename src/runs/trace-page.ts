import type { Context } from "../context.ts";
import { lookedAfter } from "./browse.ts";
import type { Run, RunState, TraceLine } from "./run.ts";
import { toTraceLine, type RunRow, type StepRow } from "./store.ts";

/** Bytes of a result that a page shows whole. */
const WHOLE = 65_536;
/** Characters that it shows of a longer one. */
const BEGINNING = 16_384;

/** A line of the trace for a page: of a large result only how it begins. */
export interface SeenLine extends TraceLine {
  /** How the text of a result begins that is not shown whole. */
  beginning: string | null;
  /** Characters of that text. */
  length: number;
}

/** A run that this one called. */
export interface CallLine {
  id: string;
  /** The step that called it, with "~2" behind it where it was called again. */
  key: string;
  behaviorName: string;
  state: RunState;
  /** The actor may see its trace. */
  visible: boolean;
}

export interface TracePage {
  lines: SeenLine[];
  /** Where the next page begins, if there is one. */
  next: number | null;
}

/** So many lines of a run's trace behind a position. Whoever calls has made sure that the actor may see it. */
export async function tracePage(ctx: Context, run: Run, after: number, limit: number): Promise<TracePage> {
  const { rows } = await ctx.db.raw<{ rows: (StepRow & { beginning: string | null; length: number })[] }>(
    `select run_id, key, position, step_id, kind, title, state, started_at, duration_ms, request_id, shown, error,
       case when whole then result when result -> 'status' is not null then (result::jsonb - 'body')::json end as result,
       case when not whole then left(coalesce(result ->> 'body', result::text), :beginning) end as beginning,
       case when not whole then length(coalesce(result ->> 'body', result::text)) else 0 end as length
     from run_steps as line, lateral (
       select coalesce(pg_column_size(line.result) < 2000 or octet_length(line.result::text) <= :whole, true) as whole
     ) as size
     where run_id = :run and position > :after order by position limit :limit`,
    { run: run.id, after, limit: limit + 1, whole: WHOLE, beginning: BEGINNING },
  );
  const lines = rows
    .slice(0, limit)
    .map((row) => ({ ...toTraceLine(row), beginning: row.beginning, length: row.length }));
  return { lines, next: rows.length > limit ? lines.at(-1)!.position : null };
}

/** Runs that a run called, oldest first. */
export async function callsOf(ctx: Context, run: Run): Promise<CallLine[]> {
  const children = () => ctx.db<RunRow>("runs").where({ parent_id: run.id });
  const mine = children().select("id");
  lookedAfter(mine, ctx);
  const [rows, seen] = await Promise.all([
    children().orderBy("id").limit(500).select("id", "parent_key", "behavior_name", "state"),
    mine.pluck("id"),
  ]);
  const visible = new Set(seen as string[]);
  return rows.map((row) => ({
    id: row.id,
    key: row.parent_key!,
    behaviorName: row.behavior_name,
    state: row.state,
    visible: visible.has(row.id),
  }));
}

/** Steps of a whole run by their state. */
export async function countSteps(ctx: Context, run: Run): Promise<Partial<Record<TraceLine["state"], number>>> {
  const rows = (await ctx
    .db("run_steps")
    .where({ run_id: run.id })
    .groupBy("state")
    .select("state")
    .count({ count: "*" })) as { state: TraceLine["state"]; count: number }[];
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}
