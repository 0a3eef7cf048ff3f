import type { World } from "../context.ts";
import { Recovery } from "./recover.ts";
import { runnerOf } from "./runner.ts";

/** Runs that one process performs at once; most of their time they wait for a provider. */
const CONCURRENCY = 32;

/** Takes runs from the queue in this process, and looks after those of processes that died. */
export async function runRuns(world: World): Promise<{ close(): Promise<void> }> {
  const runner = runnerOf(world);
  const recovery = new Recovery(world);
  await world.queue.serve(CONCURRENCY, (run) => runner.take(run));
  recovery.start();
  return {
    close: async () => {
      await recovery.stop();
      // No more jobs first; then what is under way goes back into a queue that still takes it.
      const served = world.queue.stopServing();
      await runner.close();
      await served;
      await world.queue.close();
    },
  };
}
