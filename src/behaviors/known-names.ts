import { walk, type Program } from "./program.ts";
import type { StepPath } from "./edit-tree.ts";
import type { Step } from "./step.ts";
import { findStepKind } from "./steps.ts";

/** Something that a placeholder may say. */
export interface KnownName {
  /** As it is written, such as "steps.found.body.items". */
  name: string;
  about: string;
}

export interface KnownGroup {
  label: string;
  names: KnownName[];
}

/** What fields that look at one page of a list may name besides. */
export const PAGE_NAMES: KnownGroup = {
  label: "The page at hand",
  names: [
    { name: "page.body", about: "the body of its answer" },
    { name: "page.headers", about: "the headers of its answer" },
    { name: "page.status", about: "the status of its answer" },
    { name: "page.number", about: "1 for the first one" },
  ],
};

/** How deep and how many keys of an answer are offered. */
const MAX_DEPTH = 4;
const MAX_KEYS = 40;
const WORD = /^[A-Za-z_]\w*$/;

/**
 * What the texts of a step may name: the behavior's inputs, the bot's configuration, what earlier steps have set and
 * what came of them. `results` are results of steps of an earlier run by their id. Without a path: for the output.
 */
export function namesAt(
  program: Program,
  path: StepPath | undefined,
  config: Record<string, unknown>,
  results: ReadonlyMap<string, unknown>,
): KnownGroup[] {
  const earlier = path === undefined ? walk(program.steps).map(({ step }) => step) : stepsBefore(program, path);
  const around = path === undefined ? [] : stepsAround(program, path);
  const groups = [
    {
      label: "Inputs",
      names: program.inputs.map((input) => ({ name: `inputs.${input.name}`, about: aboutInput(input) })),
    },
    { label: "Set by earlier steps", names: varsOf(earlier, around) },
    { label: "Results of earlier steps", names: earlier.flatMap((step) => resultsOf(step, results)) },
    { label: "Configuration of the bot", names: keysBelow("config", config) },
    {
      label: "Always there",
      names: [
        { name: "now", about: "the time at which the step begins" },
        { name: "trigger", about: "what started the run" },
      ],
    },
  ];
  return groups.filter(({ names }) => names.length > 0);
}

/** Steps that come before one in the order of reading; of those around it only the one whose failure it answers. */
function stepsBefore(program: Program, path: StepPath): Step[] {
  const key = path.join(".");
  const before: Step[] = [];
  for (const placed of walk(program.steps)) {
    const place = placed.path.join(".");
    if (place === key) break;
    if (!key.startsWith(`${place}.`) || key.startsWith(`${place}.on_error.`)) before.push(placed.step);
  }
  return before;
}

function stepsAround(program: Program, path: StepPath): Step[] {
  const key = path.join(".");
  return walk(program.steps)
    .filter((placed) => key.startsWith(`${placed.path.join(".")}.`))
    .map(({ step }) => step);
}

function aboutInput({ type, label, required }: Program["inputs"][number]): string {
  const kind = type.replaceAll("_", " ");
  return `${label ?? kind}${label === undefined ? "" : `, ${kind}`}${required ? "" : ", may be empty"}`;
}

function varsOf(earlier: Step[], around: Step[]): KnownName[] {
  const named = [
    ...earlier.flatMap((step) => (step.do === "set" ? [[String((step as { name?: unknown }).name), title(step)]] : [])),
    ...around.flatMap((step) =>
      step.do === "loop" ? [[String((step as { as?: unknown }).as), "the item of this round"]] : [],
    ),
  ];
  return [...new Map(named as [string, string][])].map(([name, about]) => ({ name: `vars.${name}`, about }));
}

function resultsOf(step: Step, results: ReadonlyMap<string, unknown>): KnownName[] {
  if (step.id === undefined) return [];
  const own = `steps.${step.id}`;
  const known = findStepKind(step.do)!.results ?? [];
  const seen = results.get(step.id);
  const names: KnownName[] = known.map(({ name, about }) => ({ name: `${own}.${name}`, about }));
  for (const { name } of known) {
    const value = (seen as Record<string, unknown> | null | undefined)?.[name];
    if (name !== "headers") names.push(...keysBelow(`${own}.${name}`, value));
  }
  return known.length > 0 ? names : [{ name: own, about: title(step) }, ...keysBelow(own, seen)];
}

function title(step: Step): string {
  return step.title ?? findStepKind(step.do)!.label;
}

/** The keys of a value, and those below, as they are written; of a list the first item stands for all. */
function keysBelow(name: string, value: unknown): KnownName[] {
  const found: KnownName[] = [];
  const visit = (at: string, inner: unknown, depth: number): void => {
    if (depth > MAX_DEPTH || inner === null || typeof inner !== "object") return;
    const entries = Array.isArray(inner)
      ? inner.slice(0, 1).map((item) => ["0", item] as const)
      : Object.entries(inner);
    for (const [key, item] of entries) {
      if (found.length >= MAX_KEYS) return;
      const place = Array.isArray(inner)
        ? `${at}[${key}]`
        : WORD.test(key)
          ? `${at}.${key}`
          : `${at}[${JSON.stringify(key)}]`;
      if (!Array.isArray(inner)) found.push({ name: place, about: sample(item) });
      visit(place, item, depth + 1);
    }
  };
  visit(name, value, 1);
  return found;
}

/** What a value is, short. */
function sample(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? "a list of 1 item" : `a list of ${value.length} items`;
  if (value !== null && typeof value === "object") return "an object";
  const text = typeof value === "string" ? value.replace(/\s+/g, " ") : String(value);
  return `such as ${text.length > 40 ? `${text.slice(0, 39)}…` : text}`;
}
