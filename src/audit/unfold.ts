import type { Knex } from "../storage/database.ts";

/** Class and number of the advisory lock under which blocks are unfolded, by one at a time. */
const UNFOLDING = "hashtext('signet:audit-unfold')";

/** Blocks per statement in the background, so that no reader waits long for its turn. */
const PORTION = 64;

// rowText() of chain.ts says what stands where in a row.
const UNFOLD = `
  with due as (select last_seq, first_seq, rows from audit_blocks where rows is not null order by last_seq limit ?),
  unfolded as (
    insert into audit_events (seq, at, action, outcome, actor_type, actor_id, actor_name, account_id, request_id, process, facts)
    select due.first_seq + place - 1, to_timestamp((row->>0)::float8 / 1000), row->>1, row->>2, row->>3, row->>4, row->>5,
      (row->>6)::uuid, row->>7, (row->>8)::bigint, row->9
    from due, jsonb_array_elements(due.rows::jsonb) with ordinality as element (row, place)
  )
  update audit_blocks set rows = null from due where audit_blocks.last_seq = due.last_seq`;

/** Gives every row of the blocks that are there its place in `audit_events`; whoever reads these calls it first. */
export async function unfold(db: Knex): Promise<void> {
  const { rowCount } = await db.raw<{ rowCount: number }>("select from audit_blocks where rows is not null limit 1");
  if (rowCount === 0) return;
  await db.transaction(async (tx) => {
    await tx.raw(`select pg_advisory_xact_lock(${UNFOLDING})`);
    await tx.raw(UNFOLD, [null]);
  });
}

/** Unfolds one portion, unless somebody else is about it. Returns whether there may be more to do. */
export async function unfoldSome(db: Knex): Promise<boolean> {
  return db.transaction(async (tx) => {
    const { rows } = await tx.raw<{ rows: { mine: boolean }[] }>(
      `select pg_try_advisory_xact_lock(${UNFOLDING}) as mine`,
    );
    if (!rows[0]!.mine) return false;
    const { rowCount } = await tx.raw<{ rowCount: number }>(UNFOLD, [PORTION]);
    return rowCount === PORTION;
  });
}

/** How long a block waits when nobody asks for its rows. */
const WAIT = 250;
/** So many rows in that time are a rush, in which the processor is wanted for something else. */
const RUSH = 500;
/** With so many rows waiting there is no more waiting: whoever reads them has to unfold them, which takes two seconds. */
const MOST = 200_000;

/**
 * Unfolds in the background what this process writes, and what a process before it left. Not in the middle of a rush,
 * because a row's place costs the database more than its commit; the rows that wait are bounded.
 */
export class Unfolder {
  readonly #db: Knex;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  /** Rows since the timer was set, and rows that wait. */
  #fresh = 0;
  #waiting = 0;

  constructor(db: Knex) {
    this.#db = db;
    this.nudge(0);
  }

  /** So many rows were written that have no places yet. */
  nudge(rows: number): void {
    this.#fresh += rows;
    this.#waiting += rows;
    if (!this.#closed && this.#timer === undefined) this.#wait();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      const rush = this.#fresh > RUSH && this.#waiting < MOST;
      this.#fresh = 0;
      if (rush) this.#wait();
      else this.#running = this.#run().finally(() => this.#rest());
    }, WAIT).unref();
  }

  /** What was written meanwhile has its own turn. */
  #rest(): void {
    this.#timer = undefined;
    if (this.#fresh > 0) this.nudge(0);
  }

  /** Stops when another rush begins, unless too much waits. */
  async #run(): Promise<void> {
    const behind = this.#waiting >= MOST;
    try {
      while (!this.#closed && (behind || this.#fresh <= RUSH)) {
        if (await unfoldSome(this.#db)) continue;
        this.#waiting = this.#fresh;
        return;
      }
    } catch {
      // Nothing is lost: the next block nudges again, and readers unfold for themselves.
    }
  }
}
