import type { Row } from "../audit/chain.ts";
import { findStepKind } from "../behaviors/steps.ts";
import type { CallLine, SeenLine } from "../runs/trace-page.ts";
import { shownDuration } from "./durations.ts";
import { shownKey } from "./run-words.ts";
import { shownExchange } from "./step-exchange.ts";

// A run's trace as nested steps, for the part trace.

export interface ShownStep {
  id: string;
  /** As the API names it. */
  key: string;
  /** Its place among those beside it, from 1; "" for one of several effects. */
  number: string;
  title: string;
  /** The step's own name in expressions. */
  name: string | null;
  kind: string;
  icon: string;
  state: string | { state: string; label: string };
  took: string | null;
  at: Date;
  /** One line of what it did. */
  summary: string | null;
  error: string | null;
  notes: { text: string; href?: string | undefined }[];
  call: { name: string; href: string | null; state: string } | null;
  sent: object | null;
  came: object | null;
  /** Data that is no HTTP message. */
  data: { label: string; text: string }[];
  /** The id under which the audit has it. */
  request: string | null;
  groups: { label: string | null; steps: ShownStep[] }[];
}

/** Lines of a trace as a tree; what stands in a step that is not among them stands at the top. */
export function shownTrace(lines: SeenLine[], calls: CallLine[], audit: Map<string, Row>): ShownStep[] {
  const called = new Map(calls.map((call) => [call.key.replace(/~\d+$/, ""), call]));
  const steps = new Map<string, ShownStep>();
  const top: ShownStep[] = [];
  const known = new Map(lines.map((line) => [line.key, line]));
  for (const line of lines) {
    const step = shownStep(line, called.get(line.key), line.requestId === null ? undefined : audit.get(line.requestId));
    steps.set(line.key, step);
    const place = placeOf(line.key);
    const parent = place && steps.get(place.parent);
    if (!place || !parent) {
      top.push(step);
      continue;
    }
    const label = groupLabel(known.get(place.parent)!, place.branch);
    const group = parent.groups.at(-1);
    if (group?.label === label) group.steps.push(step);
    else parent.groups.push({ label, steps: [step] });
  }
  return top;
}

/** Where a step stands: "2[0].1" is in the branch "[0]" of "2", "2!0" in its "!", "2#a" in its "#". */
function placeOf(key: string): { parent: string; branch: string } | undefined {
  const found = /^(.+)(\[\d+\]|!|#)\.?[^[\]!#]+$/.exec(key);
  return found ? { parent: found[1]!, branch: found[2]! } : undefined;
}

function groupLabel(parent: SeenLine, branch: string): string | null {
  if (branch === "#") return null;
  if (branch === "!") return "Because it failed";
  const number = Number(branch.slice(1, -1));
  const { outcome } = (parent.shown ?? {}) as { outcome?: unknown };
  if (parent.kind === "decide") return typeof outcome === "string" ? outcome : `Outcome ${number + 1}`;
  return parent.kind === "loop" ? `Round ${number + 1}` : `Part ${number + 1}`;
}

function shownStep(line: SeenLine, call: CallLine | undefined, row: Row | undefined): ShownStep {
  const kind = findStepKind(line.kind);
  const parts = shownExchange(line, row);
  const own = line.title !== kind?.label;
  return {
    id: `step-${line.key.replace(/[^\w-]/g, "-")}`,
    key: line.key,
    number: /\d+$/.exec(shownKey(line.key))?.[0] ?? "",
    title: line.title,
    name: line.stepId,
    kind: own ? (kind?.label ?? line.kind) : "",
    icon: kind?.icon ?? "circle",
    state: stateOf(line),
    took: line.durationMs === null || line.state === "skipped" ? null : shownDuration(line.durationMs),
    at: line.startedAt,
    error: line.error === null ? null : line.error.message,
    call: call ? { name: call.behaviorName, href: call.visible ? `/runs/${call.id}` : null, state: call.state } : null,
    request: line.requestId,
    ...parts,
    groups: [],
  };
}

function stateOf({ state }: SeenLine): ShownStep["state"] {
  if (state === "finished") return { state: "succeeded", label: "Done" };
  return state === "skipped" ? { state: "stopped", label: "Switched off" } : state;
}
