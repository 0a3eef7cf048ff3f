import { fromTheWall } from "./clock.ts";
import { Refusal } from "./refusal.ts";

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?([Zz]|[+-]\d{2}:?\d{2})?$/;
const FIRST = -62_135_596_800_000; // 0001-01-01T00:00:00Z
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Reads an ISO 8601 date or time. Without an offset of its own it is a clock's in `zone`.
 * Throws a Refusal for what is none, such as the 30th of February.
 */
export function readMoment(text: string, zone: string): Date {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", own] = FORM.exec(text) ?? [];
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (year === undefined || !isReal || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw new Refusal(`“${text.slice(0, 40)}” is not a date such as 2026-03-01 or 2026-03-01T09:30:00Z.`);
  }
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, "0").slice(0, 3)));
  if (own === undefined) return momentOf(fromTheWall(date, zone).getTime());
  return momentOf(date.getTime() - offsetOf(own));
}

/** A moment of the years 1 to 9999 from its milliseconds; throws a Refusal for another. */
export function momentOf(milliseconds: number): Date {
  if (milliseconds >= FIRST && milliseconds <= LAST) return new Date(milliseconds);
  throw new Refusal("The moment is outside the years 1 to 9999.");
}

function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(-2))];
  return (text[0] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
