import type { Step, StepField, StepKind } from "../behaviors/step.ts";
import { text } from "./form.ts";
import type { Incoming } from "./route.ts";
import { plainLines, shownValue } from "./step-values.ts";

// The form of a step as texts: what is stored, or what was typed. Fields of its kind are sent as `fields.<name>`.

type Form = Incoming["form"];

/** One name with its value, or one outcome; `from` is the place that an outcome had. */
export interface Row {
  name: string;
  value: string;
  from?: string;
}

/** All that a step's form holds. */
export interface StepDraft {
  title: string;
  id: string;
  /** "branch" when a failure leads into steps of its own. */
  on_error: string;
  retry_times: string;
  retry_wait: string;
  values: Record<string, string>;
  rows: Record<string, Row[]>;
}

/** A step as its form shows it. */
export function storedDraft(kind: StepKind, step: Step): StepDraft {
  const draft: StepDraft = {
    title: step.title ?? "",
    id: step.id ?? "",
    on_error: step.on_error === undefined ? "" : "branch",
    retry_times: step.retry === undefined ? "" : String(step.retry.times),
    retry_wait: step.retry === undefined ? "" : String(step.retry.wait_seconds),
    values: {},
    rows: {},
  };
  for (const field of kind.fields) fillIn(draft, field, (step as unknown as Record<string, unknown>)[field.name]);
  return draft;
}

/** What was typed. */
export function typedDraft(kind: StepKind, form: Form): StepDraft {
  const draft: StepDraft = {
    title: text(form, "title"),
    id: text(form, "id").trim(),
    on_error: text(form, "on_error"),
    retry_times: text(form, "retry.times").trim(),
    retry_wait: text(form, "retry.wait_seconds").trim(),
    values: {},
    rows: {},
  };
  for (const { name, type } of kind.fields) {
    const rows = type === "outcomes" ? typedOutcomes(form, name) : typedPairs(form, name);
    if (rows !== undefined) draft.rows[name] = rows;
    else draft.values[name] = plainLines(text(form, `fields.${name}`));
    if (type === "account") draft.values[`${name}.text`] = text(form, `fields.${name}.text`).trim();
  }
  return draft;
}

/** Changes the rows of a draft as a button of the form asked: "add.query", "remove.outcomes.2", "up.outcomes.1". */
export function redrawn(draft: StepDraft, act: string): StepDraft {
  const [verb, name = "", at = ""] = act.split(".");
  const rows = [...(draft.rows[name] ?? [])];
  const index = Number(at);
  if (verb === "add") rows.push({ name: "", value: "" });
  if (verb === "remove") rows.splice(index, 1);
  const to = verb === "up" ? index - 1 : verb === "down" ? index + 1 : undefined;
  if (to !== undefined && rows[index] && rows[to]) [rows[index], rows[to]] = [rows[to], rows[index]];
  return { ...draft, rows: { ...draft.rows, [name]: rows } };
}

function fillIn(draft: StepDraft, { name, type }: StepField, value: unknown): void {
  switch (type) {
    case "pairs":
      draft.rows[name] = pairRows(value);
      return;
    case "outcomes":
      draft.rows[name] = ((value ?? []) as { title: string; when?: string }[]).map(({ title, when }, index) => ({
        name: title,
        value: when ?? "",
        from: String(index),
      }));
      return;
    case "account":
      Object.assign(draft.values, accountTexts(name, value));
      return;
    case "json":
      draft.values[name] = shownValue(value);
      return;
    default:
      draft.values[name] = typeof value === "object" ? shownValue(value ?? undefined) : String(value ?? "");
  }
}

function accountTexts(name: string, value: unknown): Record<string, string> {
  if (value !== null && typeof value === "object") {
    return { [name]: `service:${(value as { service: string }).service}`, [`${name}.text`]: "" };
  }
  const key = typeof value === "string" ? value : "";
  if (key.includes("{{")) return { [name]: "template", [`${name}.text`]: key };
  return { [name]: key === "" ? "" : `account:${key}`, [`${name}.text`]: "" };
}

/** A name with several values has several rows; a text is a placeholder for all of them. */
function pairRows(value: unknown): Row[] {
  if (typeof value === "string") return [{ name: "", value }];
  return Object.entries((value ?? {}) as Record<string, unknown>).flatMap(([name, inner]) =>
    [inner].flat().map((one) => ({ name, value: one === null ? "" : String(one) })),
  );
}

/** Undefined where the form has no rows of that name. Rows that were left empty are none. */
function typedPairs(form: Form, field: string): Row[] | undefined {
  const key = `fields.${field}.name`;
  if (form[key] === undefined) return undefined;
  const names = [form[key]].flat();
  const values = [form[`fields.${field}.value`] ?? []].flat();
  return names
    .map((name, index) => ({ name: name.trim(), value: plainLines(values[index] ?? "") }))
    .filter(({ name, value }) => name !== "" || value.trim() !== "");
}

function typedOutcomes(form: Form, field: string): Row[] {
  const froms = [form[`fields.${field}.from`] ?? []].flat();
  const titles = [form[`fields.${field}.title`] ?? []].flat();
  const whens = [form[`fields.${field}.when`] ?? []].flat();
  return titles.map((name, index) => ({ name, value: plainLines(whens[index] ?? ""), from: froms[index] ?? "" }));
}
