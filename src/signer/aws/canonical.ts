import { encodedPairs, percentEncode, recode } from "../percent.ts";
import type { Header } from "../request.ts";

// A request in the one form that both sides sign (Signature Version 4, "create a canonical request").

/** A request as it leaves: path and query in the very characters of the request line. */
export interface Sent {
  method: string;
  path: string;
  /** Without the question mark. */
  query: string;
  /** Those to be signed, `host` among them. */
  headers: readonly Header[];
  /** SHA-256 of the body in hex, or the word that stands for an unsigned one. */
  payload: string;
}

/**
 * How a service reads paths: object stores take each as it is, all others resolve dots and double slashes and encode
 * once more what was sent.
 */
export type PathStyle = "as_sent" | "resolved";

export interface Canonical {
  text: string;
  /** Names of the headers in it, as they stand in `SignedHeaders`. */
  signedHeaders: string;
}

export function canonicalRequest(sent: Sent, style: PathStyle): Canonical {
  const headers = canonicalHeaders(sent.headers);
  const signedHeaders = headers.map(([name]) => name).join(";");
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("");
  const text = [
    sent.method,
    canonicalPath(sent.path, style),
    canonicalQuery(sent.query),
    lines,
    signedHeaders,
    sent.payload,
  ].join("\n");
  return { text, signedHeaders };
}

function canonicalPath(path: string, style: PathStyle): string {
  return style === "as_sent"
    ? path.split("/").map(recode).join("/")
    : resolved(path).split("/").map(percentEncode).join("/");
}

/** RFC 3986 section 5.2.4, and no empty segments. */
function resolved(path: string): string {
  if (!/\/(\.{0,2}\/|\.{1,2}$)/.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const slash = kept.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${kept.join("/")}${slash}`;
}

/** Sorted by name, then by value; what has no value gets its equals sign. */
function canonicalQuery(query: string): string {
  if (query === "") return "";
  return encodedPairs(query)
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Sorted by name in lower case; repeats joined in their order, runs of spaces made one. */
function canonicalHeaders(headers: readonly Header[]): [name: string, value: string][] {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const plain = value.trim().replace(/ {2,}/g, " ");
    const before = values.get(lower);
    values.set(lower, before === undefined ? plain : `${before},${plain}`);
  }
  return [...values].sort(([name], [other]) => compare(name, other));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
