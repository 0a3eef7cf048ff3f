import { z } from "zod";
import { isAdmin, type Actor } from "../access/actor.ts";
import type { Knex } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import { page, pageInput, type Page } from "../storage/page.ts";
import type { Row } from "./chain.ts";

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
 * of teams they manage; a bot what it did.
 */
export async function listAudit(ctx: { db: Knex; actor: Actor }, given: ListAudit): Promise<Page<Row>> {
  const input = listAuditInput.parse(given);
  const query = ctx
    .db("audit_events")
    .orderBy("seq", "desc")
    .limit(input.limit + 1);
  scope(query, ctx);
  if (input.actor) query.where({ actor_id: input.actor });
  if (input.account) query.where({ account_id: isId(input.account) ? input.account : null });
  if (input.action)
    query.whereRaw("(action = :action or starts_with(action, :action || '.'))", { action: input.action });
  if (input.outcome) query.where({ outcome: input.outcome });
  if (input.since) query.where("at", ">=", input.since);
  if (input.until) query.where("at", "<", input.until);
  if (input.q)
    query.whereRaw("(facts::text ilike :q or actor_name ilike :q or request_id = :exact)", {
      q: `%${input.q.replace(/[\\%_]/g, "\\$&")}%`,
      exact: input.q,
    });
  if (input.cursor) query.where("seq", "<", Number(input.cursor[0]) || 0);
  return page(
    (await query) as Row[],
    input.limit,
    (row) => row,
    (row) => [String(row.seq)],
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

function scope(query: Knex.QueryBuilder, { db, actor }: { db: Knex; actor: Actor }): void {
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
