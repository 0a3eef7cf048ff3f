import { SignetError } from "../errors.ts";
import type { Scheme } from "./schemes.ts";
import type { Delivery } from "./verify.ts";

/** What a delivery brings to its run, readable there as `trigger`. */
export interface Occasion {
  method: string;
  headers: Record<string, string>;
  query: Record<string, unknown>;
  /** JSON as its value, a form as an object, other text as text; null for anything else, and for nothing. */
  body: unknown;
}

const KEPT = /^(content-type|user-agent|date|accept|accept-language|(x|ce|webhook)-.+)$/;
// What proves who sent it is nobody's to read afterwards, nor what proxies on the way have added.
const DELICATE =
  /signature|hmac|auth|token|secret|password|cookie|session|credential|(^|-)api-?key|^x-(forwarded|real|amzn|cloud|client)/;
const MAX_HEADER = 2_048;
const MAX_DEPTH = 100;

/** Reads a delivery. Throws `invalid` for a body that is not what it says it is. */
export function occasionOf(delivery: Delivery, scheme: Scheme | undefined): Occasion {
  const { method, headers, query } = delivery;
  return { method, headers: keptHeaders(headers, scheme), query: named(query), body: readBody(delivery, scheme) };
}

function keptHeaders(headers: Delivery["headers"], scheme: Scheme | undefined): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name, value]) =>
      KEPT.test(name) &&
      !DELICATE.test(name) &&
      name !== scheme?.signature.header &&
      typeof value === "string" &&
      value.length <= MAX_HEADER,
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

function readBody({ headers, body }: Delivery, scheme: Scheme | undefined): unknown {
  if (body.length === 0) return null;
  const type = String(headers["content-type"] ?? "").toLowerCase();
  const omit = scheme?.omit ?? [];
  if (/^application\/x-www-form-urlencoded\s*(;|$)/.test(type))
    return without(named(new URLSearchParams(body.toString("utf8"))), omit);
  if (/^application\/([^;]+\+)?json\s*(;|$)/.test(type)) return without(parsed(body), omit);
  return /^text\/|xml/.test(type) ? body.toString("utf8") : null;
}

function parsed(body: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new SignetError("invalid", "The body says that it is JSON, but can not be read as such.");
  }
  if (deeperThan(MAX_DEPTH, value)) throw new SignetError("invalid", "The body is nested too deep.");
  return value;
}

/** Level by level, because what is nested too deep for a function that calls itself is just what is looked for. */
function deeperThan(limit: number, value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((one) => (one !== null && typeof one === "object" ? (Object.values(one) as unknown[]) : []));
  }
  return false;
}

function without(value: unknown, names: string[]): unknown {
  if (names.length === 0 || value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/** Names and values; one that comes more than once has an array. */
function named(pairs: URLSearchParams): Record<string, unknown> {
  const names = [...new Set(pairs.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = pairs.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}
