import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, stringify, type Document, type Node } from "yaml";
import type { Behavior } from "./behavior.ts";
import { branchesOf, type Program } from "./program.ts";
import type { Step } from "./step.ts";
import { findStepKind } from "./steps.ts";

// A behavior as people write it: YAML, of which JSON is a part.

/** What is wrong with a text, and in which of its lines. */
export interface TextProblem {
  line: number | undefined;
  message: string;
}

export interface ReadText {
  /** Undefined when the text can not be read; otherwise what it says, not checked any further. */
  value: Record<string, unknown> | undefined;
  problems: TextProblem[];
  /** The line of what a dotted path leads to, or of the nearest thing around it. */
  lineOf(path: string): number | undefined;
}

/** Aliases can make a short text very large. */
const MAX_ALIASES = 100;

/** The behavior as YAML; reading it again gives the same. */
export function behaviorText(behavior: Omit<Behavior, "id" | "uid" | "version" | "createdAt" | "updatedAt">): string {
  const { bot, slug, title, enabled } = behavior;
  const head = { bot: bot.slug, slug, title, public: behavior.public, ...(!enabled && { enabled }) };
  return asYaml({ ...head, ...inOrder(behavior) });
}

/** The same program with its keys in the order in which people read them; the database keeps them in another. */
export function inOrder({ inputs, steps, output }: Program): Program {
  return { inputs: inputs.map((input) => sorted(input, INPUT_KEYS)), steps: steps.map(stepInOrder), output };
}

const INPUT_KEYS = ["name", "type", "label", "help", "required", "default", "options", "service"];

function stepInOrder(step: Step): Step {
  const copy = structuredClone(step);
  for (const { path, steps } of branchesOf(copy)) {
    const [field, index] = path;
    const ordered = steps.map(stepInOrder);
    const holder = copy as unknown as Record<string, unknown>;
    if (path.length === 1) holder[field!] = ordered;
    else if (path.length === 3) {
      const items = holder[field!] as Record<string, unknown>[];
      items[index as number] = sorted({ ...items[index as number], [path[2]!]: ordered }, ["title", "when"]);
    }
  }
  const own = findStepKind(step.do)?.fields.map(({ name }) => name) ?? [];
  const late = ["steps", "retry", "on_error"];
  const early = ["id", "do", "title", "disabled", ...own.filter((name) => !late.includes(name))];
  return sorted(copy as unknown as Record<string, unknown>, early, late) as unknown as Step;
}

/** Keys named in `early` come first, those in `late` last, the others between. */
function sorted<T extends object>(value: T, early: string[], late: string[] = []): T {
  const rank = (key: string) =>
    early.includes(key) ? early.indexOf(key) : late.includes(key) ? 2000 + late.indexOf(key) : 1000;
  const entries = Object.entries(value).sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1));
  return Object.fromEntries(entries) as T;
}

/** JSON as YAML. */
export function asYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Reads YAML or JSON. Never throws: what is wrong is told with its line. */
export function readText(text: string): ReadText {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const lineOf = (path: string) => lineAt(document, lines, path);
    const problems = document.errors.map(({ message, pos }) => ({
      line: lines.linePos(pos[0]).line,
      message: told(message),
    }));
    if (problems.length > 0) return { value: undefined, problems, lineOf };
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    const problem = unusable(value);
    if (problem !== undefined) return { value: undefined, problems: [{ line: 1, message: problem }], lineOf };
    return { value: value as Record<string, unknown>, problems: [], lineOf };
  } catch (error) {
    const message = error instanceof RangeError ? "This is nested too deeply." : told((error as Error).message);
    return { value: undefined, problems: [{ line: undefined, message }], lineOf: () => undefined };
  }
}

/** What JSON does not have, or what is no behavior at all. */
function unusable(value: unknown): string | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return "A behavior is written as names and values, such as title: Find a contact.";
  return hasOdd(value) ? "There is no such number in JSON: .inf and .nan can not be kept." : undefined;
}

function hasOdd(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return value !== null && typeof value === "object" && Object.values(value).some(hasOdd);
}

function told(message: string): string {
  const [first] = message.split("\n");
  return /[.!?]$/.test(first!) ? first! : `${first}.`;
}

function lineAt(document: Document, lines: LineCounter, path: string): number | undefined {
  let node: unknown = document.contents;
  let found = (node as Node | null)?.range?.[0];
  let rest = path === "" ? [] : path.split(".");
  while (rest.length > 0) {
    const next = below(node, rest);
    if (next === undefined) break;
    found = next.offset ?? found;
    node = next.node;
    rest = next.rest;
  }
  return found === undefined ? undefined : lines.linePos(found).line;
}

/** The next node on a path; a key may itself have dots in it. */
function below(
  node: unknown,
  rest: string[],
): { node: unknown; offset: number | undefined; rest: string[] } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(rest[0])] as Node | undefined;
    return item && { node: item, offset: item.range?.[0], rest: rest.slice(1) };
  }
  if (!isMap(node)) return undefined;
  for (let taken = rest.length; taken > 0; taken--) {
    const key = rest.slice(0, taken).join(".");
    const pair = node.items.find((one) => isPair(one) && isScalar(one.key) && String(one.key.value) === key);
    if (pair) return { node: pair.value, offset: (pair.key as Node).range?.[0], rest: rest.slice(taken) };
  }
  return undefined;
}
