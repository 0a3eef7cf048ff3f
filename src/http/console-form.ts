import type { AccountLine } from "../accounts/browse.ts";
import type { ExecuteInput } from "../accounts/request-input.ts";
import { invalid } from "../errors.ts";
import type { ConsoleRequest } from "./curl.ts";
import { fields } from "./form.ts";
import type { Incoming } from "./route.ts";

// The console's form: what was typed, and its translation into what execute takes and back from a curl command.

export const BODY_KINDS = { none: "No body", json: "JSON", form: "Form", text: "Text", base64: "Base64" } as const;
const NAMES = ["account", "method", "url", "query", "headers", "body_kind", "body"] as const;

export type Typed = Record<(typeof NAMES)[number], string>;

export const EMPTY: Typed = {
  account: "",
  method: "GET",
  url: "",
  query: "",
  headers: "",
  body_kind: "none",
  body: "",
};

export function typedIn(form: Incoming["form"]): Typed {
  const typed = fields(form, ...NAMES);
  // Browsers send the ends of lines as CR LF, which is not what somebody sees and means.
  return { ...typed, body: typed.body.replaceAll("\r\n", "\n"), url: typed.url.trim() };
}

/** What execute takes. Throws `invalid` naming the field. */
export function inputOf(typed: Typed): ExecuteInput {
  if (typed.account === "") throw invalid("account", "Choose an account.");
  const headers = named(typed.headers, "headers", ":");
  const query = named(typed.query, "query", ":");
  const input = { account: typed.account, method: typed.method.trim() || "GET", url: typed.url, query, headers };
  switch (typed.body_kind) {
    case "json":
      return { ...input, headers: { ...asJson(headers) }, body_text: checkedJson(typed.body) };
    case "form":
      return { ...input, form: named(typed.body, "body", "=") };
    case "text":
      return { ...input, body_text: typed.body };
    case "base64":
      return { ...input, body_base64: typed.body };
    default:
      if (typed.body.trim() !== "") throw invalid("body_kind", "Say what kind of body this is, or empty it.");
      return input;
  }
}

/** The field of the form that a problem of execute's input is about. */
export function fieldOf(path: string): string {
  const first = path.split(".")[0]!;
  return first === "form" || first.startsWith("body_") ? (first === "body_kind" ? first : "body") : first;
}

/** The request as it was typed, for a command to copy. */
export function typedRequest(typed: Typed): ConsoleRequest {
  const { headers, query, body_text, form } = inputOf(typed);
  const pairs = Object.entries((headers ?? {}) as Lines).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const params = new URLSearchParams(
    Object.entries((query ?? {}) as Lines).flatMap(([name, values]) => values.map((value) => [name, value])),
  );
  const url = params.size === 0 ? typed.url : `${typed.url}${typed.url.includes("?") ? "&" : "?"}${params}`;
  const encoded = form
    ? new URLSearchParams(Object.entries(form as Lines).flatMap(([name, all]) => all.map((one) => [name, one])))
    : null;
  return { method: typed.method, url, headers: pairs, body: body_text ?? (encoded ? String(encoded) : null) };
}

/** A curl command's request as the form holds it; an account is proposed by the host. */
export function typedFrom(request: ConsoleRequest, accounts: AccountLine[], hub: string): Typed {
  const through = throughSignet(request, hub);
  const { url, headers, body } = through.request;
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const kind = body === null ? "none" : /[/+]json\b/i.test(type) ? "json" : plainForm(type, body) ? "form" : "text";
  const kept = headers.filter(([name, value]) => {
    return (
      name.toLowerCase() !== "content-type" || (kind !== "form" && value !== "application/json") || kind === "text"
    );
  });
  return {
    account: accountFor(through.account, url, accounts),
    method: request.method,
    url,
    query: "",
    headers: kept.map(([name, value]) => `${name}: ${value}`).join("\n"),
    body_kind: kind,
    body:
      kind === "form"
        ? [...new URLSearchParams(body!)].map(([name, value]) => `${name}=${value}`).join("\n")
        : (body ?? ""),
  };
}

type Lines = Record<string, string[]>;

/** One `name: value` per line; a name may come again. */
function named(text: string, field: string, sign: ":" | "="): Lines {
  const lines: Lines = Object.create(null) as Lines;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const at = line.indexOf(sign);
    if (at < 1)
      throw invalid(field, `Write each line as name${sign === ":" ? ": " : "="}value; “${line.slice(0, 40)}” is not.`);
    const name = line.slice(0, at).trim();
    (lines[name] ??= []).push(sign === ":" ? line.slice(at + 1).trim() : line.slice(at + 1));
  }
  return lines;
}

function asJson(headers: Lines): Lines {
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return typed ? headers : { ...headers, "content-type": ["application/json"] };
}

/** JSON goes out exactly as it was typed; it is only checked. */
function checkedJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw invalid("body", `This is not JSON: ${(error as Error).message}.`);
  }
}

function plainForm(type: string, body: string): boolean {
  return (
    /^application\/x-www-form-urlencoded/i.test(type) &&
    ![...new URLSearchParams(body)].flat().some((one) => /[\r\n]/.test(one))
  );
}

/** A command that this console wrote goes through Signet already. */
function throughSignet(request: ConsoleRequest, hub: string): { request: ConsoleRequest; account: string | null } {
  const match = request.url.startsWith(`${hub}/proxy/`)
    ? /^([^/?]+)\/?(.*)$/s.exec(request.url.slice(hub.length + 7))
    : null;
  if (!match) return { request, account: null };
  const whole = request.headers.find(([name]) => name.toLowerCase() === "signet-url")?.[1];
  const headers = request.headers.filter(([name]) => name.toLowerCase() !== "signet-url");
  return { request: { ...request, headers, url: whole ?? `/${match[2]}` }, account: match[1]! };
}

function accountFor(key: string | null, url: string, accounts: AccountLine[]): string {
  const host = URL.canParse(url) ? new URL(url).host : null;
  const fits = (account: AccountLine) => {
    if (key !== null) return account.id === key || account.slug === key;
    const base = account.baseUrl ?? account.service.baseUrl;
    return (
      host !== null &&
      ((base !== null && URL.canParse(base) && new URL(base).host === host) || account.service.hosts.includes(host))
    );
  };
  return accounts.find(fits)?.id ?? "";
}
