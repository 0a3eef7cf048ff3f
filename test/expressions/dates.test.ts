import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { evaluatorForTests, refusalOf } from "./support.ts";

const { valueOf } = evaluatorForTests();

describe("a moment", () => {
  test.each([
    ["2026-03-01", "2026-03-01T00:00:00.000Z"],
    ["2026-03-01T09:30", "2026-03-01T09:30:00.000Z"],
    ["2026-03-01 09:30:15.1239", "2026-03-01T09:30:15.123Z"],
    ["2026-03-01T09:30:15+02:00", "2026-03-01T07:30:15.000Z"],
    ["2026-03-01T09:30:15-0330", "2026-03-01T13:00:15.000Z"],
    ["2024-02-29t00:00:00z", "2024-02-29T00:00:00.000Z"],
    ["0001-01-01", "0001-01-01T00:00:00.000Z"],
  ])("is read from %s", async (text, iso) => {
    expect(await valueOf("parse_date(inputs.text)", { inputs: { text } })).toBe(iso);
    if (text.length >= 20) expect(await valueOf("timestamp(inputs.text)", { inputs: { text } })).toBe(iso);
  });

  test.each([
    "",
    "2026-02-30",
    "2026-13-01",
    "2026-01-01T25:00",
    "1 Mar 2026",
    "2026-03-01T09:30:00 CET",
    "12026-01-01",
  ])("is not read from %j", async (text) => {
    for (const call of ["parse_date(inputs.text)", "timestamp(inputs.text)"]) {
      expect(await refusalOf(valueOf(call, { inputs: { text } }))).toContain("is not a date such as 2026-03-01");
    }
  });

  test.each([
    // Clocks in Zurich skip 02:00 to 03:00 on 29 March 2026, and show 02:00 to 03:00 twice on 25 October.
    ['parse_date("2026-03-29 02:30", "Europe/Zurich")', "2026-03-29T01:30:00.000Z"],
    ['parse_date("2026-10-25 02:30", "Europe/Zurich")', "2026-10-25T00:30:00.000Z"],
    ['parse_date("2026-11-01 01:30", "America/New_York")', "2026-11-01T05:30:00.000Z"],
    ['parse_date("2026-03-08 02:30", "America/New_York")', "2026-03-08T07:30:00.000Z"],
    ['parse_date("2026-07-01 12:00", "Asia/Kathmandu")', "2026-07-01T06:15:00.000Z"],
    ['start_of_day(timestamp("2026-03-29T12:00:00Z"), "Europe/Zurich")', "2026-03-28T23:00:00.000Z"],
    ['start_of_day(timestamp("2026-03-30T12:00:00Z"), "Europe/Zurich")', "2026-03-29T22:00:00.000Z"],
    // Beirut skips midnight itself.
    ['start_of_day(timestamp("2026-03-29T12:00:00Z"), "Asia/Beirut")', "2026-03-28T22:00:00.000Z"],
    ['add_months(timestamp("2024-01-31T00:00:00Z"), 13)', "2025-02-28T00:00:00.000Z"],
    ['add_months(timestamp("2024-03-31T00:00:00Z"), -1)', "2024-02-29T00:00:00.000Z"],
  ])("is found on the clocks of a zone: %s", async (text, iso) => {
    expect(await valueOf(text)).toBe(iso);
  });

  test.each<[string, unknown]>([
    ['format_date(now, "yyyy yy M MM MMM MMMM d dd EEE EEEE", "UTC")', "2026 26 3 03 Mar March 1 01 Sun Sunday"],
    ['format_date(now, "H HH h hh mm ss SSS a ZZ")', "9 09 9 09 30 00 000 AM Z"],
    ["format_date(now, \"'at' HH''mm ZZ\", \"America/St_Johns\")", "at 06'00 -03:30"],
    ["now.getHours()", 9],
    ['now.getHours("Asia/Tokyo")', 18],
    ['now.getDayOfWeek("Pacific/Auckland")', 0],
    ["now.getDayOfYear()", 59],
    ["now.getMonth()", 2],
    ["now.getDayOfMonth()", 0],
    ["now.getDate()", 1],
    ['duration("90m").getHours()', 1],
    ['difference(now, timestamp("2026-03-01T10:00:00Z"), "minutes")', -30],
  ])("reads as a person wants it: %s is %j", async (text, value) => {
    expect(await valueOf(text)).toBe(value);
  });

  test.each([
    ['now.getHours("Mars/Base")', "“Mars/Base” is not a time zone; write a name such as Europe/Zurich, or UTC."],
    ['format_date(now, "yyyy", "")', "“” is not a time zone; write a name such as Europe/Zurich, or UTC."],
    ['format_date(now, "YYYY")', "“YYYY” stands for no part of a date; put letters that are text in '…'."],
    [
      'difference(now, now, "weeks")',
      "A difference is in milliseconds, seconds, minutes, hours, days, not in “weeks”.",
    ],
    ["from_unix(1e300)", "The moment is outside the years 1 to 9999."],
    ['from_unix("1")', "A Unix time is a number; write int(…) around a text."],
    ['duration("soon")', 'A duration is a text such as "90s", "15m" or "1h30m".'],
    [`duration("${"1".repeat(100)}s")`, 'A duration is a text such as "90s", "15m" or "1h30m".'],
  ])("%s is refused with a sentence", async (text, sentence) => {
    expect((await refusalOf(valueOf(text))).replace(/^At character \d+: /, "")).toBe(sentence);
  });

  test("does not depend on where the process thinks it is", () => {
    const module = new URL("../../src/expressions/evaluator.ts", import.meta.url).href;
    const jobs = ["now.getHours()", 'now.getHours("Europe/Zurich")', "now.getDayOfYear()", "parse_date('2026-03-29')"];
    const program = `import { Evaluator } from ${JSON.stringify(module)};
      const scope = { inputs: {}, config: {}, vars: {}, steps: {}, trigger: null, now: "2026-03-29T01:30:00Z" };
      const jobs = ${JSON.stringify(jobs)}.map((text) => ({ text, as: "expression" }));
      process.stdout.write(JSON.stringify(await new Evaluator().evaluate(jobs, scope)));`;
    const answers = ["UTC", "Europe/Zurich", "America/New_York"].map((TZ) => {
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { env: { TZ } });
      return stdout.toString() || stderr.toString();
    });
    expect(new Set(answers)).toEqual(new Set(['[1,3,87,"2026-03-29T00:00:00.000Z"]']));
  });
});
