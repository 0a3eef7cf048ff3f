import { describe, expect, it } from "vitest";
import { missedTimes, nextTimes, readMoment } from "../../src/schedules/times.ts";
import { isTimeZone } from "../../src/schedules/zone.ts";

const times = (cron: string, zone: string, after: string, count: number) =>
  nextTimes(cron, zone, new Date(after), count).map((time) => time.toISOString().slice(0, 16));

describe("a pattern in Berlin", () => {
  it("keeps to the clock on the wall through summer and winter", () => {
    expect(times("0 9 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 2)).toEqual([
      "2026-03-28T08:00",
      "2026-03-29T07:00",
    ]);
    expect(times("0 9 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z", 2)).toEqual([
      "2026-10-24T07:00",
      "2026-10-25T08:00",
    ]);
  });

  it("runs a time that the clocks jump over once, at the next moment there is", () => {
    const night = ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"];
    expect(times("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3)).toEqual(night);
    // Two times of the hour that is not there, and one behind it, are the same moment.
    const several = ["2026-03-29T01:00", "2026-03-30T00:00", "2026-03-30T00:30", "2026-03-30T01:00"];
    expect(times("0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 3)).toEqual(several.slice(0, 3));
    expect(times("0,30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", 1)).toEqual(several.slice(1, 2));
    expect(times("0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 3)).toEqual([
      several[0],
      several[1],
      several[3],
    ]);
  });

  it("runs in an hour that comes twice the first time", () => {
    const night = ["2026-10-25T00:30", "2026-10-26T01:30"];
    expect(times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual(night);
    for (const between of ["2026-10-25T00:30:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"])
      expect(times("30 2 * * *", "Europe/Berlin", between, 1)).toEqual(night.slice(1));
    expect(times("* 2 * * *", "Europe/Berlin", "2026-10-25T00:59:00Z", 1)).toEqual(["2026-10-26T01:00"]);
  });

  it("goes on evenly where it names no hour", () => {
    const even = ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30"];
    expect(times("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:40:00Z", 4)).toEqual(even);
    expect(times("0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 2)).toEqual([
      "2026-03-29T01:00",
      "2026-03-29T02:00",
    ]);
  });
});

describe("a pattern elsewhere", () => {
  it("knows New York's own days", () => {
    const spring = ["2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"];
    expect(times("30 2 * * *", "America/New_York", "2026-03-07T00:00:00Z", 3)).toEqual(spring);
    expect(times("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2)).toEqual([
      "2026-11-01T05:30",
      "2026-11-02T06:30",
    ]);
  });

  it("knows a jump of half an hour, and a day that never was", () => {
    // Lord Howe goes on by 30 minutes at 2:00 on 4 October 2026.
    expect(times("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", 2)).toEqual([
      "2026-10-03T15:30",
      "2026-10-04T15:15",
    ]);
    // Samoa went from 29 to 31 December 2011.
    expect(times("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 1)).toEqual(["2011-12-30T10:00"]);
  });
});

describe("what is given", () => {
  it("is a moment with its offset, or as clocks in the zone show it", () => {
    const read = (text: string, zone: string) => readMoment(text, zone).toISOString();
    expect(read("2026-05-31T14:00:00+02:00", "America/New_York")).toBe("2026-05-31T12:00:00.000Z");
    expect(read("2026-05-31T14:00", "America/New_York")).toBe("2026-05-31T18:00:00.000Z");
    expect(read("2026-05-31 14:00:30", "UTC")).toBe("2026-05-31T14:00:30.000Z");
    expect(read("2026-03-29T02:30", "Europe/Berlin")).toBe("2026-03-29T01:00:00.000Z");
    expect(read("2026-10-25T02:30", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
    for (const wrong of ["tomorrow", "2026-13-01T00:00", "2026-05-31", "1780000000", ""])
      expect(() => readMoment(wrong, "UTC"), wrong).toThrow("Write a date and a time");
  });

  it("is refused with what is wrong about it", () => {
    expect(() => times("* * * * * *", "UTC", "2026-01-01T00:00:00Z", 1)).toThrow("five parts");
    expect(() => times("61 * * * *", "UTC", "2026-01-01T00:00:00Z", 1)).toThrow("In this pattern 61 is no minute.");
    expect(times("0 0 31 2 *", "UTC", "2026-01-01T00:00:00Z", 1)).toEqual([]);
    expect(["Europe/Berlin", "UTC", "Etc/GMT+5"].map(isTimeZone)).toEqual([true, true, true]);
    expect(["Mars/Base", "+02:00", "", "../x", "Europe"].map(isTimeZone)).toEqual([false, false, false, false, false]);
  });

  it("is counted where it was missed", () => {
    const missed = (from: string, to: string) => missedTimes("0 * * * *", "UTC", new Date(from), new Date(to));
    expect(missed("2026-01-01T00:00:00Z", "2026-01-01T00:59:59Z")).toBe(0);
    expect(missed("2026-01-01T00:00:00Z", "2026-01-03T02:00:00Z")).toBe(50);
    expect(missed("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z")).toBe(1000);
  });
});
