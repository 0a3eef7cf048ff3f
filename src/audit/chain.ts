import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
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

/** The audit key. */
export class ChainKey {
  // Bytes would be made into a key anew for each link, which costs as much as the link.
  readonly #key: KeyObject;

  /** @param key 32 bytes. */
  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  /** HMAC-SHA256 (RFC 2104) of what came before, a text and the bytes behind it. */
  sign(previous: Buffer, text: string, bytes?: Buffer): Buffer {
    const hmac = createHmac("sha256", this.#key).update(previous).update(text, "utf8");
    return (bytes === undefined ? hmac : hmac.update(bytes)).digest();
  }
}

/**
 * The link of a row to everything before it: HMAC-SHA256 under the audit key (statement A-2), so that somebody
 * who can write to the database but lacks the key can not rebuild the chain.
 */
export function link(key: ChainKey, previous: Buffer, row: Row): Buffer {
  const { seq, at, action, outcome, actor_type, actor_id, actor_name, account_id, request_id, process } = row;
  const fields = [
    seq,
    at.getTime(),
    action,
    outcome,
    actor_type,
    actor_id,
    actor_name,
    account_id,
    request_id,
    process,
  ];
  return key.sign(previous, JSON.stringify(fields) + JSON.stringify(ordered(row.facts)));
}

/**
 * The link of a block: of rows that follow each other and were made durable by one commit.
 * @param first the sequence number of its first row.
 * @param bytes blockBytes() of its rows.
 */
export function linkBlock(key: ChainKey, previous: Buffer, first: number, bytes: Buffer): Buffer {
  return key.sign(previous, `block ${first} `, bytes);
}

/** Rows as one text, encoded once for link and database; the same before they are stored and when they are read again. */
export function blockBytes(rows: string[]): Buffer {
  return Buffer.from(`[${rows.join(",")}]`, "utf8");
}

/** A row as a JSON array, in an order that unfold.ts knows; its number follows from its place in the block. */
export function rowText(row: Omit<Row, "seq">): string {
  const { at, action, outcome, actor_type, actor_id, actor_name, account_id, request_id, process, facts } = row;
  const time = at.getTime();
  return JSON.stringify([
    time,
    action,
    outcome,
    actor_type,
    actor_id,
    actor_name,
    account_id,
    request_id,
    process,
    ordered(facts),
  ]);
}

/** The same facts in one order, before they are stored and after, because jsonb keeps none. Those of requests come in it. */
function ordered(facts: Row["facts"]): Row["facts"] {
  let previous = "";
  for (const name in facts) {
    if (name < previous) return Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
    previous = name;
  }
  return facts;
}
