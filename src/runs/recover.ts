import type { World } from "../context.ts";
import { deadAmong } from "../audit/sweep.ts";

const EVERY = 3_000;
/**
 * Milliseconds after which a queued run that nobody took is asked for again: its job may have been in the hands of a
 * process that died before it took the run. Asking for one that merely waits for room costs next to nothing.
 */
const OVERDUE = 10_000;
/** Runs of one bot that are asked for again at once, as many as it may have at a time, so that none keeps others out. */
const OF_ONE_BOT = 100;
const AT_ONCE = 1_000;

const LEFT_LYING = `
  select line.id from
    (select distinct bot_id from runs where state = 'queued' and parent_id is null and due_at < :before) as waiting,
    lateral (
      select id from runs where runs.bot_id = waiting.bot_id and state = 'queued' and parent_id is null
        and due_at < :before order by due_at limit :ofOne
    ) as line
  limit :atOnce`;

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
    const before = new Date(clock().getTime() - OVERDUE);
    const { rows } = await database.knex.raw<{ rows: { id: string }[] }>(LEFT_LYING, {
      before,
      ofOne: OF_ONE_BOT,
      atOnce: AT_ONCE,
    });
    return rows.map(({ id }) => id);
  }
}
