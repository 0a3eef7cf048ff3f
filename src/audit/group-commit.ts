import { SignetError } from "../errors.ts";
import type { Database } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import type { Draft } from "./audit.ts";
import { blockBytes, linkBlock, rowText, type ChainKey, type Head } from "./chain.ts";
import { OpenIntents, type IntentKey } from "./open-intents.ts";

interface Waiting {
  draft: Draft;
  text: string;
  /** Nobody waits for what is concluded: it is written as soon as it can be. */
  told?: { resolve(seq: number): void; reject(error: Error): void };
}

/** Rows per statement: past some hundred a batch only gets slower (docs/performance.md). */
const MAX_BATCH = 256;
/** Milliseconds until what could not be written is tried again, when nothing else comes before. */
const RETRY = 1_000;

// Moves the head and adds the block only if the head still is where this process believes it to be; when
// another process was faster nothing happens and the block is linked anew behind the true head.
const APPEND = `
  with moved as (
    update audit_head set seq = $1, hash = $2 where seq = $3 and hash = $4 returning 1
  )
  insert into audit_blocks (last_seq, first_seq, hash, rows) select $1, $3 + 1, $2, $5 from moved`;

/**
 * Writes audit rows of many requests in one commit: while one batch is in flight the next gathers. No timer: what a pause
 * would save of commits it costs many times over, because every request waits for it twice.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #key: ChainKey;
  readonly #committed: (rows: number) => void;
  #waiting: Waiting[] = [];
  #writing = false;
  #closed = false;
  #head: Head | undefined;
  readonly #open = new OpenIntents();
  /** How many rows were handed in, and of how many it is known what became of them. */
  #handed = 0;
  #settled = 0;
  /** Those who wait until so many are settled. */
  #readers: { until: number; resolve(): void }[] = [];
  /** No row to come has a lower number than the one behind it. */
  #reached = 0;
  #retry: NodeJS.Timeout | undefined;

  /** @param committed is told of each block, how many rows it has. */
  constructor(database: Database, key: ChainKey, committed: (rows: number) => void) {
    this.#database = database;
    this.#key = key;
    this.#committed = committed;
  }

  append(draft: Draft): Promise<number> {
    // What could not become a row later would keep all that come after it from becoming one.
    const fits = draft.account_id === null || isId(draft.account_id);
    if (this.#closed || !fits) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => this.#enqueue({ draft, text: rowText(draft), told: { resolve, reject } }));
  }

  /** As append(), for nobody who waits: tried again until it is written, or until the process ends. */
  conclude(draft: Draft): void {
    this.#enqueue({ draft, text: rowText(draft) });
  }

  /** Resolves when everything handed in so far was written, or could not be; not later for what comes meanwhile. */
  async written(): Promise<void> {
    const until = this.#handed;
    if (this.#writing && this.#settled < until)
      await new Promise<void>((resolve) => this.#readers.push({ until, resolve }));
  }

  /** An intent was closed by a row that was written elsewhere. */
  forget(intent: IntentKey): void {
    this.#open.close(intent);
  }

  lowest(): number {
    return this.#open.lowest(this.#reached);
  }

  /** Resolves when everything handed in is written, as far as it can be. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    if (!this.#writing && this.#waiting.length > 0) this.#begin();
    await this.written();
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#handed++;
    if (!this.#writing) this.#begin();
  }

  #begin(): void {
    this.#writing = true;
    setImmediate(() => void this.#write());
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        const first = await this.#commit(batch.map(({ text }) => text));
        this.#tell(batch, first);
      } catch (cause) {
        this.#refuse([...batch, ...this.#waiting], cause);
        break;
      }
    }
    this.#writing = false;
  }

  /** Those who wait go on once this turn is over, when the next commit is on its way already. */
  #tell(batch: Waiting[], first: number): void {
    let seq = first;
    for (const { draft, told } of batch) {
      if (draft.outcome === "pending") this.#open.add(draft, seq);
      else this.#open.close(draft);
      told?.resolve(seq);
      seq++;
    }
    // Not before its intents are known to be open.
    this.#reached = seq - 1;
    this.#settle(this.#settled + batch.length);
  }

  #settle(count: number): void {
    this.#settled = count;
    if (this.#readers.length === 0) return;
    const due = this.#readers.filter(({ until }) => until <= count);
    this.#readers = this.#readers.filter(({ until }) => until > count);
    for (const { resolve } of due) resolve();
  }

  /** Tells those who wait, and keeps for later what nobody waits for. */
  #refuse(waiting: Waiting[], cause: unknown): void {
    this.#head = undefined;
    const error = unavailable(cause);
    for (const { told } of waiting) told?.reject(error);
    this.#waiting = waiting.filter(({ told }) => told === undefined);
    // Whoever reads now reads without what is kept.
    this.#settle(this.#handed);
    this.#settled -= this.#waiting.length;
    if (this.#waiting.length > 0 && !this.#closed)
      this.#retry = setTimeout(() => this.#writing || this.#begin(), RETRY).unref();
  }

  /** Returns the number of the block's first row. */
  async #commit(rows: string[]): Promise<number> {
    const bytes = blockBytes(rows);
    for (;;) {
      const head = (this.#head ??= await this.#readHead());
      this.#reached = Math.max(this.#reached, head.seq);
      const first = head.seq + 1;
      const next = { seq: head.seq + rows.length, hash: linkBlock(this.#key, head.hash, first, bytes) };
      const written = await this.#database.write("audit-append", APPEND, [
        next.seq,
        next.hash,
        head.seq,
        head.hash,
        bytes,
      ]);
      this.#head = written > 0 ? next : undefined;
      if (written === 0) continue;
      this.#committed(rows.length);
      return first;
    }
  }

  async #readHead(): Promise<Head> {
    const [head] = await this.#database.prepared<Head>("audit-head", "select seq, hash from audit_head", []);
    return head!;
  }
}

function unavailable(cause?: unknown): SignetError {
  return new SignetError("audit_unavailable", "The audit can not be written, so nothing was done. Try again shortly.", {
    cause,
  });
}
