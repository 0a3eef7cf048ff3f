import type { Context } from "../context.ts";
import type { Issue } from "../errors.ts";
import { scheduleInput, type ScheduleInput } from "../schedules/schedule.ts";
import { nextTime, readMoment } from "../schedules/times.ts";
import { same, under, type Change } from "./change.ts";
import type { PackageBehavior } from "./package.ts";
import type { PlannedBehavior } from "./plan-behaviors.ts";
import type { Naming } from "./plan-services.ts";
import type { LeftOut } from "./read.ts";
import { zodIssues } from "./zod-issues.ts";

/** A schedule that an import makes. One that the package made before is never made again: people may have ended it. */
export interface PlannedSchedule {
  change: Change;
  /** Uid of the behavior. */
  behavior: string;
  input: ScheduleInput;
}

/** What a package schedules that it has not scheduled here before. */
export function planSchedules(
  ctx: Context,
  behaviors: PlannedBehavior[],
  naming: Naming,
  problems: Issue[],
  leftOut: LeftOut[],
): PlannedSchedule[] {
  return behaviors.flatMap(({ behavior, change }) => {
    const before = (naming.installed("behavior", behavior.uid)?.schedules ?? []) as unknown[];
    return (behavior.schedules ?? []).flatMap((given, index): PlannedSchedule[] => {
      const path = `${change.path}.schedules.${index}`;
      if (before.some((one) => same(one, given))) return [];
      if (ctx.actor.type !== "worker") {
        leftOut.push({ path, reason: "Schedules are made by people: whoever makes one starts its runs." });
        return [];
      }
      const read = scheduleInput.safeParse(inputOf(given));
      const found = read.success ? wrongTime(ctx, read.data) : zodIssues(read.error);
      problems.push(...under(path, found));
      return [{ change: scheduled(behavior, path, given), behavior: behavior.uid, input: inputOf(given) }];
    });
  });
}

type Given = NonNullable<PackageBehavior["schedules"]>[number];

function inputOf({ uid: _uid, ...input }: Given): ScheduleInput {
  return input as ScheduleInput;
}

function wrongTime(ctx: Context, { at, cron, time_zone }: ReturnType<typeof scheduleInput.parse>): Issue[] {
  try {
    if (at !== undefined && readMoment(at, time_zone).getTime() < ctx.clock().getTime())
      return [{ path: "at", message: "This moment has passed." }];
    if (cron !== undefined && nextTime(cron, time_zone, ctx.clock()) === null)
      return [{ path: "cron", message: "There is no such time in the years to come." }];
    return [];
  } catch (error) {
    return [{ path: at === undefined ? "cron" : "at", message: (error as Error).message }];
  }
}

function scheduled(behavior: PackageBehavior, path: string, { at, cron, time_zone = "UTC" }: Given): Change {
  const when = at === undefined ? `${cron ?? ""} (${time_zone})` : at;
  const name = `Runs ${behavior.title} by itself: ${when}`;
  const base = { what: "schedule" as const, action: "create" as const, uid: path, path, name, id: null, fields: [] };
  return { ...base, note: null, suggestion: null };
}
