import { invalid } from "../errors.ts";

/** A whole number as it was written, in place of the other one that JavaScript would make of it. */
class LongNumber {
  readonly written: string;

  constructor(written: string) {
    this.written = written;
  }
}

/** JSON.parse with what it tells of a value that is no object (ECMAScript, "JSON.parse source text access"). */
type Read = (text: string, reviver: (name: string, value: unknown, origin: { source?: string }) => unknown) => unknown;

/**
 * Refuses whole numbers that would lose digits on their way through JavaScript, which keeps some sixteen, instead of
 * sending others in their place. Throws `invalid` with the path of the first.
 * @param text JSON that has been read without complaint.
 */
export function refuseLongNumbers(text: string): void {
  // Nearly no request has so many digits in a row, and to look at each value takes much longer.
  if (!/\d{16}/.test(text)) return;
  const read = (JSON.parse as Read)(text, (_, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source!)
      ? new LongNumber(source!)
      : value,
  );
  const found = find(read, []);
  if (!found) return;
  const remedy =
    found.path[0] === "body" ? "Send such JSON as body_text, with its Content-Type." : "Write it as text, in quotes.";
  throw invalid(found.path.join("."), `${found.written.slice(0, 40)} has more digits than can be kept. ${remedy}`);
}

function find(value: unknown, path: string[]): { path: string[]; written: string } | undefined {
  if (value instanceof LongNumber) return { path, written: value.written };
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = find(inner, [...path, name]);
    if (found) return found;
  }
  return undefined;
}
