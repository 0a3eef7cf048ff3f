import type { Knex } from "../storage/database.ts";
import type { Row } from "./chain.ts";
import type { Action } from "./event.ts";
import { unfold } from "./unfold.ts";

/** Rows that are looked through at once. */
const SPAN = 20_000;

/** How far the audit has come. */
export async function auditHead(db: Knex): Promise<number> {
  const head = await db("audit_head").first<{ seq: number }>("seq");
  return head!.seq;
}

/**
 * The rows about accounts with one of these actions that come after a number, oldest first, and the number up to which
 * nothing is left out: whoever keeps that and asks again from it misses none and gets none twice. For Signet's own
 * use; who may know of what is for the caller to ask. `pool` is outside the transaction of `db`.
 */
export async function followAudit(
  db: Knex,
  pool: Knex,
  after: number,
  actions: readonly Action[],
): Promise<{ rows: Row[]; upTo: number; more: boolean }> {
  // The head first: what is unfolded after it was read reaches at least as far.
  const head = await auditHead(db);
  const upTo = Math.min(head, after + SPAN);
  if (upTo <= after) return { rows: [], upTo: after, more: false };
  await unfold(pool);
  const rows = (await db("audit_events")
    .where("seq", ">", after)
    .where("seq", "<=", upTo)
    .whereIn("action", actions as string[])
    .whereNotNull("account_id")
    .orderBy("seq")) as Row[];
  return { rows, upTo, more: upTo < head };
}
