import type { Database } from "../storage/database.ts";
import type { Audit } from "./audit.ts";
import { link, type Head, type Row } from "./chain.ts";

const PAGE = 2000;

/** What a check of the whole chain found. */
export interface Verification {
  ok: boolean;
  /** Rows that were checked. */
  checked: number;
  /** The newest link: print it somewhere else, and a chain that was cut short later shows. */
  head: { seq: number; hash: string };
  /** The first row that does not fit, and in what way. */
  broken?: { seq: number; reason: string };
}

/**
 * Walks the chain from its first row; finds an edited, removed, inserted, swapped or re-dated row (statement A-3).
 * Rows cut off the end show as a head that the rows do not reach.
 */
export async function verify(database: Database, audit: Audit): Promise<Verification> {
  // The head is read first: rows that arrive meanwhile lie behind it.
  const head = (await database.knex<Head>("audit_head").first("seq", "hash"))!;
  const summary = { seq: head.seq, hash: head.hash.toString("hex") };
  let last: Head = { seq: 0, hash: Buffer.from([0]) };
  while (last.seq < head.seq) {
    const rows: (Row & { hash: Buffer })[] = await database
      .knex("audit_events")
      .where("seq", ">", last.seq)
      .where("seq", "<=", head.seq)
      .orderBy("seq")
      .limit(PAGE);
    if (rows.length === 0) return broken(last.seq + 1, "this row and all after it are missing");
    for (const row of rows) {
      if (row.seq !== last.seq + 1) return broken(last.seq + 1, "this row is missing");
      const hash = link(audit.key, last.hash, row);
      if (!hash.equals(row.hash)) return broken(row.seq, "this row was changed, inserted or moved");
      last = { seq: row.seq, hash };
    }
  }
  if (!last.hash.equals(head.hash)) return broken(head.seq, "the head does not belong to the last row");
  return { ok: true, checked: last.seq, head: summary };

  function broken(seq: number, reason: string): Verification {
    return { ok: false, checked: last.seq, head: summary, broken: { seq, reason } };
  }
}
