import { nextTimes, type When } from "../schedules/times.ts";

/** A moment as clocks in the zone show it: "Mon 1 Jun 2026, 09:00 GMT+2". */
export function clockTime(at: Date, zone: string): string {
  const day = at.toLocaleDateString("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: zone,
  });
  const time = at.toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
    timeZoneName: "shortOffset",
  });
  return `${day.replace(",", "")}, ${time.replace(/\bGMT$/, "UTC")}`;
}

/** When a schedule runs, and where that time counts. */
export function whenWords({ at, cron, timeZone }: When): { text: string; detail: string } {
  return at === null
    ? { text: cron!, detail: timeZone }
    : { text: clockTime(at, timeZone), detail: `once · ${timeZone}` };
}

/** The next five times of a pattern in words. Throws `invalid` naming `cron`. */
export function preview(cron: string, zone: string, now: Date): string[] {
  return nextTimes(cron, zone, now, 5).map((time) => clockTime(time, zone));
}

/** Every time zone that this Node knows, for a menu. */
export function zoneChoices(chosen: string): { value: string; label: string }[] {
  const names = new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), chosen]);
  return [...names].map((value) => ({ value, label: value.replaceAll("_", " ") }));
}
