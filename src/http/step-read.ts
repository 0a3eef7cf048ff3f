import type { Step, StepField, StepKind } from "../behaviors/step.ts";
import { isSignetError, SignetError, type Issue } from "../errors.ts";
import { storedDraft, type Row, type StepDraft } from "./step-draft.ts";
import { readValue } from "./step-values.ts";

type Values = Record<string, unknown>;

/**
 * The step that a form describes. What was not touched stays exactly as it is stored, also what a form can not show.
 * Throws `invalid` naming each field, with paths as they are in the step.
 */
export function readStep(kind: StepKind, draft: StepDraft, stored: Step | undefined): Step {
  const before = stored && storedDraft(kind, stored);
  const old = (stored ?? {}) as unknown as Values;
  const issues: Issue[] = [];
  const step: Values = {
    ...(draft.id && { id: draft.id }),
    do: kind.kind,
    ...(draft.title.trim() && !hasOwnTitle(kind) && { title: draft.title.trim() }),
  };
  if (stored?.disabled) step.disabled = true;
  for (const field of kind.fields) {
    const untouched = before !== undefined && sameIn(field.name, draft, before);
    const value = untouched ? old[field.name] : collected(issues, () => valueOf(field, draft, old[field.name]));
    if (value !== undefined) step[field.name] = value;
  }
  for (const { path, steps } of stored === undefined ? [] : (kind.branches?.(stored) ?? [])) {
    if (path.length === 1) step[path[0]!] = steps;
  }
  if (kind.acts) {
    const retry = collected(issues, () => retryOf(draft));
    if (retry !== undefined) step.retry = retry;
    if (draft.on_error !== "") step.on_error = stored?.on_error ?? [];
  }
  if (issues.length > 0) throw new SignetError("invalid", issues[0]!.message, { issues });
  return step as unknown as Step;
}

/** Whether the kind has a field of its own called so, which is then the step's title as well. */
export function hasOwnTitle(kind: StepKind): boolean {
  return kind.fields.some(({ name }) => name === "title");
}

function sameIn(name: string, one: StepDraft, other: StepDraft): boolean {
  const parts = ({ values, rows }: StepDraft) => JSON.stringify([values[name], values[`${name}.text`], rows[name]]);
  return parts(one) === parts(other);
}

function valueOf(field: StepField, draft: StepDraft, stored: unknown): unknown {
  const { name, type } = field;
  const rows = draft.rows[name];
  const typed = draft.values[name] ?? "";
  switch (type) {
    case "outcomes":
      return outcomesOf(rows ?? [], stored);
    case "pairs":
      return pairsOf(name, rows ?? []);
    case "json":
      return rows === undefined ? readValue(typed, name) : namedValues(name, rows);
    case "account":
      return accountOf(typed, draft.values[`${name}.text`] ?? "");
    case "number":
      return numberOf(name, typed);
    case "checkbox":
      return typed === "" ? undefined : typed === "true";
    case "long":
      return typed === "" ? undefined : typed;
    case "text":
      return Array.isArray(stored) && typed.trim().startsWith("[") ? readValue(typed, name) : typed.trim() || undefined;
    case "expression":
    case "behavior":
    case "choice":
      return typed.trim() === "" ? undefined : typed.trim();
  }
}

function outcomesOf(rows: Row[], stored: unknown): unknown[] {
  const before = (stored ?? []) as { steps: Step[] }[];
  return rows.map(({ name, value, from }) => ({
    title: name.trim(),
    ...(value.trim() && { when: value.trim() }),
    steps: (from ? before[Number(from)]?.steps : undefined) ?? [],
  }));
}

function pairsOf(field: string, rows: Row[]): unknown {
  if (rows.length === 0) return undefined;
  const [only] = rows;
  if (rows.length === 1 && only!.name === "" && only!.value.includes("{{")) return only!.value;
  const values = new Map<string, string | string[]>();
  for (const { name, value } of rows) {
    if (name === "") throw wrong(field, "Give each value a name; a placeholder for all of them stands alone.");
    const known = values.get(name);
    values.set(name, known === undefined ? value : [known, value].flat());
  }
  return Object.fromEntries(values);
}

/** Inputs of another behavior, each a value. */
function namedValues(field: string, rows: Row[]): unknown {
  const given = rows.flatMap(({ name, value }) => {
    const read = readValue(value, `${field}.${name}`);
    return read === undefined ? [] : [[name, read] as const];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function accountOf(chosen: string, template: string): unknown {
  if (chosen === "template") {
    if (template.includes("{{")) return template;
    throw wrong("account", "Enter the placeholder that says which account, such as {{ inputs.account }}.");
  }
  const at = chosen.indexOf(":");
  const key = chosen.slice(at + 1);
  if (chosen.startsWith("service:")) return { service: key };
  return key === "" ? undefined : key;
}

function retryOf({ retry_times, retry_wait }: StepDraft): unknown {
  if (retry_times === "" || retry_times === "0") return undefined;
  const times = numberOf("retry.times", retry_times);
  const wait = numberOf("retry.wait_seconds", retry_wait);
  return { times, ...(wait !== undefined && { wait_seconds: wait }) };
}

/** Some kinds take a placeholder for a number; their schema says which. */
function numberOf(path: string, typed: string): number | string | undefined {
  if (typed.trim() === "") return undefined;
  if (typed.includes("{{")) return typed.trim();
  const value = Number(typed);
  if (!Number.isFinite(value)) throw wrong(path, "This must be a number.");
  return value;
}

function wrong(path: string, message: string): SignetError {
  return new SignetError("invalid", message, { issues: [{ path, message }] });
}

function collected<T>(issues: Issue[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isSignetError(error)) throw error;
    issues.push(...error.issues);
    return undefined;
  }
}
