import { onTheWall } from "./clock.ts";
import { readMoment } from "./moments.ts";
import { joined } from "./printed.ts";
import { Refusal } from "./refusal.ts";

/** Methods of the library that are not part of this language, with what to write instead. */
export const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ["matches", 'There is no “matches”: use like(text, "*.pdf"), in which * stands for any text and ? for a character.'],
  ["json", "There is no “json”: use parse_json(text)."],
]);

type Own = (...values: unknown[]) => unknown;

/**
 * What the library's functions do differently here; undefined leaves the call to the library. Its clock reads the time
 * zone of the process, which is no part of what a run may depend on; and its join asks for any amount of memory.
 */
export const BUILT_IN: ReadonlyMap<string, Own> = new Map<string, Own>([
  ["timestamp", (text) => (typeof text === "string" ? readMoment(text, "UTC") : undefined)],
  ["duration", (text) => (typeof text === "string" && text.length > 40 ? refuseDuration() : undefined)],
  ["join", (list, separator = "") => (Array.isArray(list) ? joined(list, separator) : undefined)],
  ["getFullYear", ofClock((wall) => wall.getUTCFullYear())],
  ["getMonth", ofClock((wall) => wall.getUTCMonth())],
  ["getDate", ofClock((wall) => wall.getUTCDate())],
  ["getDayOfMonth", ofClock((wall) => wall.getUTCDate() - 1)],
  ["getDayOfWeek", ofClock((wall) => wall.getUTCDay())],
  ["getDayOfYear", ofClock((wall) => Math.floor((wall.getTime() - startOfYear(wall)) / 86_400_000))],
  ["getHours", ofClock((wall) => wall.getUTCHours())],
  ["getMinutes", ofClock((wall) => wall.getUTCMinutes())],
  ["getSeconds", ofClock((wall) => wall.getUTCSeconds())],
  ["getMilliseconds", ofClock((wall) => wall.getUTCMilliseconds())],
]);

/** A reader of a clock; a duration has hours and minutes too, which are the library's. */
function ofClock(read: (wall: Date) => number): Own {
  return (moment, zone = "UTC") =>
    moment instanceof Date && typeof zone === "string" ? BigInt(read(onTheWall(moment, zone))) : undefined;
}

function startOfYear(wall: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(wall.getUTCFullYear(), 0, 1);
  return start.getTime();
}

function refuseDuration(): never {
  throw new Refusal('A duration is a text such as "90s", "15m" or "1h30m".');
}
