import { Duration } from "@marcbachmann/cel-js/evaluator";
import { fromTheWall, onTheWall } from "../clock.ts";
import { momentOf, readMoment } from "../moments.ts";
import { Refusal } from "../refusal.ts";
import type { Definition } from "./definition.ts";
import { formatted } from "./format.ts";

const MOMENT = 'timestamp("2026-03-01T23:30:00Z")';

export const dates: Definition[] = [
  {
    signature: "parse_date(string): timestamp",
    help: "The moment that ISO 8601 text names; without an offset it is in UTC.",
    ...{ example: 'parse_date("2026-03-01")', result: "2026-03-01T00:00:00.000Z" },
    run: (text: string) => readMoment(text, "UTC"),
  },
  {
    signature: "parse_date(string, string): timestamp",
    help: "The moment that ISO 8601 text names; without an offset it is in the time zone given.",
    ...{ example: 'parse_date("2026-03-01 09:00", "Europe/Zurich")', result: "2026-03-01T08:00:00.000Z" },
    run: readMoment,
  },
  {
    signature: "from_unix(number): timestamp",
    help: "The moment of so many seconds since 1970.",
    ...{ example: "from_unix(1772400600)", result: "2026-03-01T21:30:00.000Z" },
    run: (seconds: unknown) => momentOf(Math.floor(numberOf(seconds) * 1000)),
  },
  {
    signature: "from_unix_ms(number): timestamp",
    help: "The moment of so many milliseconds since 1970.",
    ...{ example: "from_unix_ms(1772400600250)", result: "2026-03-01T21:30:00.250Z" },
    run: (milliseconds: unknown) => momentOf(Math.floor(numberOf(milliseconds))),
  },
  {
    signature: "to_unix(timestamp): int",
    help: "Whole seconds since 1970.",
    ...{ example: `to_unix(${MOMENT})`, result: 1772407800 },
    run: (moment: Date) => BigInt(Math.floor(moment.getTime() / 1000)),
  },
  {
    signature: "to_unix_ms(timestamp): int",
    help: "Milliseconds since 1970.",
    ...{ example: `to_unix_ms(${MOMENT})`, result: 1772407800000 },
    run: (moment: Date) => BigInt(moment.getTime()),
  },
  {
    signature: "format_date(timestamp, string): string",
    help: "A moment in UTC by a pattern of yyyy yy MMMM MMM MM M dd d EEEE EEE HH H hh h mm ss SSS a ZZ; 'letters' as they are.",
    ...{ example: `format_date(${MOMENT}, "d MMM yyyy, HH:mm")`, result: "1 Mar 2026, 23:30" },
    run: (moment: Date, pattern: string) => formatted(moment, pattern, "UTC"),
  },
  {
    signature: "format_date(timestamp, string, string): string",
    help: "The same on the clocks of a time zone.",
    ...{
      example: `format_date(${MOMENT}, "yyyy-MM-dd'T'HH:mmZZ", "Europe/Zurich")`,
      result: "2026-03-02T00:30+01:00",
    },
    run: formatted,
  },
  {
    signature: "days(int): duration",
    help: 'A duration of so many times 24 hours, to add or subtract; shorter ones are duration("90m").',
    ...{ example: `${MOMENT} + days(2) - duration("30m")`, result: "2026-03-03T23:00:00.000Z" },
    run: (count: bigint) => new Duration(count * 86_400n),
  },
  {
    signature: "add_months(timestamp, int): timestamp",
    help: "The same day and time so many months later in UTC, or the last day of a shorter month.",
    ...{ example: 'add_months(timestamp("2026-01-31T08:00:00Z"), 1)', result: "2026-02-28T08:00:00.000Z" },
    run: addMonths,
  },
  {
    signature: "start_of_day(timestamp, string): timestamp",
    help: "The moment at which the day began in a time zone.",
    ...{ example: `start_of_day(${MOMENT}, "Europe/Zurich")`, result: "2026-03-01T23:00:00.000Z" },
    run: startOfDay,
  },
  {
    signature: "difference(timestamp, timestamp, string): int",
    help: "Whole milliseconds, seconds, minutes, hours or days from the second moment to the first.",
    ...{ example: `difference(${MOMENT}, timestamp("2026-02-27T00:00:00Z"), "days")`, result: 2 },
    run: difference,
  },
];

function numberOf(value: unknown): number {
  if (typeof value === "bigint" || typeof value === "number") return Number(value);
  throw new Refusal("A Unix time is a number; write int(…) around a text.");
}

function addMonths(moment: Date, count: bigint): Date {
  const later = new Date(moment);
  const day = later.getUTCDate();
  later.setUTCDate(1);
  later.setUTCMonth(later.getUTCMonth() + Number(count));
  const last = new Date(later);
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  later.setUTCDate(Math.min(day, last.getUTCDate()));
  return momentOf(later.getTime());
}

function startOfDay(moment: Date, zone: string): Date {
  const wall = onTheWall(moment, zone);
  wall.setUTCHours(0, 0, 0, 0);
  return momentOf(fromTheWall(wall, zone).getTime());
}

const UNITS = new Map([
  ["milliseconds", 1],
  ["seconds", 1000],
  ["minutes", 60_000],
  ["hours", 3_600_000],
  ["days", 86_400_000],
]);

function difference(later: Date, earlier: Date, unit: string): bigint {
  const size = UNITS.get(unit);
  if (!size) throw new Refusal(`A difference is in ${[...UNITS.keys()].join(", ")}, not in “${unit.slice(0, 40)}”.`);
  return BigInt(Math.trunc((later.getTime() - earlier.getTime()) / size));
}
