import { z } from "zod";
import { isAdmin, type Actor, type Owner } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import { knownBot } from "../bots/browse.ts";
import { managedBehavior } from "../behaviors/browse.ts";
import type { Context } from "../context.ts";
import { notFound } from "../errors.ts";
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
});
export type ListRuns = z.input<typeof listRunsInput>;

/** Runs that the actor started, or whose bot it is or looks after; newest first. Calls of behaviors by others are left out. */
export async function listRuns(ctx: Context, given: ListRuns): Promise<Page<Run>> {
  const { q, limit, cursor, behavior, bot, state } = listRunsInput.parse(given);
  const query = ctx
    .db("runs")
    .whereNull("parent_id")
    .orderBy("runs.id", "desc")
    .limit(limit + 1)
    .select("runs.*");
  scope(query, ctx);
  if (behavior !== undefined) query.where("behavior_id", isId(behavior) ? behavior : null);
  if (bot !== undefined) query.where("bot_id", isId(bot) ? bot : null);
  if (state !== undefined) query.where("state", state);
  if (q) query.whereRaw("strpos(lower(behavior_name || ' ' || title), lower(?)) > 0", [q]);
  if (cursor) query.whereRaw("runs.id < ?", keyset(cursor, "id"));
  return page((await query) as RunRow[], limit, toRun, (row) => [row.id]);
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
  const run = isId(id) ? await findRun(ctx, id) : undefined;
  if (!run) throw notFound("run");
  const owner = run.botId === null ? undefined : (await knownBot(ctx, run.botId))?.owner;
  const seesTrace = looksAfter(ctx.actor, run, owner);
  const started = run.startedBy.id !== null && run.startedBy.id === ctx.actor.id && run.parentId === null;
  if (!seesTrace && !started) throw notFound("run");
  if (!seesTrace) return { run, steps: [], calls: [], seesTrace };
  const [steps, calls] = await Promise.all([
    traceOf(ctx, run.id),
    ctx.db<RunRow>("runs").where({ parent_id: run.id }).orderBy("id").select("id", "parent_key"),
  ]);
  return { run, steps, calls: calls.map(({ id, parent_key }) => ({ id, key: parent_key! })), seesTrace };
}

/** A run whose behavior the actor may change: for stopping and running again. Throws `not_found`, `forbidden`. */
export async function managedRun(ctx: Context, id: string): Promise<Run> {
  const { run } = await getRun(ctx, id);
  if (run.behaviorId === null) throw notFound("behavior of this run");
  const starter = run.startedBy.id !== null && run.startedBy.id === ctx.actor.id;
  if (!starter) await managedBehavior(ctx, run.behaviorId);
  return run;
}

function looksAfter(actor: Actor, run: Run, owner: Owner | undefined): boolean {
  if (isAdmin(actor)) return true;
  if (actor.type === "bot") return actor.id === run.botId;
  if (actor.type !== "worker" || owner === undefined) return false;
  return owner.type === "team" ? actor.teams.some(({ id }) => id === owner.id) : mayManage(actor, owner);
}

/** The rule of getRun() as SQL. */
function scope(query: Knex.QueryBuilder, { actor, db }: Context): void {
  if (isAdmin(actor)) return;
  query.where((either) => {
    either.where("started_by_id", actor.id);
    if (actor.type === "bot") return void either.orWhere("bot_id", actor.id);
    if (actor.type !== "worker") return;
    const teams = actor.teams.map(({ id }) => id);
    const bots = db("bots").select("id").where({ owner_type: "worker", owner_id: actor.id });
    either.orWhereIn(
      "bot_id",
      bots.orWhere((team) => team.where("owner_type", "team").whereIn("owner_id", teams)),
    );
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
