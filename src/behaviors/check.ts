import { SignetError, type Issue } from "../errors.ts";
import { checkExpression, checkTemplate, namesIn } from "../expressions/check.ts";
import { walk, type Program } from "./program.ts";
import { findStepKind } from "./steps.ts";
import type { Step } from "./step.ts";

type Path = (string | number)[];

/** Makes sure that every template and expression of a program can be read. Throws `invalid` naming each place. */
export function requireReadable(program: Program): void {
  const issues = unreadable(program);
  if (issues.length === 0) return;
  throw new SignetError("invalid", `Something in this behavior can not be read: ${issues[0]!.message}`, { issues });
}

/** What can not be read, place by place. */
export function unreadable(program: Program): Issue[] {
  const ofSteps = walk(program.steps).flatMap(({ step, path }) => ofStep(step, path));
  return [...ofSteps, ...ofTree(program.output, ["output"], () => ({ as: "template" }))];
}

function ofStep(step: Step, path: Path): Issue[] {
  const kind = findStepKind(step.do)!;
  const nested = new Set(["on_error", ...(kind.branches?.(step) ?? []).map((branch) => branch.path.join("."))]);
  const paged = new Set(kind.paged);
  return ofTree(step, path, (inner) => {
    const place = inner.join(".");
    if (nested.has(place) || place === "id" || place === "do") return undefined;
    if (place === "title" && !kind.fields.some(({ name }) => name === "title")) return undefined;
    const reads = paged.has(String(inner[0])) ? "page" : undefined;
    if (kind.expressions?.some((pattern) => fits(pattern, inner))) return { as: "expression", reads };
    return { as: kind.addresses?.includes(place) ? "url" : "template", reads };
  });
}

/** What a text is, and whether it reads an answer as `page`. */
interface What {
  as: "expression" | "template" | "url";
  reads?: "page" | undefined;
}

function problemOf(text: string, { as, reads }: What): string | undefined {
  const problem = as === "expression" ? checkExpression(text) : checkTemplate(text, as === "url" ? "url" : "value");
  if (problem !== undefined || reads === "page") return problem;
  const names = namesIn(text, as === "expression" ? "expression" : "template");
  return names.some((name) => /^page\b/.test(name))
    ? "“page” is known only to the fields that read one, such as the items of a Paginate step."
    : undefined;
}

/** Goes through the texts of a tree; `as` tells what each is, or undefined for what is not looked at. */
function ofTree(value: unknown, path: Path, as: (inner: Path) => What | undefined, inner: Path = []): Issue[] {
  const what = as(inner);
  if (what === undefined) return [];
  if (typeof value === "string") {
    const message = problemOf(value, what);
    return message === undefined ? [] : [{ path: [...path, ...inner].join("."), message }];
  }
  if (value === null || typeof value !== "object") return [];
  const entries = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  return entries.flatMap(([key, item]) => ofTree(item, path, as, [...inner, key]));
}

/** "outcomes.*.when" fits outcomes.0.when. */
function fits(pattern: string, path: Path): boolean {
  const parts = pattern.split(".");
  return parts.length === path.length && parts.every((part, index) => part === "*" || part === String(path[index]));
}
