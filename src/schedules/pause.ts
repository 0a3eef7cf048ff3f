import { getBehavior } from "../behaviors/browse.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid } from "../errors.ts";
import { managedSchedule } from "./browse.ts";
import { planSchedule } from "./add.ts";
import type { Schedule } from "./schedule.ts";
import { findSchedule } from "./store.ts";

/** Keeps a schedule without running it, until it is resumed. Throws `not_found`, `forbidden`. */
export async function pauseSchedule(ctx: Context, id: string): Promise<Schedule> {
  return inTransaction(ctx, async (inside) => {
    const { behavior } = await managedSchedule(inside, id);
    const reason = `${inside.actor.name} paused it.`;
    await inside.db("schedules").where({ id }).update({ state: "paused", paused_reason: reason });
    const facts = { behavior: behavior.name, schedule: id, reason };
    await record(inside, { action: "schedule.paused", outcome: "ok", facts });
    return (await findSchedule(inside, id))!;
  });
}

/**
 * Lets a paused schedule run again, from its next time on. Throws `not_found`, `forbidden`, and `invalid` when its moment
 * has passed or its inputs no longer fit.
 */
export async function resumeSchedule(ctx: Context, id: string): Promise<Schedule> {
  return inTransaction(ctx, async (inside) => {
    const schedule = await managedSchedule(inside, id);
    const { at, cron, timeZone, inputs } = schedule;
    const behavior = await getBehavior(inside, schedule.behavior.id);
    if (at !== null && at < inside.clock()) throw invalid("at", "Its moment has passed. Schedule it anew.");
    const when = at === null ? { cron: cron! } : { at: at.toISOString() };
    const { nextAt } = await planSchedule(inside, behavior.id, { ...when, time_zone: timeZone, inputs });
    await inside.db("schedules").where({ id }).update({ state: "active", paused_reason: null, next_at: nextAt });
    await notify(inside, "schedule", id);
    const facts = { behavior: schedule.behavior.name, schedule: id };
    await record(inside, { action: "schedule.resumed", outcome: "ok", facts });
    return (await findSchedule(inside, id))!;
  });
}
