import type { World } from "../context.ts";
import { Ticker } from "./ticker.ts";

/** Lets the clock and what happens to accounts start runs in this process. Webhooks come by themselves. */
export function serveTriggers(world: World): { close(): Promise<void> } {
  const ticker = new Ticker(world);
  return { close: () => ticker.stop() };
}
