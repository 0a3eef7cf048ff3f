import { executionAsyncResource } from "node:async_hooks";

// Node makes an object for each process.nextTick(), several per request. When V8 collects garbage while none of them is
// alive it forgets what they look like, and from then on makes each one property by property, at three to five times the
// cost, for as long as the process lives. One that stays alive prevents that (docs/performance.md).
let kept: object | undefined;
process.nextTick(() => (kept = executionAsyncResource()));

/** The tick that is kept; undefined in the first moment. */
export const keptTick = (): object | undefined => kept;
