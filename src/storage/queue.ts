import { fromKnex, PgBoss } from "pg-boss";
import type { Database, Knex } from "./database.ts";
import type { Memory } from "./memory.ts";

const QUEUE = "runs";
const SCHEMA = "signet_queue";
/** How long a worker waits before it looks by itself; a notice makes it look at once. */
const LOOK_EVERY = 1_000;
/** A job is only a call to look at its run. Who dies with one in hand is noticed by other means (runs/recover.ts). */
const EXPIRES = 6 * 3600;
const KEEP = 3600;

/** What of a boss is the same in every process; the schema is made by installQueue(). */
const options = (database: Database) => ({
  schema: SCHEMA,
  db: { executeSql: (text: string, values?: unknown[]) => database.query(text, values) },
  schedule: false,
  reindex: false,
  monitorVacuum: false,
});

/** Makes or updates the queue's own tables. Part of the migrations, under their lock. */
export async function installQueue(database: Database): Promise<void> {
  const boss = new PgBoss({ ...options(database), supervise: false });
  boss.on("error", () => undefined);
  await boss.start();
  const jobs = { policy: "short" as const, retryLimit: 0, expireInSeconds: EXPIRES, deleteAfterSeconds: KEEP };
  await boss.createQueue(QUEUE, jobs);
  await boss.stop({ graceful: false, close: false });
}

/** What the queue tells of its own troubles. */
interface QueueLog {
  warn(facts: object, sentence: string): void;
}

/**
 * Jobs in the same PostgreSQL: each names a run, and goes to whichever process has room. Sending joins the caller's
 * transaction, so that a run and its job are there together or not at all. Started when it is first used.
 */
export class Queue {
  readonly #boss: PgBoss;
  readonly #memory: Memory;
  readonly #log: QueueLog;
  #started: Promise<void> | undefined;
  #serving: { stop(): Promise<void> } | undefined;

  constructor(database: Database, memory: Memory, log: QueueLog) {
    this.#memory = memory;
    this.#log = log;
    this.#boss = new PgBoss({ ...options(database), migrate: false });
    this.#boss.on("error", (error) => this.#log.warn({ error: String(error) }, "the queue had a problem"));
  }

  /**
   * Asks for `runs` (ids) to be looked at, at once or from `startAfter` on. Joins the transaction of `db`. A run that
   * already waits is not asked for twice.
   */
  async send(db: Knex, runs: string[], startAfter?: Date): Promise<void> {
    await this.#start();
    const jobs = runs.map((run) => ({ data: { run }, singletonKey: run, ...(startAfter && { startAfter }) }));
    await this.#boss.insert(QUEUE, jobs, { db: fromKnex(db as never) });
  }

  /**
   * Works on jobs, at most `concurrency` at once in this process, until the queue is closed. A handler that throws is
   * told to the log; its run is found again by the sweep.
   */
  async serve(concurrency: number, handler: (run: string) => Promise<void>): Promise<void> {
    await this.#start();
    this.#serving = new Worker(this.#boss, this.#memory, this.#log, concurrency, handler);
  }

  /** Takes no more jobs, and resolves when those in hand are done. Sending goes on. */
  async stopServing(): Promise<void> {
    await this.#serving?.stop();
  }

  /** Takes no more jobs, lets those in hand finish for as long as the process is given, and ends. */
  async close(): Promise<void> {
    await this.stopServing();
    if (this.#started === undefined) return;
    await this.#started.catch(() => undefined);
    await this.#boss.stop({ graceful: false, close: false });
  }

  #start(): Promise<void> {
    return (this.#started ??= this.#boss.start().then(
      () => undefined,
      (error: unknown) => {
        this.#started = undefined;
        throw error;
      },
    ));
  }
}

/** Fetches as many jobs as there is room for, whenever there may be some. */
class Worker {
  readonly #boss: PgBoss;
  readonly #log: QueueLog;
  readonly #concurrency: number;
  readonly #handler: (run: string) => Promise<void>;
  readonly #deaf: () => void;
  readonly #running = new Set<Promise<void>>();
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    boss: PgBoss,
    memory: Memory,
    log: QueueLog,
    concurrency: number,
    handler: (run: string) => Promise<void>,
  ) {
    this.#boss = boss;
    this.#log = log;
    this.#concurrency = concurrency;
    this.#handler = handler;
    this.#deaf = memory.listen("run", (key) => {
      if (key === "queued") this.#look();
    });
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#deaf();
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#running);
  }

  #look(): void {
    this.#again = true;
    if (this.#stopped || this.#looking) return;
    clearTimeout(this.#timer);
    this.#looking = this.#fetch().finally(() => {
      this.#looking = undefined;
      if (this.#stopped) return;
      this.#timer = setTimeout(() => this.#look(), LOOK_EVERY).unref();
    });
  }

  async #fetch(): Promise<void> {
    while (this.#again && !this.#stopped && this.#running.size < this.#concurrency) {
      this.#again = false;
      try {
        const room = this.#concurrency - this.#running.size;
        const jobs = await this.#boss.fetch<{ run: string }>(QUEUE, { batchSize: room });
        for (const job of jobs) this.#take(job);
        if (jobs.length === room) this.#again = true;
      } catch (error) {
        this.#log.warn({ error: String(error) }, "the queue can not be read");
        return;
      }
    }
  }

  #take(job: { id: string; data: { run: string } }): void {
    const done = this.#handler(job.data.run)
      .catch((error: unknown) => this.#log.warn({ run: job.data.run, error: String(error) }, "a run was interrupted"))
      .then(() => this.#boss.complete(QUEUE, job.id))
      .catch(() => undefined)
      .then(() => {
        this.#running.delete(done);
        this.#look();
      });
    this.#running.add(done);
  }
}
