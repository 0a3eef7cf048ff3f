const DAY = 24 * 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A name of the IANA time zone database, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What clocks in the zone show at that moment: the milliseconds of the same figures in UTC. */
export function wallClock(moment: Date, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>;
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * The moment at which clocks in the zone show those figures: the first of the two where an hour comes twice, and the
 * next moment there is where the clocks jump over them.
 */
export function momentOf(wall: number, zone: string): Date {
  // No zone changes its clocks twice within two days.
  const [before, after] = [offset(wall - DAY, zone), offset(wall + DAY, zone)];
  const fitting = [before, after]
    .map((difference) => wall - difference)
    .filter((moment) => wallClock(new Date(moment), zone) === wall)
    .sort((a, b) => a - b);
  return new Date(fitting[0] ?? jump(wall - after, wall - before, after, zone));
}

/** Where between two moments the zone takes on that offset. */
function jump(from: number, to: number, wanted: number, zone: string): number {
  let [low, high] = [from, to];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (middle <= low) break;
    if (offset(middle, zone) === wanted) high = middle;
    else low = middle;
  }
  return high;
}

function offset(moment: number, zone: string): number {
  return wallClock(new Date(moment), zone) - Math.floor(moment / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  // Names come in any case.
  if (formats.size > 600) formats.clear();
  formats.set(zone, made);
  return made;
}
