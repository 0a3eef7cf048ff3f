import { Refusal } from "./refusal.ts";

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A date whose UTC fields read as a clock on the wall of `zone` does at `date`. Throws a Refusal for an unknown zone. */
export function onTheWall(date: Date, zone: string): Date {
  return new Date(date.getTime() + offset(date.getTime(), zone));
}

/**
 * The moment at which a clock on the wall of `zone` reads what `wall` reads in UTC. What the clock shows twice is the
 * first of the two; what it skips is as much later. Throws a Refusal for an unknown zone.
 */
export function fromTheWall(wall: Date, zone: string): Date {
  const read = wall.getTime();
  const before = offset(read - DAY, zone);
  const after = offset(read + DAY, zone);
  const found = [before, after].find((candidate) => offset(read - candidate, zone) === candidate);
  return new Date(read - (found ?? before));
}

/** Milliseconds by which clocks in `zone` are ahead of UTC at a moment. */
function offset(moment: number, zone: string): number {
  if (zone === "UTC") return 0;
  const seconds = Math.floor(moment / 1000) * 1000;
  const part = new Map(
    formatIn(zone)
      .formatToParts(seconds)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const wall = new Date(0);
  wall.setUTCFullYear(part.get("year")!, part.get("month")! - 1, part.get("day"));
  wall.setUTCHours(part.get("hour")!, part.get("minute"), part.get("second"));
  return wall.getTime() - seconds;
}

function formatIn(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const field = "2-digit";
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: zone, hourCycle: "h23", year: "numeric" },
      ...({ month: field, day: field, hour: field, minute: field, second: field } as const),
    });
    // There are some six hundred zones, written in any case.
    if (formats.size < 1000) formats.set(zone, format);
    return format;
  } catch {
    throw new Refusal(`“${zone.slice(0, 60)}” is not a time zone; write a name such as Europe/Zurich, or UTC.`);
  }
}
