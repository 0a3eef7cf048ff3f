import type { Context } from "../context.ts";
import type { Step } from "../behaviors/step.ts";
import { jsonText } from "../storage/json.ts";
import type { Run, TraceLine } from "./run.ts";
import type { Watched } from "./watched.ts";

/** Longest text that is shown of one value. */
const SHOWN_LIMIT = 16_384;

// Only whoever holds the run writes: a process that was believed dead, and whose run another one took over, writes
// nothing. What it answers is null then, and otherwise whether somebody asked for an end. Who watches the run is told.
const WRITE = `
  with held as (select stopping from runs where id = $2 and process = $3 and attempts = $4),
  written as (
    insert into run_steps (run_id, key, position, step_id, kind, title, state, started_at, duration_ms, request_id,
      shown, result, error)
    select $5, line.key, line.position, line."stepId", line.kind, line.title, line.state, line."startedAt",
      line."durationMs", line."requestId", line.shown, line.result, line.error
    from held, json_to_recordset($1::json) as line (key text, position int, "stepId" text, kind text, title text, state text,
      "startedAt" timestamptz, "durationMs" int, "requestId" text, shown json, result json, error jsonb)
    on conflict (run_id, key) do update set state = excluded.state, duration_ms = excluded.duration_ms,
      request_id = excluded.request_id, shown = excluded.shown, result = excluded.result, error = excluded.error
  )
  select stopping, case when $6 then pg_notify('signet', 'run:' || $5) end from held`;

/** Who holds a run: which process, in which of its attempts. */
export interface Hold {
  root: string;
  process: number;
  attempt: number;
}

/** The run was taken over by another process, or is to end. */
export class Interrupted extends Error {
  readonly why: "lost" | "stopped";

  constructor(why: "lost" | "stopped") {
    super(why);
    this.why = why;
  }
}

/**
 * The trace of one run: what its steps did, and what they need not do again. Lines are gathered and written in one
 * statement before the next thing is done outside, so that a run that goes on elsewhere misses nothing that happened.
 */
export class Trace {
  readonly #ctx: Context;
  readonly #run: Run;
  readonly #hold: Hold;
  readonly #watched: Watched;
  readonly #known: Map<string, TraceLine>;
  readonly #unwritten = new Map<string, TraceLine>();
  #position = 0;

  constructor(ctx: Context, run: Run, hold: Hold, known: TraceLine[], watched: Watched) {
    this.#ctx = ctx;
    this.#run = run;
    this.#hold = hold;
    this.#watched = watched;
    this.#known = new Map(known.map((line) => [line.key, line]));
  }

  /** The run that is held: this one, or the one that called it. */
  get root(): string {
    return this.#hold.root;
  }

  /** What is on record of a step that came to an end. */
  recall(key: string): TraceLine | undefined {
    const line = this.#known.get(key);
    return line === undefined || line.state === "running" ? undefined : line;
  }

  begin(key: string, step: Pick<Step, "id" | "do" | "title">, kind: string): TraceLine {
    const line: TraceLine = {
      key,
      position: ++this.#position,
      stepId: step.id ?? null,
      kind: step.do,
      title: step.title ?? kind,
      state: "running",
      startedAt: this.#ctx.clock(),
      durationMs: null,
      requestId: null,
      shown: null,
      result: null,
      error: null,
    };
    this.touch(line);
    return line;
  }

  /** Takes what changed of a line; what is on record comes out the same on every way and stays as it is. */
  touch(line: TraceLine): void {
    if (this.recall(line.key) === undefined) this.#unwritten.set(line.key, line);
  }

  /** Writes what is not written yet. Throws Interrupted when the run is no longer this process's, or is to stop. */
  async write(): Promise<void> {
    const lines = [...this.#unwritten.values()].map((line) => ({ ...line, shown: cut(line.shown) }));
    this.#unwritten.clear();
    const { root, process, attempt } = this.#hold;
    const text = jsonText(lines);
    const values = [text, root, process, attempt, this.#run.id, this.#watched.due(this.#run.id)];
    const [held] = await this.#ctx.database.prepared<{ stopping: boolean }>("run-steps", WRITE, values);
    if (held === undefined) throw new Interrupted("lost");
    if (held.stopping) throw new Interrupted("stopped");
  }
}

/** Long texts are cut visibly; a trace is for reading. */
function cut(value: unknown): unknown {
  if (typeof value === "string")
    return value.length <= SHOWN_LIMIT ? value : `${value.slice(0, SHOWN_LIMIT)}… (${value.length} characters)`;
  if (Array.isArray(value)) return value.slice(0, 1000).map(cut);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cut(item)]));
}
