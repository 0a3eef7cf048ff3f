import { INPUT_TYPES, type InputType, type ProgramInput } from "../behaviors/inputs.ts";
import { namesAt } from "../behaviors/known-names.ts";
import { notFound } from "../errors.ts";
import { listServices } from "../services/browse.ts";
import { behaviorPath, partLink } from "./behavior-links.ts";
import type { Conflict } from "./behavior-conflict.ts";
import type { Editor } from "./behavior-editor.ts";
import type { Problems } from "./failure.ts";
import { fields, text } from "./form.ts";
import type { Incoming } from "./route.ts";
import { placed } from "./service-form.ts";
import { plainLines, readValue, shownValue } from "./step-values.ts";

// The right side of the editor for what a behavior has besides its steps: inputs, output, settings.

/** An input as its form holds it. */
export interface TypedInput {
  name: string;
  type: string;
  label: string;
  help: string;
  required: string;
  default: string;
  options: string;
  service: string;
}

export interface InputRedrawn {
  typed: TypedInput;
  problems?: Problems | undefined;
  conflict?: Conflict | undefined;
}

/** Texts that were typed and refused, by the names of their fields. */
export interface TextRedrawn {
  typed: Record<string, string>;
  problems?: Problems | undefined;
  conflict?: Conflict | undefined;
}

const TYPE_WORDS: Record<InputType, string> = {
  text: "Text",
  long_text: "Long text",
  number: "Number",
  date: "Date",
  yes_no: "Yes or no",
  picklist: "Choice from a list",
  json: "JSON",
  account: "Account",
};
const NAMES = ["name", "type", "label", "help", "required", "default", "options", "service"] as const;
const FRESH: TypedInput = {
  name: "",
  type: "text",
  label: "",
  help: "",
  required: "",
  default: "",
  options: "",
  service: "",
};

/** All inputs, and the form of one of them or of a new one. Throws `not_found` for an input that is not there. */
export async function inputsPanel(editor: Editor, which: number | "new" | undefined, redrawn?: InputRedrawn) {
  const { behavior, manages, ctx } = editor;
  const opened = which === undefined && behavior.inputs.length === 0 && manages ? "new" : which;
  const stored = typeof opened === "number" ? behavior.inputs[opened] : undefined;
  if (typeof opened === "number" && stored === undefined) throw notFound("input");
  const { items } = opened === undefined ? { items: [] } : await listServices(ctx, { limit: 200 });
  const typed = redrawn?.typed ?? (stored ? shownInput(stored) : FRESH);
  const services = items.map(({ id, name, catalogKey }) => ({ value: catalogKey ?? id, label: name }));
  if (typed.service && !services.some(({ value }) => value === typed.service))
    services.push({ value: typed.service, label: typed.service });
  return {
    type: "inputs" as const,
    action: `/behaviors/${behavior.id}/inputs`,
    version: behavior.version,
    add: partLink(behavior, "inputs", "new"),
    rows: behavior.inputs.map((input, index) => ({
      index,
      href: partLink(behavior, "inputs", index),
      current: index === opened,
      name: input.name,
      label: input.label ?? input.name,
      about: `${TYPE_WORDS[input.type]}${input.required ? ", required" : ""}`,
    })),
    form:
      opened === undefined
        ? null
        : {
            input: opened,
            heading: opened === "new" ? "New input" : `Input ${stored!.name}`,
            typed,
            types: INPUT_TYPES.map((value) => ({ value, label: TYPE_WORDS[value] })),
            services,
            problems: redrawn?.problems
              ? placed(redrawn.problems, NAMES)
              : { lines: [], of: {} as Record<string, string> },
            cancel: partLink(behavior, "inputs"),
          },
  };
}

/** What was typed about an input. */
export function typedInput(form: Incoming["form"]): TypedInput {
  return fields(form, ...NAMES);
}

/** The input that a form describes. Throws `invalid` for a default that begins like JSON and is none. */
export function readInput(typed: TypedInput): Record<string, unknown> {
  const type = typed.type as InputType;
  const value = typed.default.trim();
  const given = value === "" ? undefined : defaultOf(type, plainLines(typed.default));
  const options = typed.options
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  return {
    name: typed.name.trim(),
    type,
    ...(typed.label.trim() && { label: typed.label.trim() }),
    ...(typed.help.trim() && { help: typed.help.trim() }),
    required: typed.required !== "",
    ...(given !== undefined && { default: given }),
    ...(type === "picklist" && options.length > 0 && { options }),
    ...(type === "account" && typed.service && { service: typed.service }),
  };
}

/** What the behavior gives to who runs it. */
export function outputPanel(editor: Editor, redrawn?: TextRedrawn) {
  const { behavior, config, results } = editor;
  const value = redrawn?.typed.output ?? shownValue(behavior.output ?? undefined);
  return {
    type: "output" as const,
    action: `/behaviors/${behavior.id}/output`,
    version: behavior.version,
    value,
    names: namesAt(behavior, undefined, config, results),
    problems: redrawn?.problems
      ? placed(redrawn.problems, ["output"])
      : { lines: [], of: {} as Record<string, string> },
  };
}

/** What the behavior is called and who may run it. */
export function settingsPanel({ behavior }: Editor, redrawn?: TextRedrawn) {
  const stored = {
    title: behavior.title,
    slug: behavior.slug,
    public: behavior.public ? "on" : "",
    enabled: behavior.enabled ? "on" : "",
  };
  return {
    type: "settings" as const,
    action: `/behaviors/${behavior.id}/settings`,
    version: behavior.version,
    bot: behavior.bot.name,
    typed: redrawn?.typed ?? stored,
    problems: redrawn?.problems
      ? placed(redrawn.problems, Object.keys(stored))
      : { lines: [], of: {} as Record<string, string> },
    remove: `/behaviors/${behavior.id}/delete`,
    cancel: behaviorPath(behavior),
  };
}

export function typedOutput(form: Incoming["form"]): string {
  return plainLines(text(form, "output"));
}

function shownInput(input: ProgramInput): TypedInput {
  return {
    name: input.name,
    type: input.type,
    label: input.label ?? "",
    help: input.help ?? "",
    required: input.required ? "on" : "",
    default: shownDefault(input),
    options: input.options?.join("\n") ?? "",
    service: input.service ?? "",
  };
}

function shownDefault({ type, default: value }: ProgramInput): string {
  if (value === undefined || value === null) return "";
  if (type === "yes_no") return value === true ? "yes" : "no";
  return typeof value === "string" && type !== "json" ? value : shownValue(value);
}

function defaultOf(type: InputType, typed: string): unknown {
  switch (type) {
    case "number":
      return Number.isFinite(Number(typed)) ? Number(typed) : typed;
    case "yes_no":
      return { yes: true, true: true, no: false, false: false }[typed.trim().toLowerCase()] ?? typed;
    case "json":
      return readValue(typed, "default");
    case "text":
    case "long_text":
    case "date":
    case "picklist":
    case "account":
      return typed;
  }
}
