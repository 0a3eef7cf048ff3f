import type { World } from "../context.ts";
import type { Knex } from "../storage/database.ts";
import type { Schedule } from "./schedule.ts";
import { toSchedule, type ScheduleRow } from "./store.ts";
import { missedTimes, nextTime } from "./times.ts";

/** A schedule whose time has come, with how many of its times passed meanwhile and when it comes next. */
export interface Due {
  schedule: Schedule;
  missed: number;
  /** Null when it was for once, or its pattern has no more times. */
  following: Date | null;
}

/**
 * Takes schedules whose time has come, those that waited longest first, and holds them until the transaction of `db`
 * ends; those that another process holds are left to it. However many times of a pattern passed, it is due once.
 */
export async function takeDue(db: Knex, now: Date, limit: number): Promise<Due[]> {
  const { rows } = await db.raw<{ rows: ScheduleRow[] }>(
    `select schedules.*, behaviors.slug as behavior_slug, behaviors.title as behavior_title, bots.id as bot_id,
       bots.slug as bot_slug
     from schedules join behaviors on behaviors.id = schedules.behavior_id join bots on bots.id = behaviors.bot_id
     where schedules.state = 'active' and next_at <= ? order by next_at limit ? for update of schedules skip locked`,
    [now, limit],
  );
  return rows.map((row) => {
    const schedule = toSchedule(row);
    const { cron, timeZone, nextAt } = schedule;
    if (cron === null) return { schedule, missed: 0, following: null };
    return { schedule, missed: missedTimes(cron, timeZone, nextAt, now), following: nextTime(cron, timeZone, now) };
  });
}

/** Their runs are in the queue: those for once go, the others get their next time. Runs are named by schedule. */
export async function settleDue(db: Knex, due: Due[], runs: Map<string, string>, now: Date): Promise<void> {
  const over = due.filter(({ following }) => following === null).map(({ schedule }) => schedule.id);
  const onward = due
    .filter(({ following }) => following !== null)
    .map(({ schedule: { id }, missed, following }) => ({ id, missed, next: following, run: runs.get(id) }));
  if (over.length > 0) await db("schedules").whereIn("id", over).delete();
  if (onward.length === 0) return;
  await db.raw(
    `update schedules set next_at = line.next, missed = line.missed, last_at = ?, last_run_id = line.run
     from jsonb_to_recordset(?) as line (id uuid, next timestamptz, missed int, run uuid) where schedules.id = line.id`,
    [now, JSON.stringify(onward)],
  );
}

/** They can not run as they are: kept, with the reason, until somebody resumes them. Reasons are by schedule. */
export async function pauseDue(db: Knex, reasons: Map<string, string>): Promise<void> {
  if (reasons.size === 0) return;
  const lines = [...reasons].map(([id, reason]) => ({ id, reason }));
  await db.raw(
    `update schedules set state = 'paused', paused_reason = line.reason
     from jsonb_to_recordset(?) as line (id uuid, reason text) where schedules.id = line.id`,
    [JSON.stringify(lines)],
  );
}

/** When the next schedule is due; null while there is none. */
export async function nextDue(world: World): Promise<Date | null> {
  const row = await world.database
    .knex("schedules")
    .where({ state: "active" })
    .min<{ next: Date | null }>("next_at as next")
    .first();
  return row?.next ?? null;
}
