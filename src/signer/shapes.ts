import { z } from "zod";

// Shapes that settings of several kinds share.

/** The address of a provider's own endpoint. */
export const endpoint = z
  .url({
    protocol: /^https?$/,
    error: "Enter a full address, such as https://provider.example/oauth/token.",
    abort: true,
  })
  .refine((url) => !url.includes("#"), "An endpoint has no fragment (RFC 6749 section 3.1).")
  .refine((url) => new URL(url).username + new URL(url).password === "", "An endpoint has no user name in it.");

/** A list given as an array, or as text separated by spaces, commas or lines. */
export const list = z.preprocess(
  (value) => (typeof value === "string" ? value.split(/[\s,]+/).filter(Boolean) : value),
  z.array(z.string().min(1).max(500)).max(200),
);

/** Names and values given as an object, or as lines of `name=value`. */
export const map = z.preprocess(
  (value) => (typeof value === "string" ? linesToMap(value) : value),
  z.record(z.string().min(1).max(200), z.string().max(2000)),
);

// Words that forms and providers' pages use for a switch.
const WORDS = new Map<unknown, boolean>([
  ...["on", "true", "yes", "required", "supported", "S256"].map((word) => [word, true] as const),
  ...["off", "false", "no", "none", ""].map((word) => [word, false] as const),
]);

/** A switch, also by the usual words for one. */
export const flag = z.preprocess((value) => WORDS.get(value) ?? value, z.boolean());

/** A dotted path into an answer. */
export const path = z
  .string()
  .max(200)
  .regex(/^[^\s]*$/, "A path has no spaces; dots walk into objects.");

/** Lines of `name=value`; a text for what is none. */
export function linesToMap(text: string): Record<string, string> | string {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  if (lines.some((line) => !line.includes("="))) return "not name=value";
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
