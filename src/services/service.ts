import { z } from "zod";
import { SignetError, type Issue } from "../errors.ts";
import type { Kind } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";
import { blanksIn } from "../signer/blanks.ts";
import { headerName } from "../signer/text.ts";
import { hostOf, parseHost } from "./hosts.ts";

/** The "who am I" request of a service: tells whether a credential works and whom it belongs to. */
export const testSchema = z.strictObject({
  method: z.enum(["GET", "POST", "HEAD"]).default("GET"),
  url: z.string().max(2000),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  identity: z.strictObject({ id: z.string().optional(), label: z.string().optional() }).optional(),
  /** For answers with status 200 that may be errors: what a good one says, or must not hold. */
  success: z
    .union([
      z.strictObject({ path: z.string(), equals: z.union([z.string(), z.number(), z.boolean()]) }),
      z.strictObject({ path: z.string(), absent: z.literal(true) }),
    ])
    .optional(),
});

export type Test = z.infer<typeof testSchema>;

export interface Service {
  id: string;
  /** Stays the same through exports and imports. */
  uid: string;
  name: string;
  kind: string;
  catalogKey: string | null;
  /** Without the hidden ones. */
  settings: Record<string, unknown>;
  /** Names of the settings that rest in the vault. */
  hidden: string[];
  secretId: string | null;
  hosts: string[];
  /** May hold {names} that each account fills from what it learned when it was linked. */
  baseUrl: string | null;
  headers: Record<string, string>;
  test: Test | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** What describes a service, checked: settings parsed by the kind and split into open and hidden ones. */
export interface Definition {
  kind: Kind;
  open: Record<string, unknown>;
  hidden: Record<string, unknown>;
  hosts: string[];
  baseUrl: string | null;
  headers: Record<string, string>;
  test: Test | null;
}

/** What stays the same through exports and imports, of services, bots and behaviors. */
export const uidInput = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}$/, "A uid holds letters, digits and . _ : / -, at most 120.");

export const nameSchema = z.string().trim().min(1, "Enter a name.").max(100, "Use at most 100 characters.");

const headersSchema = z.record(
  headerName,
  z
    .string()
    .max(1000)
    .regex(/^[\x20-\x7e]*$/, "Use plain characters only."),
);

/** Checks everything that makes a service work. Throws `invalid` with an issue for each field. */
export function define(input: {
  kind: string;
  settings: Record<string, unknown>;
  hosts: string[];
  base_url?: string | null | undefined;
  headers?: Record<string, string> | undefined;
  test?: unknown;
}): Definition {
  const kind = kindOf(input.kind);
  const issues: Issue[] = [];
  const settings = collect(issues, "settings", kind.settingsSchema, withoutNulls(input.settings));
  const headers = collect(issues, "headers", headersSchema, input.headers ?? {});
  const test = input.test ? collect(issues, "test", testSchema, input.test) : null;
  const baseUrl = input.base_url ? checkBaseUrl(issues, input.base_url) : null;
  const directory = settings === undefined ? undefined : kind.directory?.at(settings);
  if (kind.directory && input.base_url)
    issues.push({ path: "base_url", message: "A directory has no base URL; its address is enough." });
  // A directory is one place; its credentials go nowhere else.
  const hosts = kind.directory
    ? directory === undefined
      ? []
      : [`${directory.host}:${directory.port}`]
    : checkHosts(issues, input.hosts, baseUrl);
  if (issues.length > 0) throw new SignetError("invalid", summarize(issues), { issues });
  const [open, hidden] = split(kind, settings as Record<string, unknown>);
  return { kind, open, hidden, hosts, baseUrl, headers: headers!, test: test ?? null };
}

/** One sentence for all issues, for those who read nothing else. */
export function summarize(issues: Issue[]): string {
  return [...new Set(issues.map((issue) => `${issue.path === "" ? "" : `${issue.path}: `}${issue.message}`))].join(" ");
}

function collect<T>(issues: Issue[], under: string, schema: z.ZodType<T>, value: unknown): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
    for (const key of unknown) {
      const path = [under, ...issue.path, ...(key === undefined ? [] : [key])].join(".");
      issues.push({ path, message: key === undefined ? sentence(issue) : "There is no such setting." });
    }
  }
  return undefined;
}

function sentence(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_type" && issue.input === undefined ? "This is required." : issue.message;
}

/** Null takes a setting away. */
function withoutNulls(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && value !== undefined));
}

function checkBaseUrl(issues: Issue[], text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const problem =
    url === undefined || !/^https?:$/.test(url.protocol)
      ? "Enter a full address that begins with https://."
      : url.username !== "" || url.password !== ""
        ? "A base URL holds no user name or password."
        : url.search !== "" || url.hash !== ""
          ? "A base URL has no query and no fragment."
          : undefined;
  if (problem === undefined) return text.replace(/\/+$/, "");
  issues.push({ path: "base_url", message: problem });
  return null;
}

/** The base URL's own host is always among the hosts: who enters it means to reach it. */
function checkHosts(issues: Issue[], entries: string[], baseUrl: string | null): string[] {
  const hosts = new Set<string>();
  // A host that each account fills in by itself is no host yet: it must be among those that are named.
  if (baseUrl !== null && blanksIn(new URL(baseUrl).host).length === 0) hosts.add(hostOf(baseUrl));
  entries.forEach((entry, index) => {
    const parsed = parseHost(entry);
    if ("problem" in parsed) issues.push({ path: `hosts.${index}`, message: parsed.problem });
    else hosts.add(parsed.host);
  });
  if (hosts.size === 0 && issues.length === 0) {
    issues.push({ path: "hosts", message: "Name at least one host to which requests may go, or a base URL." });
  }
  return [...hosts];
}

function split(kind: Kind, settings: Record<string, unknown>): [Record<string, unknown>, Record<string, unknown>] {
  const hiddenNames = new Set(kind.settings.filter((field) => field.hidden).map((field) => field.name));
  const all = Object.entries(settings).filter(([, value]) => value !== undefined);
  return [
    Object.fromEntries(all.filter(([name]) => !hiddenNames.has(name))),
    Object.fromEntries(all.filter(([name]) => hiddenNames.has(name))),
  ];
}
