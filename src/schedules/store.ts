import type { Context } from "../context.ts";
import type { Knex } from "../storage/database.ts";
import type { Schedule } from "./schedule.ts";

/** Rows of `schedules` with the names of their behaviors; for this room only. */
export interface ScheduleRow {
  id: string;
  behavior_id: string;
  behavior_slug: string;
  behavior_title: string;
  bot_id: string;
  bot_slug: string;
  at: Date | null;
  cron: string | null;
  time_zone: string;
  inputs: Record<string, unknown>;
  duplicates: Schedule["duplicates"];
  scheduler_type: "worker" | "bot";
  scheduler_id: string;
  scheduler_name: string;
  state: Schedule["state"];
  paused_reason: string | null;
  next_at: Date;
  last_at: Date | null;
  last_run_id: string | null;
  missed: number;
  created_at: Date;
}

export function scheduleRows(ctx: Pick<Context, "db">): Knex.QueryBuilder {
  return ctx
    .db("schedules")
    .join("behaviors", "behaviors.id", "schedules.behavior_id")
    .join("bots", "bots.id", "behaviors.bot_id")
    .select(
      "schedules.*",
      "behaviors.slug as behavior_slug",
      "behaviors.title as behavior_title",
      "bots.id as bot_id",
      "bots.slug as bot_slug",
    );
}

export function toSchedule(row: ScheduleRow): Schedule {
  return {
    id: row.id,
    behavior: {
      id: row.behavior_id,
      name: `${row.bot_slug}/${row.behavior_slug}`,
      title: row.behavior_title,
      bot: row.bot_id,
    },
    at: row.at,
    cron: row.cron,
    timeZone: row.time_zone,
    inputs: row.inputs,
    duplicates: row.duplicates,
    scheduler: { type: row.scheduler_type, id: row.scheduler_id, name: row.scheduler_name },
    state: row.state,
    pausedReason: row.paused_reason,
    nextAt: row.next_at,
    lastAt: row.last_at,
    lastRunId: row.last_run_id,
    missed: row.missed,
    createdAt: row.created_at,
  };
}

export async function findSchedule(ctx: Pick<Context, "db">, id: string): Promise<Schedule | undefined> {
  const row = (await scheduleRows(ctx).where("schedules.id", id).first()) as ScheduleRow | undefined;
  return row && toSchedule(row);
}
