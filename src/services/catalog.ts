import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { notFound, SignetError, type Issue } from "../errors.ts";
import { testSchema } from "./service.ts";

const FOLDER = join(import.meta.dirname, "catalog");

const promptSchema = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9_]*$/),
  label: z.string(),
  help: z.string().optional(),
  example: z.string().optional(),
  type: z.enum(["text", "secret", "url", "host", "scopes", "list", "choice"]),
  required: z.boolean(),
  default: z.union([z.string(), z.array(z.string())]).optional(),
  options: z.array(z.strictObject({ value: z.string(), label: z.string() })).optional(),
});

/** One ready-made service. `{name}` in settings, hosts, base URL and test is filled from the answers to the prompts. */
const entrySchema = z.strictObject({
  key: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  name: z.string().min(1),
  category: z.string(),
  kind: z.string(),
  summary: z.string(),
  documentation: z.url({ protocol: /^https$/ }).optional(),
  checked: z.string().regex(/^\d{4}-\d{2}$/),
  confidence: z.enum(["high", "medium", "low"]),
  status: z.enum(["current", "renamed", "retired"]),
  notice: z.string().optional(),
  prompts: z.array(promptSchema),
  settings: z.record(z.string(), z.unknown()),
  hosts: z.array(z.string()),
  base_url: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  test: testSchema.optional(),
  scopes: z.array(z.strictObject({ name: z.string(), meaning: z.string(), default: z.boolean() })).optional(),
  steps: z.array(z.string()),
  account_help: z.string().optional(),
});

export type CatalogEntry = z.infer<typeof entrySchema>;
export type Prompt = z.infer<typeof promptSchema>;
export type Answers = Record<string, string | string[]>;

/** What an entry and the answers to its prompts make: still to be checked by the kind. */
export interface FilledEntry {
  kind: string;
  settings: Record<string, unknown>;
  hosts: string[];
  base_url?: string | undefined;
  headers: Record<string, string>;
  test?: unknown;
}

let entries: Map<string, CatalogEntry> | undefined;

/** Every entry, by name. Read and checked once; throws for a file that is not an entry. */
export function catalog(): CatalogEntry[] {
  return [...load().values()];
}

/** Entries in which every word of `q` occurs, those whose name begins with it first. */
export function searchCatalog(wish: {
  q?: string | undefined;
  kind?: string | undefined;
  category?: string | undefined;
}): CatalogEntry[] {
  const q = wish.q?.trim().toLowerCase() ?? "";
  const wanted = q.split(/\s+/).filter(Boolean);
  const fits = (entry: CatalogEntry) => {
    const names = `${entry.name} ${entry.key} ${entry.category}`.toLowerCase();
    const text = `${names} ${entry.summary.toLowerCase()}`;
    const chosen = (!wish.kind || entry.kind === wish.kind) && (!wish.category || entry.category === wish.category);
    return chosen && wanted.every((word) => (word.length < 3 ? names : text).includes(word));
  };
  const rank = (entry: CatalogEntry) => {
    const name = entry.name.toLowerCase();
    return name.startsWith(q) ? 0 : name.includes(` ${q}`) ? 1 : name.includes(q) ? 2 : 3;
  };
  const found = catalog().filter(fits);
  return q === "" ? found : found.sort((a, b) => rank(a) - rank(b));
}

/** The entry called `key`. Throws `not_found`. */
export function catalogEntry(key: string): CatalogEntry {
  const entry = load().get(key);
  if (!entry) throw notFound("catalog entry");
  return entry;
}

/** The entry a service was made from, if it is still in the catalog. */
export function originOf(key: string | null): CatalogEntry | undefined {
  return key === null ? undefined : load().get(key);
}

/**
 * Fills an entry from answers. Answers that are no prompt of it are taken as settings of the kind and win over the
 * entry's own. Throws `invalid` naming each prompt that is required and missing.
 */
export function fillEntry(entry: CatalogEntry, answers: Record<string, unknown>): FilledEntry {
  const known = new Map<string, string | string[]>();
  const issues: Issue[] = [];
  for (const prompt of entry.prompts) {
    const answer = answers[prompt.key] ?? prompt.default;
    const given = prompt.type === "list" || prompt.type === "scopes" ? asList(answer) : asText(answer);
    if (given.length === 0 && prompt.required)
      issues.push({ path: `settings.${prompt.key}`, message: `Enter ${prompt.label}.` });
    if (prompt.type === "host" && typeof given === "string" && /[/@?#\s]/.test(given)) {
      issues.push({ path: `settings.${prompt.key}`, message: "Enter the host name alone, without https:// and path." });
    }
    known.set(prompt.key, given);
  }
  if (issues.length > 0) throw new SignetError("invalid", issues.map((issue) => issue.message).join(" "), { issues });
  const promptKeys = new Set(entry.prompts.map((prompt) => prompt.key));
  const others = Object.fromEntries(Object.entries(answers).filter(([key]) => !promptKeys.has(key)));
  return {
    kind: entry.kind,
    settings: { ...(fill(withoutUnanswered(entry.settings, known), known) as Record<string, unknown>), ...others },
    hosts: entry.hosts.flatMap((host) => fill(host, known) as string | string[]),
    base_url: entry.base_url === undefined ? undefined : (fill(entry.base_url, known) as string),
    headers: (fill(withoutUnanswered(entry.headers ?? {}, known), known) as Record<string, string>) ?? {},
    test: entry.test === undefined ? undefined : fill(entry.test, known),
  };
}

function asText(answer: unknown): string | string[] {
  if (Array.isArray(answer)) return answer.map(String);
  return answer === undefined || answer === null ? "" : String(answer).trim();
}

function asList(answer: unknown): string[] {
  const given = asText(answer);
  return Array.isArray(given) ? given : given.split(/[\s,]+/).filter(Boolean);
}

/** A text that is one placeholder becomes the answer itself, so that a list stays a list; unknown names stay. */
function fill(value: unknown, known: Map<string, string | string[]>): unknown {
  if (typeof value === "string") {
    const whole = /^\{([a-z0-9_]+)\}$/.exec(value);
    if (whole && known.has(whole[1]!)) return known.get(whole[1]!);
    return value.replace(/\{([a-z0-9_]+)\}/g, (text, name: string) =>
      known.has(name) ? String(known.get(name)) : text,
    );
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, known));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, known)]));
}

/** An optional prompt that was left empty is a setting that was not given; an empty text of the entry's own stays. */
function withoutUnanswered(
  settings: Record<string, unknown>,
  known: Map<string, string | string[]>,
): Record<string, unknown> {
  const unanswered = new Set([...known].filter(([, answer]) => answer === "").map(([name]) => `{${name}}`));
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => !unanswered.has(value as string)));
}

function load(): Map<string, CatalogEntry> {
  entries ??= new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith(".json"))
      .map((name) => read(name))
      .sort((a, b) => a.name.localeCompare(b.name))
      .map((entry) => [entry.key, entry]),
  );
  return entries;
}

function read(name: string): CatalogEntry {
  const result = entrySchema.safeParse(JSON.parse(readFileSync(join(FOLDER, name), "utf8")));
  if (!result.success) throw new Error(`Catalog file ${name}: ${z.prettifyError(result.error)}`);
  return result.data;
}
