import { fullName, type Behavior } from "../behaviors/behavior.ts";
import { runnableBehavior } from "../behaviors/browse.ts";
import { readInputs } from "../behaviors/inputs.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, SignetError } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { jsonText } from "../storage/json.ts";
import { scheduleInput, type Schedule, type ScheduleInput } from "./schedule.ts";
import { findSchedule } from "./store.ts";
import { nextTime, readMoment, type When } from "./times.ts";

/** A moment that passed just now is taken for now: clocks differ, and people need a moment to press a button. */
const GRACE = 60_000;
/** What one worker or bot may have waiting, so that a behavior that schedules itself twice ends somewhere. */
const MAX_PENDING = 10_000;

/** What a schedule would be. */
export interface Plan extends When {
  behavior: Behavior;
  inputs: Record<string, unknown>;
  duplicates: Schedule["duplicates"];
  nextAt: Date;
}

/**
 * Schedules runs of a behavior that the actor may run, with inputs that fit it now. With `keep_first`, a schedule of the
 * behavior that the actor made before and that is still to come stays, and is answered; with `keep_last` it is replaced.
 * `id` makes it the same schedule however often it is asked for; `late` takes a moment that has passed for now. Throws
 * `not_found`, `forbidden`, `conflict` for a behavior that is switched off, and `invalid` naming each field.
 */
export async function scheduleBehavior(
  ctx: Context,
  key: string,
  given: ScheduleInput,
  { id = newId(), late = false }: { id?: string; late?: boolean } = {},
): Promise<Schedule> {
  const plan = await planSchedule(ctx, key, given, late);
  return inTransaction(ctx, async (inside) => {
    await onlyOne(inside, plan.behavior.id);
    const pending = await pendingOf(inside, plan.behavior.id);
    const kept = pending.includes(id) ? id : plan.duplicates === "keep_first" ? pending.at(-1) : undefined;
    if (kept !== undefined) return (await findSchedule(inside, kept))!;
    if (plan.duplicates === "keep_last") await inside.db("schedules").whereIn("id", pending).delete();
    await requireRoom(inside);
    await insert(inside, plan, id);
    await notify(inside, "schedule", id);
    const facts = { behavior: fullName(plan.behavior), schedule: id, when: when(plan), duplicates: plan.duplicates };
    await record(inside, { action: "schedule.created", outcome: "ok", facts });
    return (await findSchedule(inside, id))!;
  });
}

/** What scheduleBehavior() would do, without doing it. Throws as it does. */
export async function planSchedule(ctx: Context, key: string, given: ScheduleInput, late = false): Promise<Plan> {
  const { at, cron, time_zone, inputs, duplicates } = scheduleInput.parse(given);
  const behavior = await runnableBehavior(ctx, key);
  if (!behavior.enabled) throw new SignetError("conflict", `${fullName(behavior)} is switched off.`);
  readInputs(behavior.inputs, inputs);
  const moment = at === undefined ? null : readMoment(at, time_zone);
  const now = ctx.clock();
  if (moment !== null && !late && moment.getTime() < now.getTime() - GRACE)
    throw invalid("at", "This moment has passed.");
  const nextAt = moment ?? nextTime(cron!, time_zone, now);
  if (nextAt === null) throw invalid("cron", "There is no such time in the years to come.");
  return { behavior, inputs, duplicates, at: moment, cron: cron ?? null, timeZone: time_zone, nextAt };
}

/** When it runs, for the audit and for people: the moment, or the pattern with its zone. */
export function when({ at, cron, timeZone }: When): string {
  return at === null ? `${cron} ${timeZone}` : at.toISOString();
}

async function insert({ db, actor, clock }: Context, plan: Plan, id: string): Promise<void> {
  await db("schedules").insert({
    id,
    behavior_id: plan.behavior.id,
    at: plan.at,
    cron: plan.cron,
    time_zone: plan.timeZone,
    inputs: jsonText(plan.inputs),
    duplicates: plan.duplicates,
    scheduler_type: actor.type,
    scheduler_id: actor.id,
    scheduler_name: actor.name,
    next_at: plan.nextAt,
    created_at: clock(),
  });
}

/** Two that schedule the same at once see each other. */
async function onlyOne({ db, actor }: Context, behavior: string): Promise<void> {
  await db.raw("select pg_advisory_xact_lock(hashtext('signet:schedules'), hashtext(?))", [`${behavior} ${actor.id}`]);
}

async function pendingOf({ db, actor }: Context, behavior: string): Promise<string[]> {
  const query = db("schedules").where({ behavior_id: behavior, scheduler_id: actor.id }).orderBy("id", "desc");
  return (await query.pluck("id")) as string[];
}

async function requireRoom({ db, actor }: Context): Promise<void> {
  const [row] = (await db("schedules").where({ scheduler_id: actor.id }).count({ count: "*" })) as { count: number }[];
  if (Number(row!.count) >= MAX_PENDING)
    throw new SignetError(
      "rate_limited",
      `${actor.name} has ${MAX_PENDING} schedules waiting, which is as many as it may.`,
    );
}
