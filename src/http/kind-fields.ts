import type { z } from "zod";
import { invalid } from "../errors.ts";
import type { CatalogEntry, Prompt } from "../services/catalog.ts";
import type { Field, Kind } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";
import { text, texts } from "./form.ts";
import type { Incoming } from "./route.ts";

export { allKinds, kindOf } from "../signer/kinds.ts";

// Draws what a kind or a catalog entry asks, and reads it back. A field is sent as `settings.<name>`, which is also
// the path of its issues.

/** What views/parts/kind-fields.eta draws. */
export interface DrawnField {
  name: string;
  label: string;
  type: "text" | "number" | "textarea" | "select" | "checkbox" | "secret" | "scopes";
  value: string;
  help?: string | undefined;
  problem?: string | undefined;
  placeholder?: string | undefined;
  inputmode?: "url" | undefined;
  options?: { value: string; label: string }[] | undefined;
  scopes?: { name: string; meaning: string; ticked: boolean }[];
  required: boolean;
  mono: boolean;
  /** A secret of several lines, such as a private key. */
  lines: boolean;
  file?: boolean | undefined;
  advanced: boolean;
  /** Folded away under this heading among the advanced ones. */
  group?: string | undefined;
  /** A secret is stored. */
  saved: boolean;
  /** A stored secret that the service may do without. */
  removable: boolean;
}

/** Texts by the name of the setting, as forms hold them. */
export type Texts = Record<string, string>;

const AGAIN = "Enter it again: a secret is never put back into a page.";
const TYPES = {
  text: "text",
  url: "text",
  textarea: "textarea",
  list: "textarea",
  map: "textarea",
  choice: "select",
  switch: "checkbox",
  number: "number",
} as const;

export function kindLabel(id: string): string {
  return kindOf(id).label;
}

/** Fields of a kind with their values. `saved` names the hidden settings that are stored. */
export function drawFields(
  fields: Field[],
  values: Texts,
  problems: Record<string, string> = {},
  saved: string[] = [],
): DrawnField[] {
  return fields.map((field) => {
    const name = `settings.${field.name}`;
    const kept = field.hidden === true && saved.includes(field.name);
    return {
      name,
      label: field.label,
      type: field.hidden ? "secret" : TYPES[field.type],
      value: field.hidden ? "" : (values[field.name] ?? ""),
      help: kept ? undefined : field.help,
      problem: problems[name],
      placeholder: field.type === "choice" && !field.required ? "Default" : field.example,
      inputmode: field.type === "url" ? "url" : undefined,
      options: field.options,
      required: field.required === true && !kept,
      mono: ["url", "list", "map", "textarea"].includes(field.type),
      lines: field.hidden === true && field.type === "textarea",
      file: field.file,
      advanced: field.advanced === true,
      group: field.group,
      saved: kept,
      removable: kept && field.required !== true,
    };
  });
}

/** What a service has, or what its kind takes when nothing is said. */
export function storedTexts(kind: Kind, settings: Record<string, unknown>): Texts {
  return Object.fromEntries(
    kind.settings.map((field) => [field.name, toText(settings[field.name] ?? defaultOf(kind, field.name))]),
  );
}

/** What was typed; never what was typed into a hidden field. */
export function typedTexts(fields: Field[], form: Incoming["form"]): Texts {
  return Object.fromEntries(
    fields.filter((field) => !field.hidden).map((field) => [field.name, typedText(form, `settings.${field.name}`)]),
  );
}

/** As it was typed; what was ticked besides, as a list. */
function typedText(form: Incoming["form"], name: string): string {
  const ticked = texts(form, name);
  return ticked.length < 2 && text(form, `${name}.more`) === "" ? text(form, name) : tickedToo(form, name).join(" ");
}

/** A list that was typed, or ticked with more beside it. */
function tickedToo(form: Incoming["form"], name: string): string[] {
  return words([...texts(form, name), ...texts(form, `${name}.more`)].join(" "));
}

/** Says beside each hidden field that something was typed there, because it is not put back. */
export function secretsAgain(drawn: DrawnField[], form: Incoming["form"]): DrawnField[] {
  return drawn.map((field) =>
    field.type === "secret" && text(form, field.name) !== "" ? { ...field, problem: field.problem ?? AGAIN } : field,
  );
}

/**
 * Settings for a verb. An empty field was not given: on a new service it is left out, on an existing one it is null,
 * which takes the setting away; a hidden one stays. Throws `invalid` for lines that are not name=value.
 */
export function readSettings(kind: Kind, form: Incoming["form"], existing: boolean): Record<string, unknown> {
  const entries = kind.settings.map((field): [string, unknown] => {
    const typed = text(form, `settings.${field.name}`);
    const none = existing ? null : undefined;
    if (field.hidden) {
      const removed = text(form, `settings.${field.name}.remove`) !== "";
      return [field.name, typed.trim() || (removed ? null : undefined)];
    }
    switch (field.type) {
      case "switch":
        return [field.name, typed !== ""];
      case "list": {
        const list = tickedToo(form, `settings.${field.name}`);
        return [field.name, list.length > 0 ? list : none];
      }
      case "map":
        return [field.name, typed.trim() === "" ? none : toMap(typed, `settings.${field.name}`, "=")];
      case "choice":
        return [field.name, typed || none];
      case "text":
      case "textarea":
      case "url":
      case "number":
        return [field.name, typed.trim() || (blankIsMeant(kind, field.name) ? "" : none)];
    }
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What a catalog entry asks. */
export function drawPrompts(entry: CatalogEntry, values: Texts, problems: Record<string, string> = {}): DrawnField[] {
  const { settings } = kindOf(entry.kind);
  return entry.prompts.map((prompt) => {
    const name = `settings.${prompt.key}`;
    const value = values[prompt.key] ?? "";
    const scopes = prompt.type === "scopes" ? (entry.scopes ?? []) : [];
    const lines = settings.some((field) => field.name === prompt.key && field.type === "textarea");
    const known = new Set(scopes.map((scope) => scope.name));
    const ticked = new Set(words(value));
    return {
      name,
      label: prompt.label,
      type: scopes.length > 0 ? "scopes" : promptType(prompt, lines),
      value: scopes.length > 0 ? [...ticked].filter((scope) => !known.has(scope)).join(" ") : value,
      scopes: scopes.map((scope) => ({ ...scope, ticked: ticked.has(scope.name) })),
      help: prompt.help,
      problem: problems[name],
      placeholder: prompt.example,
      inputmode: prompt.type === "url" ? "url" : undefined,
      options: prompt.options,
      required: prompt.required,
      mono: lines || ["url", "host", "list", "scopes"].includes(prompt.type),
      lines,
      advanced: false,
      saved: false,
      removable: false,
    };
  });
}

export function promptDefaults(entry: CatalogEntry): Texts {
  return Object.fromEntries(
    entry.prompts.map((prompt) => {
      const usual = entry.scopes?.filter((scope) => scope.default).map((scope) => scope.name);
      return [prompt.key, toText(prompt.default ?? (prompt.type === "scopes" ? usual : ""))];
    }),
  );
}

/** Answers to an entry's prompts; a list is always given, so that an empty one is not replaced by the entry's own. */
export function readPrompts(entry: CatalogEntry, form: Incoming["form"]): Record<string, string | string[]> {
  const answers = entry.prompts.map((prompt): [string, string | string[]] => {
    const name = `settings.${prompt.key}`;
    if (prompt.type === "scopes" || prompt.type === "list") {
      return [prompt.key, tickedToo(form, name)];
    }
    return [prompt.key, text(form, name).trim()];
  });
  return Object.fromEntries(answers.filter(([, answer]) => answer !== ""));
}

/** What was typed into an entry's form; never a secret. */
export function typedPrompts(entry: CatalogEntry, form: Incoming["form"]): Texts {
  const given = readPrompts(entry, form);
  const open = entry.prompts.filter((prompt) => prompt.type !== "secret");
  return Object.fromEntries(open.map((prompt) => [prompt.key, toText(given[prompt.key])]));
}

/** Lines of names and values. Throws `invalid` at `path` for a line without the sign between them. */
export function toMap(lines: string, path: string, sign: "=" | ":"): Record<string, string> {
  const entries = lines
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line): [string, string] => {
      const at = line.indexOf(sign);
      if (at < 1) throw invalid(path, `Write one on each line, as name${sign === "=" ? "=" : ": "}value.`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
  return Object.fromEntries(entries);
}

/** The words of a list that people separate with spaces, commas or lines; each once. */
export function words(typed: string): string[] {
  return [...new Set(typed.split(/[\s,]+/).filter(Boolean))];
}

function promptType(prompt: Prompt, lines: boolean): DrawnField["type"] {
  switch (prompt.type) {
    case "secret":
      return "secret";
    case "choice":
      return "select";
    case "list":
    case "scopes":
      return "textarea";
    case "text":
    case "url":
    case "host":
      return lines ? "textarea" : "text";
  }
}

function toText(value: unknown): string {
  if (value === undefined || value === null || value === false) return "";
  if (value === true) return "on";
  if (Array.isArray(value)) return value.join(" ");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([name, one]) => `${name}=${one}`)
      .join("\n");
  return String(value);
}

function defaultOf(kind: Kind, name: string): unknown {
  return schemaOf(kind, name)?.safeParse(undefined).data;
}

/** Where the form shows a word that is there by itself and may be empty, emptying it is an answer. */
function blankIsMeant(kind: Kind, name: string): boolean {
  const usual = defaultOf(kind, name);
  return typeof usual === "string" && usual !== "" && schemaOf(kind, name)?.safeParse("").success === true;
}

function schemaOf(kind: Kind, name: string): z.ZodType | undefined {
  return (kind.settingsSchema as Partial<z.ZodObject<Record<string, z.ZodType>>>).shape?.[name];
}
