import { SignetError } from "../errors.ts";
import type { Database } from "../storage/database.ts";
import type { Draft } from "./audit.ts";
import { factsText, linkText, type ChainKey, type Head, type Row } from "./chain.ts";

interface Waiting {
  draft: Draft;
  resolve(seq: number): void;
  reject(error: Error): void;
}

/** Rows per statement: past some hundred a batch only gets slower (docs/performance.md). */
const MAX_BATCH = 256;

// Moves the head and inserts the rows only if the head still is where this process believes it to be; when
// another process was faster nothing happens and the batch is linked anew behind the true head.
const APPEND = `
  with moved as (
    update audit_head set seq = $1, hash = $2 where seq = $3 and hash = $4 returning 1
  )
  insert into audit_events (seq, at, action, outcome, actor_type, actor_id, actor_name, account_id, request_id, process, facts, hash)
  select * from unnest($5::bigint[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
    $12::uuid[], $13::text[], $14::bigint[], $15::jsonb[], $16::bytea[])
  where exists (select 1 from moved)`;

/**
 * Writes audit rows of many requests in one commit: while one batch is in flight the next gathers, without any
 * timer, so an idle hub waits for nothing and a busy one shares its commits.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #key: ChainKey;
  #waiting: Waiting[] = [];
  #writing = false;
  #closed = false;
  #head: Head | undefined;
  /** intentKey() -> sequence number of its open intent */
  readonly #open = new Map<string, number>();
  #idle: (() => void) | undefined;

  constructor(database: Database, key: ChainKey) {
    this.#database = database;
    this.#key = key;
  }

  append(draft: Draft): Promise<number> {
    if (this.#closed) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, resolve, reject });
      if (!this.#writing) {
        this.#writing = true;
        setImmediate(() => void this.#write());
      }
    });
  }

  /** An intent was closed by a row that was written elsewhere. */
  forget(row: Pick<Row, "request_id" | "action">): void {
    this.#open.delete(intentKey(row));
  }

  lowest(): number {
    let lowest = this.#head?.seq ?? 0;
    for (const seq of this.#open.values()) lowest = Math.min(lowest, seq);
    return lowest;
  }

  /** Resolves when everything handed in is written. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#writing) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        const rows = await this.#commit(batch.map((waiting) => waiting.draft));
        rows.forEach((row) => this.#track(row));
        batch.forEach((waiting, index) => waiting.resolve(rows[index]!.seq));
      } catch (cause) {
        this.#head = undefined;
        const error = unavailable(cause);
        batch.forEach((waiting) => waiting.reject(error));
      }
    }
    this.#writing = false;
    this.#idle?.();
  }

  async #commit(drafts: Draft[]): Promise<Row[]> {
    for (;;) {
      const head = (this.#head ??= await this.#readHead());
      const rows = drafts.map((draft, index) => ({ seq: head.seq + 1 + index, ...draft }));
      const facts = rows.map((row) => factsText(row.facts));
      const hashes: Buffer[] = [];
      rows.forEach((row, index) => hashes.push(linkText(this.#key, hashes.at(-1) ?? head.hash, row, facts[index]!)));
      const next = { seq: rows.at(-1)!.seq, hash: hashes.at(-1)! };
      const values = [next.seq, next.hash, head.seq, head.hash, ...columns(rows, facts, hashes)];
      const written = await this.#database.write("audit-append", APPEND, values);
      this.#head = written > 0 ? next : undefined;
      if (written > 0) return rows;
    }
  }

  async #readHead(): Promise<Head> {
    const [head] = await this.#database.prepared<Head>("audit-head", "select seq, hash from audit_head", []);
    return head!;
  }

  #track(row: Row): void {
    if (row.outcome === "pending") this.#open.set(intentKey(row), row.seq);
    else this.#open.delete(intentKey(row));
  }
}

/** What an outcome must share with an intent to close it. */
function intentKey(row: Pick<Row, "request_id" | "action">): string {
  return `${row.request_id} ${row.action}`;
}

/**
 * The columns as array literals of PostgreSQL, made by hand because most of them hold nothing that needs a quote; the
 * driver's own would look at every character of each.
 */
function columns(rows: Omit<Row, "facts">[], facts: string[], hashes: Buffer[]): unknown[] {
  return [
    literal(rows.map((row) => row.seq)),
    literal(rows.map((row) => row.at.toISOString())),
    literal(rows.map((row) => row.action)),
    literal(rows.map((row) => row.outcome)),
    literal(rows.map((row) => row.actor_type)),
    literal(rows.map((row) => quoted(row.actor_id))),
    literal(rows.map((row) => quoted(row.actor_name))),
    literal(rows.map((row) => row.account_id)),
    literal(rows.map((row) => quoted(row.request_id))),
    literal(rows.map((row) => row.process)),
    literal(facts.map(quoted)),
    literal(hashes.map((hash) => `"\\\\x${hash.toString("hex")}"`)),
  ];
}

/** Elements are numbers, plain words, quoted texts, or null. */
function literal(elements: (string | number | null)[]): string {
  return `{${elements.map((element) => element ?? "NULL").join(",")}}`;
}

function quoted(text: string | null): string | null {
  return text === null ? null : `"${/["\\]/.test(text) ? text.replace(/["\\]/g, "\\$&") : text}"`;
}

function unavailable(cause?: unknown): SignetError {
  return new SignetError("audit_unavailable", "The audit can not be written, so nothing was done. Try again shortly.", {
    cause,
  });
}
