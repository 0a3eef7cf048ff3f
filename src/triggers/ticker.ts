import type { World } from "../context.ts";
import { nextDue } from "../schedules/due.ts";
import { followEvents } from "./follow-events.ts";
import { runDue } from "./run-due.ts";

/** Events are looked for so often, while something waits for them. */
const EVERY = 1_000;
/** A notice of a new schedule can be missed; nothing is later than this because of it. */
const LONGEST = 15_000;
/** Until one looks again whether another process has done what is due. */
const HELD = 250;

/**
 * Starts what the clock and the accounts bring about. Every process has one; what is due is taken by whichever looks
 * first. Sleeps until the next schedule is due.
 */
export class Ticker {
  readonly #world: World;
  readonly #deaf: (() => void)[];
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #eventsAt = -EVERY;

  constructor(world: World) {
    this.#world = world;
    const topics = ["schedule", "event-trigger"] as const;
    this.#deaf = topics.map((topic) => world.memory.listen(topic, () => this.tick()));
    this.tick();
  }

  /** Looks now, or once more when it is looking. */
  tick(): void {
    this.#again = true;
    if (this.#stopped || this.#ticking) return;
    clearTimeout(this.#timer);
    this.#ticking = this.#look().finally(() => {
      this.#ticking = undefined;
      if (this.#again) this.tick();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const deaf of this.#deaf) deaf();
    clearTimeout(this.#timer);
    await this.#ticking;
  }

  async #look(): Promise<void> {
    this.#again = false;
    const schedules = await this.#quietly("schedules can not be run", () => this.#schedules());
    const events = await this.#quietly("account events can not be followed", () => this.#events());
    if (!this.#stopped) this.#timer = setTimeout(() => this.tick(), Math.min(schedules, events)).unref();
  }

  /** Returns in how many milliseconds there is something to do. */
  async #schedules(): Promise<number> {
    while (!this.#stopped && (await runDue(this.#world)));
    const next = await nextDue(this.#world);
    if (next === null) return LONGEST;
    const left = next.getTime() - this.#world.clock().getTime();
    // What is due still is in the hands of another process, and is looked at again in a moment.
    return left <= 0 ? HELD : Math.min(left, LONGEST);
  }

  async #events(): Promise<number> {
    const wait = this.#eventsAt + EVERY - performance.now();
    if (wait > 0) return wait;
    let state = await followEvents(this.#world);
    while (!this.#stopped && state === "more") state = await followEvents(this.#world);
    this.#eventsAt = performance.now();
    return state === "idle" ? LONGEST : EVERY;
  }

  async #quietly(trouble: string, work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      if (!this.#stopped) this.#world.log.warn({ error: String(error) }, trouble);
      return EVERY;
    }
  }
}
