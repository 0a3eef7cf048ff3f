import type { World } from "../context.ts";
import { isOver, type Run } from "./run.ts";
import { findRun } from "./store.ts";

/** Notices can be missed; whoever waits looks again after that time. */
const LOOK_EVERY = 2_000;

/** The run as it is at its end, or after so many milliseconds; wherever it is performed. */
export async function awaitEnd(world: World, run: Run, milliseconds: number): Promise<Run> {
  const until = performance.now() + milliseconds;
  let wake = () => {};
  const deaf = world.memory.listen("run", (key) => {
    if (key === run.id) wake();
  });
  try {
    for (;;) {
      // Made before the look, so that a notice that comes during it is not missed.
      const news = new Promise<void>((resolve) => (wake = resolve));
      const now = (await findRun({ db: world.database.knex }, run.id)) ?? run;
      const left = until - performance.now();
      if (isOver(now.state) || left <= 0) return now;
      let timer: NodeJS.Timeout | undefined;
      const tick = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.min(left, LOOK_EVERY))));
      await Promise.race([news, tick]);
      clearTimeout(timer);
    }
  } finally {
    deaf();
  }
}
