import type { Memory } from "../storage/memory.ts";

/** What "stop:" before an id means to a listener of runs. */
export const STOP = "stop:";

/** Sleeps so long; less, when the process is to stop or somebody stops the run. */
export async function pauseRun(milliseconds: number, run: string, memory: Memory, leaving: AbortSignal): Promise<void> {
  if (leaving.aborted || milliseconds <= 0) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      deaf();
      leaving.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const deaf = memory.listen("run", (key) => {
      if (key === STOP + run) end();
    });
    leaving.addEventListener("abort", end);
  });
}
