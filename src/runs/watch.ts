import type { Context } from "../context.ts";
import { notify } from "../storage/notices.ts";
import { getProgress } from "./browse.ts";
import { isOver, type RunState } from "./run.ts";
import { LOOK_LASTS, WATCH } from "./watched.ts";

const AT_MOST_EVERY = 300;
/** Notices can be missed; whoever watches looks again after that time anyway. */
const AT_LEAST_EVERY = LOOK_LASTS / 2;

/**
 * The state of a run, first at once and then whenever it got on, until it is over or `signal` says that nobody looks
 * any more. `again` gives the context anew each time, or nothing when its actor has lost the right to look.
 */
export async function* watchRun(
  again: () => Promise<Context | undefined>,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<RunState> {
  let wake = () => {};
  const heard = { news: false };
  const first = await again();
  const deaf = first?.memory.listen("run", (key) => {
    if (key !== id) return;
    heard.news = true;
    wake();
  });
  try {
    while (!signal.aborted) {
      const ctx = await again();
      if (ctx === undefined) return;
      await notify(ctx.db, "run", [WATCH + id]);
      heard.news = false;
      const { state } = await getProgress(ctx, id);
      yield state;
      if (isOver(state)) return;
      await pause(AT_MOST_EVERY, signal);
      if (!heard.news) await pause(AT_LEAST_EVERY, signal, (woken) => (wake = woken));
    }
  } finally {
    deaf?.();
  }
}

/** Waits so long, or until it is woken or aborted. */
async function pause(milliseconds: number, signal: AbortSignal, hand?: (wake: () => void) => void): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    hand?.(end);
  });
}
