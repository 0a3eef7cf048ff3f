import { invalid } from "../errors.ts";

/** What JSON.parse tells a reviver of a value that is no object (ECMAScript, "JSON.parse source text access"). */
interface Origin {
  source?: string;
}

/**
 * Refuses whole numbers that would lose digits on their way through JavaScript, which keeps some sixteen, instead of
 * sending others in their place. Throws `invalid` with the name of the field that holds one.
 * @param text JSON that has been read without complaint.
 */
export function refuseLongNumbers(text: string): void {
  // Nearly no request has so many digits in a row, and to look at each value takes much longer.
  if (!/\d{16}/.test(text)) return;
  const look = JSON.parse as (
    text: string,
    reviver: (name: string, value: unknown, origin: Origin) => unknown,
  ) => unknown;
  look(text, (name, value, { source }) => {
    if (typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source!))
      throw invalid(
        name || "body",
        `${source!.slice(0, 40)} has more digits than can be kept. Send such JSON as body_text, with its Content-Type.`,
      );
    return value;
  });
}
