import { createHmac, type KeyObject } from "node:crypto";
import type { Fact } from "./event.ts";

/** One row of the audit, as stored. */
export interface Row {
  seq: number;
  at: Date;
  action: string;
  outcome: string;
  actor_type: string;
  actor_id: string | null;
  actor_name: string;
  account_id: string | null;
  request_id: string;
  process: number;
  facts: Record<string, Fact>;
}

/** Where the chain stands. */
export interface Head {
  seq: number;
  hash: Buffer;
}

/**
 * The link of a row to everything before it: HMAC-SHA256 under the audit key (statement A-2), so that somebody
 * who can write to the database but lacks the key can not rebuild the chain.
 */
export function link(key: KeyObject, previous: Buffer, row: Row): Buffer {
  return createHmac("sha256", key).update(previous).update(canonical(row)).digest();
}

/** One text per row, the same before it is stored and after: jsonb keeps no order of keys, so they are sorted. */
function canonical(row: Row): string {
  const facts = Object.keys(row.facts)
    .sort()
    .map((name) => [name, row.facts[name]]);
  return JSON.stringify([
    row.seq,
    row.at.getTime(),
    row.action,
    row.outcome,
    row.actor_type,
    row.actor_id,
    row.actor_name,
    row.account_id,
    row.request_id,
    row.process,
    facts,
  ]);
}
