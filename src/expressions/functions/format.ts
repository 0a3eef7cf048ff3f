import { onTheWall } from "../clock.ts";
import { Refusal } from "../refusal.ts";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** What each piece of a pattern stands for, given a clock on the wall and how far it is ahead of UTC. */
const FIELDS: ReadonlyMap<string, (wall: Date, ahead: number) => string> = new Map([
  ["yyyy", (wall) => digits(wall.getUTCFullYear(), 4)],
  ["yy", (wall) => digits(wall.getUTCFullYear() % 100, 2)],
  ["MMMM", (wall) => MONTHS[wall.getUTCMonth()]!],
  ["MMM", (wall) => MONTHS[wall.getUTCMonth()]!.slice(0, 3)],
  ["MM", (wall) => digits(wall.getUTCMonth() + 1, 2)],
  ["M", (wall) => digits(wall.getUTCMonth() + 1, 1)],
  ["dd", (wall) => digits(wall.getUTCDate(), 2)],
  ["d", (wall) => digits(wall.getUTCDate(), 1)],
  ["EEEE", (wall) => DAYS[wall.getUTCDay()]!],
  ["EEE", (wall) => DAYS[wall.getUTCDay()]!.slice(0, 3)],
  ["HH", (wall) => digits(wall.getUTCHours(), 2)],
  ["H", (wall) => digits(wall.getUTCHours(), 1)],
  ["hh", (wall) => digits(wall.getUTCHours() % 12 || 12, 2)],
  ["h", (wall) => digits(wall.getUTCHours() % 12 || 12, 1)],
  ["mm", (wall) => digits(wall.getUTCMinutes(), 2)],
  ["ss", (wall) => digits(wall.getUTCSeconds(), 2)],
  ["SSS", (wall) => digits(wall.getUTCMilliseconds(), 3)],
  ["a", (wall) => (wall.getUTCHours() < 12 ? "AM" : "PM")],
  ["ZZ", (_wall, ahead) => (ahead === 0 ? "Z" : offsetText(ahead))],
] satisfies [string, (wall: Date, ahead: number) => string][]);

/**
 * A moment by a pattern, on the clocks of `zone`; letters between single quotes stand for themselves, two such quotes
 * for one. Throws a Refusal for letters that stand for nothing, and for an unknown zone.
 */
export function formatted(moment: Date, pattern: string, zone: string): string {
  const wall = onTheWall(moment, zone);
  const ahead = wall.getTime() - moment.getTime();
  return pattern.replace(
    /''|'([^']*)'|([A-Za-z])\2*/g,
    (piece: string, quoted: string | undefined, letter?: string) => {
      if (letter === undefined) return piece === "''" ? "'" : quoted!;
      const field = FIELDS.get(piece);
      if (!field)
        throw new Refusal(`“${piece.slice(0, 20)}” stands for no part of a date; put letters that are text in '…'.`);
      return field(wall, ahead);
    },
  );
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

function offsetText(ahead: number): string {
  const minutes = Math.abs(Math.trunc(ahead / 60_000));
  return `${ahead < 0 ? "-" : "+"}${digits(Math.trunc(minutes / 60), 2)}:${digits(minutes % 60, 2)}`;
}
