import type { Database } from "../storage/database.ts";
import type { Audit } from "./audit.ts";
import { blockBytes, link, linkBlock, rowText, type ChainKey, type Head, type Row } from "./chain.ts";

const PAGE = 2000;
const CHANGED = "this row was changed, inserted or moved";

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
 * Of a block the first row is named, because its rows share one link. Rows cut off the end show as a head that the rows
 * do not reach.
 */
export async function verify(database: Database, audit: Audit): Promise<Verification> {
  // The head is read first: rows that arrive meanwhile lie behind it.
  const head = (await database.knex<Head>("audit_head").first("seq", "hash"))!;
  await audit.catchUp(database.knex);
  const summary = { seq: head.seq, hash: head.hash.toString("hex") };
  let last: Head = { seq: 0, hash: Buffer.from([0]) };
  while (last.seq < head.seq) {
    const stretch = await read(database, last.seq, head.seq);
    const next = walk(audit.key, last, stretch);
    if ("reason" in next) return { ok: false, checked: next.seq - 1, head: summary, broken: next };
    last = next;
  }
  if (last.hash.equals(head.hash)) return { ok: true, checked: last.seq, head: summary };
  const broken = { seq: head.seq, reason: "the head does not belong to the last row" };
  return { ok: false, checked: last.seq, head: summary, broken };
}

interface Block {
  first_seq: number;
  last_seq: number;
  hash: Buffer;
}

interface Stretch {
  rows: (Row & { hash: Buffer | null })[];
  /** By the number of their first row. */
  blocks: Map<number, Block>;
  /** The chain goes on behind these rows. */
  cut: boolean;
}

async function read(database: Database, after: number, until: number): Promise<Stretch> {
  const { knex } = database;
  const [rows, blocks] = await Promise.all([
    knex("audit_events").where("seq", ">", after).where("seq", "<=", until).orderBy("seq").limit(PAGE) as Promise<
      Stretch["rows"]
    >,
    knex("audit_blocks")
      .where("last_seq", ">", after)
      .where("last_seq", "<=", until)
      .orderBy("last_seq")
      .limit(PAGE)
      .select<Block[]>("first_seq", "last_seq", "hash"),
  ]);
  return { rows, blocks: new Map(blocks.map((block) => [block.first_seq, block])), cut: rows.length === PAGE };
}

/** Goes from link to link as far as the rows reach; returns the last one, or the row at which the chain breaks. */
function walk(key: ChainKey, from: Head, { rows, blocks, cut }: Stretch): Head | { seq: number; reason: string } {
  let last = from;
  for (let at = 0; at < rows.length;) {
    const row = rows[at]!;
    if (row.seq !== last.seq + 1) return { seq: last.seq + 1, reason: "this row is missing" };
    const block = row.hash === null ? blocks.get(row.seq) : undefined;
    if (row.hash === null && !block) return { seq: row.seq, reason: CHANGED };
    const size = block ? block.last_seq - block.first_seq + 1 : 1;
    const part = rows.slice(at, at + size);
    // The rest of the block comes with the next stretch, which begins with it.
    if (part.length < size && cut && at > 0) return last;
    if (part.some((other, place) => other.seq !== row.seq + place) || part.length < size)
      return { seq: missing(part, row.seq), reason: "this row is missing" };
    const hash = block ? linkBlock(key, last.hash, row.seq, blockBytes(part.map(rowText))) : link(key, last.hash, row);
    if (!hash.equals((block ?? row).hash!)) {
      const reason =
        size === 1
          ? CHANGED
          : `of the rows up to ${block!.last_seq}, which share a link, one was changed, inserted or moved`;
      return { seq: row.seq, reason };
    }
    last = { seq: row.seq + size - 1, hash };
    at += size;
  }
  return rows.length === 0 ? { seq: last.seq + 1, reason: "this row and all after it are missing" } : last;
}

function missing(rows: Row[], first: number): number {
  const gap = rows.findIndex((row, place) => row.seq !== first + place);
  return first + (gap < 0 ? rows.length : gap);
}
