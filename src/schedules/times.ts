import { Cron } from "croner";
import { invalid } from "../errors.ts";
import { momentOf, wallClock } from "./zone.ts";

/** How often one looks for a time before it counts as none: a minute's pattern in an hour that comes twice needs 60. */
const TRIES = 1_500;
/** Missed times are not counted beyond this. */
const COUNTED = 1_000;

/** When a behavior is to run: once, or by a pattern of the clock in a zone. */
export interface When {
  at: Date | null;
  cron: string | null;
  timeZone: string;
}

/**
 * The next time of a pattern after a moment; null when there is none. A pattern that names hours goes by the clock on
 * the wall: a time that the clocks jump over runs once, at the next moment there is, and an hour that comes twice runs
 * the first time. One for every hour goes on evenly through both. Throws `invalid` naming `cron`.
 */
export function nextTime(cron: string, zone: string, after: Date): Date | null {
  const everyHour = cron.trim().split(/\s+/)[1] === "*" || cron.trim() === "@hourly";
  if (everyHour) return pattern(cron, zone).nextRun(after);
  const clock = pattern(cron, "UTC");
  let wall = wallClock(after, zone);
  for (let tries = 0; tries < TRIES; tries++) {
    const next = clock.nextRun(new Date(wall));
    if (next === null) return null;
    wall = next.getTime();
    const moment = momentOf(wall, zone);
    if (moment > after) return moment;
  }
  return null;
}

/** The next times of a pattern, as many as there are. Throws `invalid` naming `cron`. */
export function nextTimes(cron: string, zone: string, after: Date, count: number): Date[] {
  const times: Date[] = [];
  for (let last = after; times.length < count;) {
    const next = nextTime(cron, zone, last);
    if (next === null) break;
    times.push((last = next));
  }
  return times;
}

/** How many times of the pattern lie behind `due` and not after `now`; a thousand stands for more. */
export function missedTimes(cron: string, zone: string, due: Date, now: Date): number {
  let missed = 0;
  for (let last = due; missed < COUNTED; missed++) {
    const next = nextTime(cron, zone, last);
    if (next === null || next > now) break;
    last = next;
  }
  return missed;
}

/** Reads "2026-05-31T14:00", which is meant in the zone, or a moment with its own offset. Throws `invalid` naming `at`. */
export function readMoment(text: string, zone: string): Date {
  const given = text.trim().replace(" ", "T");
  const local = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(\.\d+)?)?$/.exec(given);
  const moment = local ? new Date(`${local[1]}T${local[2]}${local[3] ?? ":00"}Z`) : new Date(given);
  const whole = local !== null || /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i.test(given);
  if (!whole || Number.isNaN(moment.getTime()))
    throw invalid("at", "Write a date and a time, such as 2026-05-31T14:00 or 2026-05-31T14:00:00Z.");
  return local ? momentOf(Math.floor(moment.getTime() / 1000) * 1000, zone) : moment;
}

function pattern(cron: string, zone: string): Cron {
  const text = cron.trim();
  if (!/^(@\w+|\S+(\s+\S+){4})$/.test(text))
    throw invalid("cron", "A pattern has five parts: minute, hour, day, month, weekday; such as 0 9 * * 1-5.");
  try {
    return new Cron(text, { timezone: zone, paused: true, mode: "5-part" });
  } catch (cause) {
    throw invalid("cron", explained(cause));
  }
}

function explained(cause: unknown): string {
  const part = /Invalid value for (\w+): (\S+)/.exec((cause as Error).message);
  return part === null
    ? "This pattern can not be read. It has five parts, such as 0 9 * * 1-5 for nine o'clock from Monday to Friday."
    : `In this pattern ${part[2]} is no ${part[1]}.`;
}
