import { runnableBehavior } from "../behaviors/browse.ts";
import { fullName } from "../behaviors/behavior.ts";
import { inTransaction, record, type Context } from "../context.ts";
import { managedSchedule } from "./browse.ts";

/** Ends a schedule; runs that it started go on. Throws `not_found`, `forbidden`. */
export async function removeSchedule(ctx: Context, id: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const schedule = await managedSchedule(inside, id);
    await inside.db("schedules").where({ id: schedule.id }).delete();
    const facts = { behavior: schedule.behavior.name, schedule: schedule.id };
    await record(inside, { action: "schedule.deleted", outcome: "ok", facts });
  });
}

/** Ends all that the actor scheduled of a behavior; returns how many that were. Throws `not_found`, `forbidden`. */
export async function unscheduleBehavior(ctx: Context, key: string): Promise<number> {
  return inTransaction(ctx, async (inside) => {
    const behavior = await runnableBehavior(inside, key);
    const ended = await inside.db("schedules").where({ behavior_id: behavior.id, scheduler_id: ctx.actor.id }).delete();
    if (ended === 0) return 0;
    const facts = { behavior: fullName(behavior), schedules: ended };
    await record(inside, { action: "schedule.deleted", outcome: "ok", facts });
    return ended;
  });
}
