import { z } from "zod";
import { isAdmin, type Actor, type Owner } from "../access/actor.ts";
import { mayManage, mayStop } from "../access/policy.ts";
import { knownBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import type { Knex } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import { RUN_STATES, type Run, type TraceLine } from "./run.ts";
import { findRun, toRun, traceOf, type RunRow } from "./store.ts";

export const listRunsInput = z.strictObject({
  ...pageInput,
  /** Id of a behavior. */
  behavior: z.string().max(100).optional(),
  /** Id of a bot. */
  bot: z.string().max(100).optional(),
  state: z.enum(RUN_STATES).optional(),
  /** Only runs that were made since then. */
  since: z.iso.datetime({ offset: true }).optional(),
});
export type ListRuns = z.input<typeof listRunsInput>;

/** Runs that the actor started, or whose bot it is or looks after; newest first. Calls of behaviors by others are left out. */
export async function listRuns(ctx: Context, given: ListRuns): Promise<Page<Run>> {
  const input = listRunsInput.parse(given);
  const owner = ctx.db.raw(
    "(select jsonb_build_object('type', owner_type, 'id', owner_id) from bots where bots.id = runs.bot_id) as owner",
  );
  const rows = (await listed(ctx, input).select("runs.*", owner)) as (RunRow & { owner: Owner | null })[];
  const shown = (row: (typeof rows)[number]) => unveiled(ctx.actor, toRun(row), row.owner ?? undefined);
  return page(rows, input.limit, shown, (row) => [row.id]);
}

/** What a list on a page says of a run; what may be large is left out. */
export type RunLine = Pick<
  Run,
  | "id"
  | "behaviorId"
  | "behaviorName"
  | "title"
  | "botId"
  | "state"
  | "trigger"
  | "startedBy"
  | "createdAt"
  | "startedAt"
  | "finishedAt"
  | "spentMs"
  | "error"
> & { simulated: boolean };

/** As listRuns(), for pages. */
export async function listRunLines(ctx: Context, given: ListRuns): Promise<Page<RunLine>> {
  const input = listRunsInput.parse(given);
  const nothing = ctx.db.raw("'null'::json as program, runs.simulation is not null as simulated");
  const columns = ["id", "behavior_id", "behavior_name", "title", "bot_id", "state", "trigger", "error", "spent_ms"];
  const people = ["started_by_type", "started_by_id", "started_by_name", "created_at", "started_at", "finished_at"];
  const rows = (await listed(ctx, input).select(...columns, ...people, nothing)) as (RunRow & { simulated: boolean })[];
  return page(
    rows,
    input.limit,
    (row) => ({ ...toRun(row), simulated: row.simulated }),
    (row) => [row.id],
  );
}

function listed(ctx: Context, input: z.output<typeof listRunsInput>): Knex.QueryBuilder {
  const { q, limit, cursor, behavior, bot, state, since } = input;
  const query = ctx
    .db("runs")
    .whereNull("parent_id")
    .orderBy("runs.id", "desc")
    .limit(limit + 1);
  scope(query, ctx);
  if (behavior !== undefined) query.where("behavior_id", isId(behavior) ? behavior : null);
  if (bot !== undefined) query.where("bot_id", isId(bot) ? bot : null);
  if (state !== undefined) query.where("state", state);
  if (since !== undefined) query.where("created_at", ">=", since);
  if (q && isId(q)) query.where("runs.id", q);
  else if (q) query.whereRaw("strpos(lower(behavior_name || ' ' || title), lower(?)) > 0", [q]);
  if (cursor) query.whereRaw("runs.id < ?", keyset(cursor, "id"));
  return query;
}

/** A run with what the actor may know of it. */
export interface SeenRun {
  run: Run;
  /** Empty for whoever only started it: callers get the output, not how it came about. */
  steps: TraceLine[];
  /** Runs of behaviors that it called. */
  calls: { id: string; key: string }[];
  seesTrace: boolean;
}

/** One run. Throws `not_found` for who neither started it nor looks after its bot. */
export async function getRun(ctx: Context, id: string): Promise<SeenRun> {
  const { run, seesTrace } = await seenRun(ctx, id);
  if (!seesTrace) return { run, steps: [], calls: [], seesTrace };
  const [steps, calls] = await Promise.all([
    traceOf(ctx, run.id),
    ctx.db<RunRow>("runs").where({ parent_id: run.id }).orderBy("id").select("id", "parent_key"),
  ]);
  return { run, steps, calls: calls.map(({ id, parent_key }) => ({ id, key: parent_key! })), seesTrace };
}

/** One run without its trace, and what the actor may do with it. Throws `not_found`. */
export async function seenRun(
  ctx: Context,
  id: string,
): Promise<{ run: Run; seesTrace: boolean; mayStop: boolean; mayRerun: boolean }> {
  const run = isId(id) ? await findRun(ctx, id) : undefined;
  if (!run) throw notFound("run");
  const owner = run.botId === null ? undefined : (await knownBot(ctx, run.botId))?.owner;
  const seesTrace = looksAfter(ctx.actor, run, owner);
  const started = isStarter(ctx.actor, run);
  if (!seesTrace && !started && !isAdmin(ctx.actor)) throw notFound("run");
  const own = started || (ctx.actor.type === "bot" && ctx.actor.id === run.botId);
  const stops = own || (owner === undefined ? isAdmin(ctx.actor) : mayStop(ctx.actor, owner));
  const reruns = own || (owner !== undefined && mayManage(ctx.actor, owner));
  return { run: unveiled(ctx.actor, run, owner), seesTrace, mayStop: stops, mayRerun: reruns };
}

/** How far a run is. Throws `not_found` as getRun() does. */
export async function getProgress(ctx: Context, id: string): Promise<Pick<Run, "state">> {
  return (await seenRun(ctx, id)).run;
}

/** The newest run of each of these bots, whoever asks; bots that never ran are missing. */
export async function lastRuns(ctx: Context, bots: string[]): Promise<Map<string, Pick<Run, "createdAt" | "state">>> {
  const { rows } = await ctx.db.raw<{ rows: { bot: string; created_at: Date; state: Run["state"] }[] }>(
    `select given.bot, created_at, state from unnest(?::uuid[]) as given (bot), lateral (
       select created_at, state from runs where bot_id = given.bot and parent_id is null order by id desc limit 1
     ) as line`,
    [bots],
  );
  return new Map(rows.map(({ bot, created_at, state }) => [bot, { createdAt: created_at, state }]));
}

/** The run of a behavior that the actor started last; undefined when there is none. */
export async function lastOwnRun(ctx: Context, behavior: string): Promise<Pick<Run, "id" | "createdAt"> | undefined> {
  const row = await ctx
    .db<RunRow>("runs")
    .where({ behavior_id: behavior, started_by_id: ctx.actor.id, parent_id: null })
    .orderBy("id", "desc")
    .first("id", "created_at");
  return row && { id: row.id, createdAt: row.created_at };
}

/** A run that the actor may stop, or run again. Throws `not_found`, `forbidden`. */
export async function managedRun(ctx: Context, id: string, act: "mayStop" | "mayRerun"): Promise<Run> {
  const seen = await seenRun(ctx, id);
  if (!seen[act]) throw new SignetError("forbidden", "Only who started the run, or manages its bot, may do that.");
  return seen.run;
}

function isStarter(actor: Actor, run: Run): boolean {
  return run.startedBy.id !== null && run.startedBy.id === actor.id && run.parentId === null;
}

/**
 * The run as the actor may see it. An admin sees that somebody's private bot ran, and how it ended, but as little of what
 * went in and came out as of the accounts behind it.
 */
function unveiled(actor: Actor, run: Run, owner: Owner | undefined): Run {
  if (isStarter(actor, run) || looksAfter(actor, run, owner)) return run;
  return { ...run, inputs: {}, config: {}, occasion: null, output: null };
}

/** Whether the actor belongs to those whose bot it is. For bots that are gone, admins do. */
function looksAfter(actor: Actor, run: Run, owner: Owner | undefined): boolean {
  if (actor.type === "system" || (isAdmin(actor) && owner === undefined)) return true;
  if (actor.type === "bot") return actor.id === run.botId;
  if (actor.type !== "worker" || owner === undefined) return false;
  return owner.type === "team" ? actor.teams.some(({ id }) => id === owner.id) : mayManage(actor, owner);
}

/** The rule of getRun() as SQL. */
function scope(query: Knex.QueryBuilder, ctx: Pick<Context, "actor" | "db">): void {
  if (isAdmin(ctx.actor)) return;
  query.where((either) => {
    either.where("started_by_id", ctx.actor.id);
    either.orWhere((mine) => lookedAfter(mine, ctx));
  });
}

/** Narrows a query to runs whose trace the actor may see: the rule of looksAfter() as SQL. */
export function lookedAfter(query: Knex.QueryBuilder, { actor, db }: Pick<Context, "actor" | "db">): void {
  if (actor.type === "system") return;
  if (actor.type === "bot") return void query.where("bot_id", actor.id);
  if (actor.type !== "worker") return void query.whereRaw("false");
  const teams = actor.teams.map(({ id }) => id);
  const bots = db("bots").select("id").where({ owner_type: "worker", owner_id: actor.id });
  bots.orWhere((team) => team.where("owner_type", "team").whereIn("owner_id", teams));
  if (isAdmin(actor)) bots.orWhere({ owner_type: "organization" });
  query.where((either) => {
    either.whereIn("bot_id", bots);
    if (isAdmin(actor)) either.orWhereNotIn("bot_id", db("bots").select("id")).orWhereNull("bot_id");
  });
}

/** As the API shows it; without `steps`, as lists do. */
export function shownRun(run: Run, steps?: TraceLine[]) {
  return {
    id: run.id,
    behavior: { id: run.behaviorId, name: run.behaviorName, title: run.title, version: run.version },
    state: run.state,
    trigger: run.trigger,
    started_by: run.startedBy,
    chain: run.chain,
    simulated: run.simulation !== null,
    inputs: run.inputs,
    output: run.output,
    error: run.error,
    parent: run.parentId,
    rerun_of: run.rerunOf,
    attempts: run.attempts,
    created_at: run.createdAt,
    due_at: run.dueAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    duration_ms: run.spentMs,
    ...(steps && { steps: steps.map(shownStep) }),
  };
}

function shownStep(line: TraceLine) {
  return {
    key: line.key,
    id: line.stepId,
    do: line.kind,
    title: line.title,
    state: line.state,
    started_at: line.startedAt,
    duration_ms: line.durationMs,
    request_id: line.requestId,
    shown: line.shown,
    result: line.result,
    error: line.error,
  };
}
