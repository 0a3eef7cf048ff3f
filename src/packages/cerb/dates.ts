import { LeftOutHere } from "./scope.ts";
import type { Converted } from "./twig.ts";

/** Letters of a date's pattern there, and what they are here. */
const LETTERS: Record<string, string> = {
  ...{ d: "dd", j: "d", D: "EEE", l: "EEEE", m: "MM", n: "M", M: "MMM", F: "MMMM", Y: "yyyy", y: "yy" },
  ...{ H: "HH", G: "H", h: "hh", g: "h", i: "mm", s: "ss", A: "a", P: "ZZ" },
};

/** The filter `date`: a pattern, and a time zone. `given` are its arguments as expressions. */
export function dated(value: Converted, given: string[]): Converted {
  const moment = value.cel === '"now"' ? "now" : value.date ? `parse_date(${value.cel})` : undefined;
  if (moment === undefined) throw new LeftOutHere("The filter “date” is carried over for dates and for now alone.");
  const [pattern = '"Y-m-d H:i:s"', zone] = given;
  const wanted = textOf(pattern);
  if (wanted === "U") return { cel: `to_unix(${moment})`, parsed: true };
  const utc = zone === undefined || textOf(zone) === "UTC" || textOf(zone) === "GMT";
  if (wanted === "r" && !utc) throw new LeftOutHere("The date pattern “r” is carried over in UTC alone.");
  const rest = utc ? "" : `, ${JSON.stringify(textOf(zone))}`;
  return { cel: `format_date(${moment}, ${JSON.stringify(patternOf(wanted))}${rest})`, parsed: false };
}

function patternOf(pattern: string): string {
  if (pattern === "r") return "EEE, dd MMM yyyy HH:mm:ss '+0000'";
  if (pattern === "c") return "yyyy-MM-dd'T'HH:mm:ssZZ";
  return pattern.replace(/\\+(.)|[A-Za-z]/gs, (piece: string, kept: string | undefined) => {
    if (kept !== undefined) return `'${kept}'`;
    const letters = LETTERS[piece];
    if (letters === undefined) throw new LeftOutHere(`“${piece}” of a date pattern has no counterpart.`);
    return letters;
  });
}

function textOf(cel: string): string {
  if (!cel.startsWith('"')) throw new LeftOutHere("A date pattern that is worked out has no counterpart.");
  return JSON.parse(cel) as string;
}
