import type { World } from "../context.ts";
import { isOver, type Run } from "./run.ts";
import { findRun } from "./store.ts";

/** Notices can be missed. */
const LOOK_EVERY = 1_000;

/** Waits until a run is over, or for so long; answers with it as it is then. Undefined for one that is gone. */
export async function waitForRun(world: World, id: string, milliseconds: number): Promise<Run | undefined> {
  const end = performance.now() + milliseconds;
  let wake = () => undefined as void;
  const deaf = world.memory.listen("run", (key) => {
    if (key === id) wake();
  });
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const run = await findRun({ db: world.database.knex }, id);
      const left = end - performance.now();
      if (run === undefined || isOver(run.state) || left <= 0) return run;
      await Promise.race([woken, sleep(Math.min(LOOK_EVERY, left))]);
    }
  } finally {
    deaf();
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
