import { z } from "zod";
import { isAdmin, type Actor } from "../access/actor.ts";
import { invalid, notFound } from "../errors.ts";
import type { Knex } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import { page, pageInput, type Page } from "../storage/page.ts";
import type { Row } from "./chain.ts";
import type { Audit } from "./audit.ts";

const DAY = 24 * 3_600_000;

/** Who reads, and what from. */
interface Reader {
  db: Knex;
  actor: Actor;
  audit: Audit;
}

export const listAuditInput = z.strictObject({
  ...pageInput,
  /** Id of a worker or bot. */
  actor: z.string().max(100).optional(),
  /** Id of an account. */
  account: z.string().max(100).optional(),
  /** An action, or the beginning of one up to a dot: "account" is all that happens to accounts. */
  action: z
    .string()
    .regex(/^[a-z_.]*$/, "Use the name of an action, such as account.shared.")
    .max(60)
    .optional(),
  outcome: z.enum(["ok", "failed", "denied", "pending", "unknown"]).optional(),
  since: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
  until: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
});
export type ListAudit = z.input<typeof listAuditInput>;

/**
 * The audit, newest first. Admins read all of it; others what they did and what was done with accounts of their own and
 * of teams they manage; a bot what it did. Without `intents`, only what came of them.
 */
export async function listAudit(
  ctx: Reader,
  given: ListAudit,
  { intents = true }: { intents?: boolean } = {},
): Promise<Page<Row>> {
  const input = listAuditInput.parse(given);
  await ctx.audit.catchUp(ctx.db);
  const query = filteredAudit(ctx, input, intents).limit(input.limit + 1);
  if (input.cursor) query.where("seq", "<", seqOf(input.cursor));
  return page(
    (await query) as Row[],
    input.limit,
    (row) => row,
    (row) => [String(row.seq)],
  );
}

/** The rows that the actor may read and that `input` lets through, newest first and not limited yet. */
export function filteredAudit(
  ctx: Reader,
  input: z.output<typeof listAuditInput>,
  intents: boolean,
): Knex.QueryBuilder {
  const query = ctx.db("audit_events").orderBy("seq", "desc");
  scope(query, ctx);
  if (input.actor) query.where({ actor_id: input.actor });
  if (input.account) query.where({ account_id: isId(input.account) ? input.account : null });
  if (input.action)
    query.whereRaw("(action = :action or starts_with(action, :action || '.'))", { action: input.action });
  if (input.outcome) query.where({ outcome: input.outcome });
  else if (!intents) query.whereNot({ outcome: "pending" });
  if (input.since) query.where("at", ">=", input.since);
  if (input.until) query.where("at", "<", input.until);
  if (input.q)
    query.whereRaw("(facts::text ilike :q or actor_name ilike :q or request_id = :exact)", {
      q: `%${input.q.replace(/[\\%_]/g, "\\$&")}%`,
      exact: input.q,
    });
  return query;
}

function seqOf([text = ""]: string[]): number {
  if (!/^\d{1,15}$/.test(text)) throw invalid("cursor", "This is not a cursor of this list.");
  return Number(text);
}

/** One row. Throws `not_found` for what the actor may not read. */
export async function getAudit(ctx: Reader, seq: number): Promise<Row> {
  await ctx.audit.catchUp(ctx.db);
  const query = ctx.db("audit_events").where({ seq });
  scope(query, ctx);
  const row = Number.isSafeInteger(seq) ? ((await query.first()) as Row | undefined) : undefined;
  if (!row) throw notFound("record");
  return row;
}

/** All rows of one request that the actor may read, oldest first; at most two hundred. */
export async function requestAudit(ctx: Reader, row: Pick<Row, "request_id" | "at">): Promise<Row[]> {
  await ctx.audit.catchUp(ctx.db);
  const query = ctx.db("audit_events").where({ request_id: row.request_id }).orderBy("seq").limit(200);
  // No request lasts a day, and moments have an index.
  query.whereBetween("at", [new Date(row.at.getTime() - DAY), new Date(row.at.getTime() + DAY)]);
  scope(query, ctx);
  return (await query) as Row[];
}

/** Something that was done under an id, and when about. */
export interface Asked {
  id: string;
  at: Date;
}

/** Longest that one request takes; what is further apart is looked for apart. */
const APART = 10 * 60_000;

/**
 * What came of requests, by their ids: for each the last row that is no intent. Not scoped by what the actor may read;
 * whoever calls has made sure that they may see the very run that asked for them.
 */
export async function outcomesOf(ctx: Reader, asked: Asked[]): Promise<Map<string, Row>> {
  if (asked.length === 0) return new Map();
  await ctx.audit.catchUp(ctx.db);
  const query = ctx
    .db("audit_events")
    .whereIn(
      "request_id",
      asked.map(({ id }) => id),
    )
    .whereNot({ outcome: "pending" })
    .orderBy("seq");
  // Moments have an index, ids have none.
  query.where((either) => {
    for (const [from, until] of spans(asked.map(({ at }) => at.getTime())))
      either.orWhereBetween("at", [new Date(from - APART), new Date(until + APART)]);
  });
  const rows = (await query) as Row[];
  return new Map(rows.map((row) => [row.request_id, row]));
}

/** Moments put together to as few spans as have no long gap in them. */
function spans(moments: number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const at of moments.sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && at - last[1] < APART) last[1] = at;
    else found.push([at, at]);
  }
  return found;
}

/** Calls of one hour: all of them, and those that got no answer. */
export interface Hour {
  calls: number;
  failed: number;
}

/** The calls that the actor may read of, hour by hour, the last one ending now. */
export async function callsByHour(ctx: Reader & { clock: () => Date }, hours: number): Promise<Hour[]> {
  await ctx.audit.catchUp(ctx.db);
  const now = ctx.clock();
  const ago = ctx.db.raw("floor(extract(epoch from (?::timestamptz - at)) / 3600)::int", [now]);
  const query = ctx
    .db("audit_events")
    .where({ action: "execute" })
    .whereNot({ outcome: "pending" })
    .whereRaw("seq >= (?)", [firstSince(ctx.db, new Date(now.getTime() - hours * 3600_000))])
    .groupByRaw("1")
    .select<{ ago: number; calls: number; failed: number }[]>(
      ctx.db.raw("? as ago", [ago]),
      ctx.db.raw("count(*) as calls"),
      ctx.db.raw("count(*) filter (where outcome <> 'ok') as failed"),
    );
  scope(query, ctx);
  const found = new Map((await query).map((row) => [row.ago, row]));
  return Array.from({ length: hours }, (_, at) => {
    const row = found.get(hours - 1 - at);
    return { calls: Number(row?.calls ?? 0), failed: Number(row?.failed ?? 0) };
  });
}

/** The latest rows that a count of one actor's days looks at; more would keep the page waiting. */
const COUNTED = 200_000;

/**
 * Requests of one actor, day by day (UTC), the last one today. Not scoped: whoever calls has made sure that the reader
 * looks after that bot.
 */
export async function callsByDay(
  ctx: Reader & { clock: () => Date },
  actor: string,
  days: number,
): Promise<(Hour & { day: string })[]> {
  await ctx.audit.catchUp(ctx.db);
  const now = ctx.clock();
  const dates = Array.from({ length: days }, (_, at) =>
    new Date(now.getTime() - (days - 1 - at) * DAY).toISOString().slice(0, 10),
  );
  const latest = ctx
    .db("audit_events")
    .where({ actor_id: actor, action: "execute" })
    .whereRaw("seq >= (?)", [firstSince(ctx.db, new Date(`${dates[0]}T00:00:00Z`))])
    .orderBy("seq", "desc")
    .limit(COUNTED)
    .as("latest");
  const rows = (await ctx.db
    .from(latest)
    .whereNot({ outcome: "pending" })
    .groupByRaw("1")
    .select(
      ctx.db.raw("to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day"),
      ctx.db.raw("count(*) as calls"),
      ctx.db.raw("count(*) filter (where outcome <> 'ok' or (facts ->> 'status')::int >= 400) as failed"),
    )) as unknown as { day: string; calls: number; failed: number }[];
  const found = new Map(rows.map((row) => [row.day, row]));
  return dates.map((day) => {
    const row = found.get(day);
    return { day, calls: Number(row?.calls ?? 0), failed: Number(row?.failed ?? 0) };
  });
}

/** The first row since a moment: rows are written in the order of time, so halving finds it without an index. */
function firstSince(db: Knex, moment: Date): Knex.Raw {
  return db.raw(
    `with recursive halving (low, high) as (
       select 1::bigint, seq + 1 from audit_head
       union all
       select case when probe.late then low else middle + 1 end, case when probe.late then middle else high end
       from halving, lateral (select (low + high) / 2 as middle) as half,
         lateral (select coalesce((select at >= ? from audit_events where seq = middle), false) as late) as probe
       where low < high
     ) select low from halving where low >= high limit 1`,
    [moment],
  );
}

/** A row as the API shows it. */
export function shownEvent(row: Row) {
  return {
    seq: row.seq,
    at: row.at,
    action: row.action,
    outcome: row.outcome,
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    account: row.account_id,
    request_id: row.request_id,
    facts: row.facts,
  };
}

function scope(query: Knex.QueryBuilder, { db, actor }: Pick<Reader, "db" | "actor">): void {
  if (isAdmin(actor)) return;
  query.where((either) => {
    either.where({ actor_id: actor.id ?? "" });
    if (actor.type !== "worker") return;
    const teams = actor.teams.filter((team) => team.manager).map((team) => team.id);
    const own = db("accounts").select("id").where({ owner_type: "worker", owner_id: actor.id });
    own.orWhere((team) => team.where({ owner_type: "team" }).whereIn("owner_id", teams));
    either.orWhereIn("account_id", own);
  });
}
