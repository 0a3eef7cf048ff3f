import { hash } from "node:crypto";
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

const BLOCK = 64;

/**
 * HMAC-SHA256 (RFC 2104) under one key, made of two one-shot hashes over prepared pads: a Hmac object for each row would
 * cost a multiple of that, on the path of every request.
 */
export class ChainKey {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** @param key 32 bytes. */
  constructor(key: Buffer) {
    this.#inner = padded(key, 0x36);
    this.#outer = padded(key, 0x5c);
  }

  sign(message: Buffer): Buffer {
    const inner = hash("sha256", Buffer.concat([this.#inner, message]), "buffer");
    return hash("sha256", Buffer.concat([this.#outer, inner]), "buffer");
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
  return key.sign(Buffer.concat([previous, Buffer.from(JSON.stringify(fields) + factsText(row.facts), "utf8")]));
}

/**
 * The link of a block: of rows that follow each other and were made durable by one commit.
 * @param first the sequence number of its first row.
 * @param text blockText() of its rows.
 */
export function linkBlock(key: ChainKey, previous: Buffer, first: number, text: string): Buffer {
  return key.sign(Buffer.concat([previous, Buffer.from(`block ${first} ${text}`, "utf8")]));
}

/** Rows as one text; the same before they are stored and when they are read again. */
export function blockText(rows: string[]): string {
  return `[${rows.join(",")}]`;
}

/** A row as a JSON array, in an order that unfold.ts knows; its number follows from its place in the block. */
export function rowText(row: Omit<Row, "seq">): string {
  const who = `${json(row.actor_type)},${json(row.actor_id)},${json(row.actor_name)}`;
  const what = `${json(row.action)},${json(row.outcome)},${who},${json(row.account_id)},${json(row.request_id)}`;
  return `[${row.at.getTime()},${what},${row.process},${factsText(row.facts)}]`;
}

/** One text for the same facts, before they are stored and after: jsonb keeps no order of keys, so they are sorted. */
export function factsText(facts: Row["facts"]): string {
  let text = "";
  for (const name of inOrder(Object.keys(facts))) {
    text += `${text === "" ? "" : ","}${json(name)}:${json(facts[name]!)}`;
  }
  return `{${text}}`;
}

/** Sorted; names that are in order already, as those of every request, are left alone. */
function inOrder(names: string[]): string[] {
  for (let at = 1; at < names.length; at++) if (names[at - 1]! > names[at]!) return names.sort();
  return names;
}

// What a quote, a backslash or anything beyond ASCII needs is JSON's business; most texts have none of it.
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function json(value: Fact): string {
  if (typeof value === "string" && PLAIN.test(value)) return `"${value}"`;
  return JSON.stringify(value);
}

function padded(key: Buffer, filling: number): Buffer {
  const block = Buffer.alloc(BLOCK, filling);
  key.forEach((byte, index) => (block[index] = byte ^ filling));
  return block;
}
