import { invalid } from "../errors.ts";
import type { Header } from "../signer/request.ts";

/** What a method and the name of a header consist of (RFC 9110 section 5.6.2). */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_HEADERS = 64;
const MAX_HEADER_BYTES = 8_192;
const MAX_HEADERS_BYTES = 16_384;

// Connection management is Signet's own business (RFC 9110 section 7.6.1); what is named here never passes, in
// either direction.
export const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

// Set by Signet from what it really sends, or belonging to the credential (statement E-8).
const OWN = new Set(["host", "content-length", "authorization", "cookie", "accept-encoding", "expect", "forwarded"]);

/**
 * The caller's headers that may pass: hop-by-hop ones, those that Signet sets itself and those in `slots` are left
 * out. A name spelt with "_" for "-" is the same name to many servers, so it is compared as one. Throws `invalid`.
 */
export function passingHeaders(given: readonly Header[], slots: readonly string[]): Header[] {
  let stopped = slots.map(folded);
  let bytes = 0;
  for (const [name, value] of given) {
    if (name.length === 10 && folded(name) === "connection")
      stopped = [...stopped, ...value.toLowerCase().split(/\s*,\s*/)];
    bytes += name.length + value.length;
  }
  const passing: Header[] = [];
  for (const header of given) if (mayPass(header) && !stopped.includes(folded(header[0]))) passing.push(header);
  if (given.length > MAX_HEADERS || bytes > MAX_HEADERS_BYTES)
    throw invalid("headers", "There are more than 64 headers or 16 KiB of them.");
  return passing;
}

/** The name in lower case, "-" for "_"; remembered, because names are few and come again with every request. */
export function folded(name: string): string {
  return (names.get(name) ?? learned(name)).folded;
}

function mayPass([name, value]: Header): boolean {
  const { passes } = names.get(name) ?? learned(name);
  if (passes === undefined) throw invalid("headers", `"${name.slice(0, 50)}" is not the name of a header.`);
  if (!VALUE.test(value))
    throw invalid(`headers.${name}`, "A header's value holds no line breaks and no characters beyond Latin-1.");
  if (value.length > MAX_HEADER_BYTES) throw invalid(`headers.${name}`, "A header is at most 8 KiB long.");
  return passes;
}

interface Name {
  folded: string;
  /** Whether headers of that name may pass; undefined when it is none. */
  passes: boolean | undefined;
}

const names = new Map<string, Name>();
const MAX_NAMES = 1_000;

function learned(name: string): Name {
  const lower = name.toLowerCase().replaceAll("_", "-");
  const own = HOP_BY_HOP.has(lower) || OWN.has(lower) || /^(signet|x-forwarded)-/.test(lower);
  const known = { folded: lower, passes: TOKEN.test(name) ? !own : undefined };
  // Strangers can not fill the memory with names: they are asked for a token first, and long names are not kept.
  if (names.size >= MAX_NAMES) names.clear();
  if (name.length <= 64) names.set(name, known);
  return known;
}
