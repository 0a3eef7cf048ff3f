import { z } from "zod";
import type { When } from "./times.ts";
import { isTimeZone } from "./zone.ts";

export const DUPLICATES = ["allow", "keep_first", "keep_last"] as const;

/** A run that is to come, or runs that come again and again. */
export interface Schedule extends When {
  id: string;
  behavior: { id: string; name: string; title: string; bot: string };
  inputs: Record<string, unknown>;
  duplicates: (typeof DUPLICATES)[number];
  /** Who scheduled it, and so starts its runs. */
  scheduler: { type: "worker" | "bot"; id: string; name: string };
  state: "active" | "paused";
  pausedReason: string | null;
  nextAt: Date;
  lastAt: Date | null;
  lastRunId: string | null;
  /** How many times passed before the last run while no Signet was there to run them. */
  missed: number;
  createdAt: Date;
}

export const timeZone = z
  .string()
  .trim()
  .max(100)
  .refine(isTimeZone, "Name a time zone such as Europe/Berlin, America/New_York or UTC.");

export const scheduleInput = z
  .strictObject({
    /** A moment: with an offset, or as clocks in the time zone show it. */
    at: z.string().trim().min(1, "Enter a date and a time.").max(60).optional(),
    /** A pattern of five parts. */
    cron: z.string().trim().min(1, "Enter a pattern.").max(200).optional(),
    time_zone: timeZone.default("UTC"),
    inputs: z.record(z.string(), z.unknown()).default({}),
    /** What becomes of a schedule of this behavior that the same one made before and that is still to come. */
    duplicates: z.enum(DUPLICATES).default("allow"),
  })
  .superRefine(({ at, cron }, check) => {
    if (at === undefined && cron === undefined)
      check.addIssue({ code: "custom", path: ["at"], message: "Say when: at a moment, or by a pattern (cron)." });
    if (at !== undefined && cron !== undefined)
      check.addIssue({ code: "custom", path: ["cron"], message: "Give at or cron, not both." });
  });
export type ScheduleInput = z.input<typeof scheduleInput>;
