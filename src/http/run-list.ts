import type { Context } from "../context.ts";
import { listRunLines, type ListRuns, type RunLine } from "../runs/browse.ts";
import { RUN_STATES, type RunState } from "../runs/run.ts";
import { shownDuration } from "./durations.ts";
import { linkWith, pagerOf } from "./list-links.ts";
import { startedBy } from "./run-words.ts";

const STATE_WORDS: Record<RunState, string> = {
  queued: "Queued",
  running: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  stopped: "Stopped",
};

const COLUMNS = [
  { key: "run", label: "Run" },
  { key: "state", label: "State", kind: "state" },
  { key: "who", label: "Started by", kind: "person", narrow: false },
  { key: "took", label: "Took", align: "end", narrow: false },
  { key: "at", label: "When", kind: "time", align: "end" },
];

/** A run as the worklist draws it; inside one behavior its name says nothing new. */
function runRow(run: RunLine, within: "behavior" | "all") {
  const wrong = run.error?.message ?? null;
  const started = { text: `Run ${run.id.slice(-8)}`, detail: wrong };
  return {
    href: `/runs/${run.id}`,
    cells: {
      run: within === "behavior" ? started : { text: run.title, detail: wrong ?? run.behaviorName },
      state: run.simulated ? { ...simulatedPill(run.state) } : run.state,
      who: { ...startedBy(run), href: undefined },
      took: run.finishedAt === null ? null : shownDuration(run.spentMs),
      at: { at: run.createdAt },
    },
  };
}

function simulatedPill(state: RunState) {
  return state === "succeeded" ? { state: "simulated" } : { state, label: `${STATE_WORDS[state]}, simulated` };
}

/** A few runs without search and pages, for a section of another page. */
export function shortRunList(items: RunLine[], label: string, within: "behavior" | "all", empty: object) {
  const rows = items.map((run) => runRow(run, within));
  return { label, noun: ["run", "runs"], dense: true, columns: COLUMNS, rows, filtered: false, empty };
}

interface Frame {
  /** Where the list is. */
  path: string;
  within: "behavior" | "all";
  /** What of the address narrows it besides search and state. */
  kept: Record<string, string | undefined>;
  /** Chips that take such a narrowing away again. */
  narrowed?: { label: string; href: string; current: true }[];
  empty: object;
}

/** A worklist of runs: search, states, pages, all in the address. Throws `invalid` for a wrong cursor or state. */
export async function runList(ctx: Context, query: Record<string, string>, only: ListRuns, frame: Frame) {
  const { path, within, kept, narrowed = [] } = frame;
  const { q, cursor } = query;
  const state = RUN_STATES.find((one) => one === query.state);
  const asked = { ...only, ...(q && { q }), ...(cursor && { cursor: cursor as never }), ...(state && { state }) };
  const { items, next_cursor } = await listRunLines(ctx, asked);
  const all = { ...kept, q, state };
  const chips = [undefined, ...RUN_STATES].map((each) => ({
    label: each === undefined ? "All" : STATE_WORDS[each],
    href: linkWith(path, { ...all, state: each }),
    current: each === state,
  }));
  return {
    label: "Runs",
    noun: ["run", "runs"],
    search: { action: path, q, hidden: { ...kept, state }, label: "Search by behavior or run id" },
    filters: [...chips, ...narrowed],
    columns: COLUMNS,
    rows: items.map((run) => runRow(run, within)),
    count: null,
    filtered: Boolean(q || cursor || state || narrowed.length > 0),
    clear: path,
    pager: pagerOf(path, { ...all, cursor }, next_cursor),
    empty: frame.empty,
  };
}
