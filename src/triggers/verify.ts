import { createHmac, timingSafeEqual } from "node:crypto";
import type { Scheme } from "./schemes.ts";

/** A request as it arrived at a webhook's address. */
export interface Delivery {
  method: string;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  /** Byte by byte as it was sent, for that is what was signed. */
  body: Buffer;
}

/** Why a delivery is not believed. */
export type Doubt = "unsigned" | "undated" | "late" | "wrong signature";

/**
 * Whether whoever knows the secret sent it, and lately; the doubt when not. Compares in constant time. A scheme that
 * dates its deliveries takes none from outside its window, so that a recorded one is of no use for long.
 */
export function doubtOf(scheme: Scheme, secret: string, delivery: Delivery, now: Date): Doubt | undefined {
  const { prefix, encoding } = scheme.signature;
  const given = valuesAt(scheme.signature, delivery)
    .filter((value) => value.startsWith(prefix))
    .flatMap((value) => decoded(value.slice(prefix.length), encoding));
  if (given.length === 0) return "unsigned";
  const timestamp = scheme.timestamp && valuesAt(scheme.timestamp, delivery)[0];
  if (scheme.timestamp && !/^\d{1,12}$/.test(timestamp ?? "")) return "undated";
  const expected = createHmac(scheme.algorithm, secret)
    .update(signed(scheme, timestamp ?? "", delivery.body))
    .digest();
  // Every one is compared, so that the time tells nothing.
  const fitting = given.filter((one) => one.length === expected.length && timingSafeEqual(one, expected));
  if (fitting.length === 0) return "wrong signature";
  const away = scheme.timestamp ? Math.abs(now.getTime() / 1000 - Number(timestamp)) : 0;
  return away > scheme.window_seconds ? "late" : undefined;
}

/** The whole header, or what stands in its pairs of that name. */
function valuesAt({ header, pair }: { header: string; pair?: string | undefined }, delivery: Delivery): string[] {
  const value = delivery.headers[header];
  if (typeof value !== "string" || value === "") return [];
  if (pair === undefined) return [value.trim()];
  const pairs = value.split(",").map((one) => one.trim().split("="));
  return pairs.filter(([name]) => name === pair).map(([, ...rest]) => rest.join("="));
}

function decoded(text: string, encoding: "hex" | "base64"): Buffer[] {
  const fits = encoding === "hex" ? /^([0-9a-f]{2})+$/i : /^[A-Za-z0-9+/_-]+=*$/;
  return fits.test(text) ? [Buffer.from(text, encoding)] : [];
}

function signed({ signed: template }: Scheme, timestamp: string, body: Buffer): Buffer {
  const parts = template.split(/(\{body\}|\{timestamp\})/);
  return Buffer.concat(
    parts.map((part) => (part === "{body}" ? body : Buffer.from(part === "{timestamp}" ? timestamp : part, "utf8"))),
  );
}
