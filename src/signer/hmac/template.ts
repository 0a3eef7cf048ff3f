import { hash } from "node:crypto";
import { headerValue, type OutgoingRequest } from "../request.ts";

// Texts with {names} in braces, of which a declared signature is made.

/** What a template is filled from. */
export interface Filling {
  request: OutgoingRequest;
  keyId: string;
  now: Date;
  nonce: string;
  /** Empty where it may not be named. */
  signature: string;
}

const PLACEHOLDERS = new Map<string, (filling: Filling) => string>([
  ["method", ({ request }) => request.method],
  ["url", ({ request }) => request.url.href],
  ["host", ({ request }) => request.url.host],
  ["path", ({ request }) => request.url.pathname],
  ["path_and_query", ({ request }) => request.url.pathname + request.url.search],
  ["query", ({ request }) => request.url.search.slice(1)],
  ["sorted_query", ({ request }) => sortedQuery(request.url.search.slice(1))],
  ["content_type", ({ request }) => headerValue(request, "content-type") ?? ""],
  ["timestamp", ({ now }) => String(Math.floor(now.getTime() / 1000))],
  ["timestamp_ms", ({ now }) => String(now.getTime())],
  ["iso_date", ({ now }) => now.toISOString().replace(/\.\d+/, "")],
  ["iso_date_ms", ({ now }) => now.toISOString()],
  ["http_date", ({ now }) => now.toUTCString()],
  ["nonce", ({ nonce }) => nonce],
  ["key_id", ({ keyId }) => keyId],
  ["body", ({ request }) => request.body?.toString("latin1") ?? ""],
  ...["md5", "sha1", "sha256", "sha512"].flatMap((algorithm) =>
    (["hex", "base64"] as const).map(
      (encoding) =>
        [
          `body_${algorithm}_${encoding}`,
          ({ request }: Filling) => hash(algorithm, request.body ?? "", encoding),
        ] as const,
    ),
  ),
  ["signature", ({ signature }) => signature],
]);

const NAMED = /\{([^{}]*)\}/g;

/** What is wrong with a template, in a sentence; undefined for a good one. */
export function templateProblem(template: string, unfit: Record<string, string> = {}): string | undefined {
  for (const name of namesIn(template)) {
    if (!PLACEHOLDERS.has(name)) return unknown(name);
    if (unfit[name] !== undefined) return unfit[name];
  }
  if (/[{}]/.test(template.replace(NAMED, "")))
    return "A brace stands alone; braces are for names such as {timestamp}.";
  return undefined;
}

export function namesIn(template: string): string[] {
  return [...template.matchAll(NAMED)].map(([, name]) => name!);
}

/** True when it is made of the body's bytes. */
export function usesBody(template: string): boolean {
  return namesIn(template).some((name) => name.startsWith("body"));
}

/** The template filled. Every character is one byte, so that a body passes through unchanged. */
export function fill(template: string, filling: Filling): string {
  return template.replace(NAMED, (_, name: string) => PLACEHOLDERS.get(name)!(filling));
}

/** Parameters sorted by name, then by value, their bytes as they are. */
export function sortedQuery(query: string): string {
  const pairs = query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => ({ part, name: part.split("=", 1)[0]! }));
  return pairs
    .sort((a, b) => compare(a.name, b.name) || compare(a.part, b.part))
    .map(({ part }) => part)
    .join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unknown(name: string): string {
  const near = [...PLACEHOLDERS.keys()].filter((other) => name.length > 2 && other.includes(name.toLowerCase()));
  if (near.length === 0) return `There is no {${name}}. The names that exist are listed at the string to sign.`;
  return `There is no {${name}}. Did you mean ${near.map((other) => `{${other}}`).join(" or ")}?`;
}
