import type { ProgramInput } from "../behaviors/inputs.ts";
import type { StepField, StepKind } from "../behaviors/step.ts";
import { shownValue } from "./step-values.ts";
import type { Row, StepDraft } from "./step-draft.ts";
import type { AccountGroup } from "./step-accounts.ts";

// Draws the form of a step from the fields of its kind; views/parts/step-field.eta takes what comes out.

export interface DrawnStepField {
  /** As it is sent: "fields.url". */
  name: string;
  key: string;
  label: string;
  type: "text" | "textarea" | "select" | "pairs" | "named" | "outcomes" | "account";
  value: string;
  help?: string | undefined;
  problem?: string | undefined;
  placeholder?: string | undefined;
  required: boolean;
  mono: boolean;
  inputmode?: "decimal";
  rare: boolean;
  /** What may be written in it, if anything but plain text. */
  takes: "template" | "expression" | null;
  /** It reads one page of a list as `page` as well. */
  paged: boolean;
  options?: { value: string; label: string }[];
  groups?: AccountGroup[];
  /** For an account: the placeholder that names it. */
  template?: string;
  rows?: (Row & { label?: string; help?: string; problems: Record<string, string> })[];
}

/** What choosers offer. */
export interface Choices {
  accounts: (directories: boolean, current: string) => AccountGroup[];
  behaviors: { value: string; label: string }[];
  /** Inputs of the behavior that the step names; undefined while none is known. */
  inputs: ProgramInput[] | undefined;
}

const YES_NO = [
  { value: "", label: "As usual" },
  { value: "true", label: "Yes" },
  { value: "false", label: "No" },
];

/** The fields of a kind with what the draft holds; `problems` by the name that is sent. */
export function drawStepFields(
  kind: StepKind,
  draft: StepDraft,
  problems: Record<string, string>,
  choices: Choices,
): DrawnStepField[] {
  return kind.fields.map((field) => {
    const name = `fields.${field.name}`;
    const drawn: DrawnStepField = {
      name,
      key: field.name,
      label: field.label,
      type: "text",
      value: draft.values[field.name] ?? "",
      help: field.help,
      problem: problems[name],
      placeholder: field.example,
      required: field.required === true,
      mono: ["expression", "json", "long"].includes(field.type) || kind.addresses?.includes(field.name) === true,
      rare: field.rare === true,
      ...(field.type === "number" && { inputmode: "decimal" as const }),
      takes: takesOf(field),
      paged: kind.paged?.includes(field.name) === true,
    };
    return { ...drawn, ...special(kind, field, drawn, draft, problems, choices) };
  });
}

/** Whether something behind "More" holds a value or a problem, so that it is shown at once. */
export function rareInUse(fields: DrawnStepField[]): boolean {
  return fields.some(({ rare, value, rows, problem }) => rare && (problem || value !== "" || (rows?.length ?? 0) > 0));
}

function takesOf({ type, plain }: StepField): DrawnStepField["takes"] {
  if (type === "expression") return "expression";
  return ["text", "long", "json", "pairs"].includes(type) && !plain ? "template" : null;
}

function special(
  kind: StepKind,
  field: StepField,
  drawn: DrawnStepField,
  draft: StepDraft,
  problems: Record<string, string>,
  choices: Choices,
): Partial<DrawnStepField> {
  const { name, value } = drawn;
  const rows = draft.rows[field.name] ?? [];
  switch (field.type) {
    case "text":
    case "number":
    case "expression":
      return {};
    case "long":
      return { type: "textarea" };
    case "json":
      return named(field, value, rows, problems, choices) ?? { type: "textarea" };
    case "checkbox":
      return { type: "select", options: YES_NO };
    case "choice":
      return { type: "select", options: withCurrent(field.options ?? [], value) };
    case "behavior":
      return { type: "select", options: withCurrent(choices.behaviors, value), placeholder: "Choose a behavior" };
    case "account":
      return {
        type: "account",
        // What has no address sends no requests: it searches directories.
        groups: choices.accounts(kind.addresses === undefined, value),
        template: draft.values[`${field.name}.text`] ?? "",
      };
    case "pairs":
      return { type: "pairs", rows: rows.map((row) => ({ ...row, problems: ofRow(problems, name, row) })) };
    case "outcomes":
      return {
        type: "outcomes",
        takes: "expression",
        rows: rows.map((row, index) => ({
          ...row,
          problems: rowProblems(problems, `${name}.${index}`),
        })),
      };
  }
}

/** The values for another behavior's inputs, one field each; whatever else was given stays to be seen. */
function named(
  field: StepField,
  value: string,
  rows: Row[],
  problems: Record<string, string>,
  choices: Choices,
): Partial<DrawnStepField> | undefined {
  if (field.name !== "inputs" || choices.inputs === undefined) return undefined;
  const given = rows.length > 0 ? new Map(rows.map((row) => [row.name, row.value])) : givenIn(value);
  if (given === undefined) return undefined;
  const known = new Set(choices.inputs.map((input) => input.name));
  const others = [...given.keys()].filter((name) => !known.has(name) && given.get(name) !== "");
  const drawn = choices.inputs.map((input) => ({
    name: input.name,
    value: given.get(input.name) ?? "",
    label: `${input.label ?? input.name}${input.required ? " *" : ""}`,
    help: input.help ?? "",
    problems: ofRow(problems, `fields.${field.name}`, input),
  }));
  const odd = others.map((name) => ({
    name,
    value: given.get(name)!,
    label: name,
    help: "The behavior has no such input.",
    problems: ofRow(problems, `fields.${field.name}`, { name }),
  }));
  return { type: "named", rows: [...drawn, ...odd] };
}

function givenIn(value: string): Map<string, string> | undefined {
  if (value.trim() === "") return new Map();
  try {
    const parsed = JSON.parse(value) as unknown;
    if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) return undefined;
    return new Map(Object.entries(parsed).map(([name, one]) => [name, shownValue(one)]));
  } catch {
    return undefined;
  }
}

/** What is wrong with the value under a name. */
function ofRow(problems: Record<string, string>, field: string, { name }: { name: string }): Record<string, string> {
  const problem = name === "" ? undefined : problems[`${field}.${name}`];
  return problem === undefined ? {} : { value: problem };
}

function rowProblems(problems: Record<string, string>, row: string): Record<string, string> {
  const own = Object.entries(problems).filter(([name]) => name.startsWith(`${row}.`));
  return Object.fromEntries(own.map(([name, sentence]) => [name.slice(row.length + 1), sentence]));
}

function withCurrent(options: { value: string; label: string }[], current: string) {
  if (current === "" || options.some(({ value }) => value === current)) return options;
  return [...options, { value: current, label: current }];
}
