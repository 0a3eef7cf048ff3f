import type { World } from "../context.ts";

/** How long a look at a run counts; whoever still looks says so again before. */
export const LOOK_LASTS = 30_000;
/** What "watch:" before an id means to a listener of runs. */
export const WATCH = "watch:";
const AT_MOST_EVERY = 250;

/**
 * Which runs somebody looks at just now, in whatever process: only their traces tell that they got on, at most a few
 * times a second, and a run that nobody looks at costs nothing.
 */
export class Watched {
  readonly #world: Pick<World, "database">;
  /** Until when each is watched, and when it told last. */
  readonly #runs = new Map<string, { until: number; told: number; later?: NodeJS.Timeout | undefined }>();

  constructor(world: Pick<World, "database" | "memory">) {
    this.#world = world;
    world.memory.listen("run", (key) => {
      if (key.startsWith(WATCH)) this.#watch(key.slice(WATCH.length));
    });
  }

  /** True when what is written now should tell so; what comes too soon after the last time is told a little later. */
  due(run: string): boolean {
    const known = this.#runs.get(run);
    const now = performance.now();
    if (known === undefined || known.until < now) return false;
    const left = known.told + AT_MOST_EVERY - now;
    if (left <= 0) known.told = now;
    else known.later ??= setTimeout(() => this.#tell(run), left).unref();
    return left <= 0;
  }

  #watch(run: string): void {
    const now = performance.now();
    for (const [id, { until }] of this.#runs) if (until < now) this.#runs.delete(id);
    const known = this.#runs.get(run) ?? { told: 0, until: 0 };
    known.until = now + LOOK_LASTS;
    this.#runs.set(run, known);
  }

  #tell(run: string): void {
    const known = this.#runs.get(run);
    if (known === undefined) return;
    known.told = performance.now();
    known.later = undefined;
    const sql = "select pg_notify('signet', 'run:' || $1)";
    // Whoever misses it looks again by themselves.
    void this.#world.database.prepared("run-told", sql, [run]).catch(() => undefined);
  }
}
