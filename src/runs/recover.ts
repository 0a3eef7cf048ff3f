import type { World } from "../context.ts";
import { deadAmong } from "../audit/sweep.ts";

const EVERY = 5_000;
/** Seconds after which a queued run that nobody took is asked for again. */
const OVERDUE = 60;
const AT_ONCE = 200;

/**
 * Finds what was left lying: runs of processes that died, and queued ones whose job was lost. A process counts as dead
 * when it is found so twice in a row, because one that merely lost its connection takes its place again in a moment.
 */
export class Recovery {
  readonly #world: World;
  #suspects = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  start(every = EVERY): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#lookQuietly();
    }, every).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #lookQuietly(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      this.#world.log.warn({ error: String(error) }, "lost runs could not be looked for");
    }
    this.#looking = undefined;
  }

  /** Looks once; returns the ids of runs that were put into the queue again. */
  async look(): Promise<string[]> {
    const orphans = await this.#orphans();
    const overdue = await this.#overdue();
    const ids = [...new Set([...orphans, ...overdue])];
    if (ids.length > 0) await this.#world.queue.send(this.#world.database.knex, ids);
    return ids;
  }

  async #orphans(): Promise<string[]> {
    const { database, audit } = this.#world;
    const holders = (await database
      .knex("runs")
      .where({ state: "running" })
      .whereNull("parent_id")
      .distinct("process")) as {
      process: number;
    }[];
    const dead = await deadAmong(
      database,
      holders.map(({ process }) => process).filter((one) => one !== audit.process),
    );
    const sure = dead.filter((process) => this.#suspects.has(process));
    this.#suspects = new Set(dead);
    if (sure.length === 0) return [];
    const rows = await database
      .knex("runs")
      .where({ state: "running" })
      .whereNull("parent_id")
      .whereIn("process", sure)
      .update({ state: "queued" })
      .returning("id");
    return rows.map(({ id }) => id as string);
  }

  async #overdue(): Promise<string[]> {
    const { database, clock } = this.#world;
    const before = new Date(clock().getTime() - OVERDUE * 1000);
    const query = database.knex("runs").where({ state: "queued" }).whereNull("parent_id").where("due_at", "<", before);
    return (await query.orderBy("due_at").limit(AT_ONCE).pluck("id")) as string[];
  }
}
