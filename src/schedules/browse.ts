import { isAdmin, type Actor } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import { getBehavior } from "../behaviors/browse.ts";
import { knownBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import type { Knex } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import { keyset, page, pageOnly, type Page } from "../storage/page.ts";
import type { Schedule } from "./schedule.ts";
import { findSchedule, scheduleRows, toSchedule, type ScheduleRow } from "./store.ts";
import type { z } from "zod";

export const listSchedulesInput = pageOnly;
export type ListSchedules = z.input<typeof pageOnly>;

/**
 * Schedules that the actor made, and those of behaviors whose bot it is or looks after; newest first. With a behavior,
 * only that one's; throws `not_found` for one that the actor may not see.
 */
export async function listSchedules(ctx: Context, given: ListSchedules, behavior?: string): Promise<Page<Schedule>> {
  const { limit, cursor } = pageOnly.parse(given);
  const query = scheduleRows(ctx)
    .orderBy("schedules.id", "desc")
    .limit(limit + 1);
  if (behavior !== undefined) query.where("schedules.behavior_id", (await getBehavior(ctx, behavior)).id);
  scope(query, ctx.actor);
  if (cursor) query.where("schedules.id", "<", keyset(cursor, "id")[0]!);
  return page((await query) as ScheduleRow[], limit, toSchedule, (row) => [row.id]);
}

/** A schedule that the actor may see. Throws `not_found`. */
export async function getSchedule(ctx: Context, id: string): Promise<Schedule> {
  const schedule = isId(id) ? await findSchedule(ctx, id) : undefined;
  if (!schedule || !(await sees(ctx, schedule))) throw notFound("schedule");
  return schedule;
}

/** A schedule that the actor may stop: its own, or one of a bot that it manages. Throws `not_found`, `forbidden`. */
export async function managedSchedule(ctx: Context, id: string): Promise<Schedule> {
  const schedule = await getSchedule(ctx, id);
  if (!(await stops(ctx, schedule)))
    throw new SignetError("forbidden", "Only who made the schedule and the bot's owner may change it.");
  return schedule;
}

async function sees(ctx: Context, schedule: Schedule): Promise<boolean> {
  const { actor } = ctx;
  if (isAdmin(actor) || schedule.scheduler.id === actor.id) return true;
  if (actor.type === "bot") return schedule.behavior.bot === actor.id;
  const owner = (await knownBot(ctx, schedule.behavior.bot))?.owner;
  if (actor.type !== "worker" || owner === undefined) return false;
  return owner.type === "team" ? actor.teams.some(({ id }) => id === owner.id) : mayManage(actor, owner);
}

async function stops(ctx: Context, schedule: Schedule): Promise<boolean> {
  const { actor } = ctx;
  if (isAdmin(actor) || schedule.scheduler.id === actor.id) return true;
  if (actor.type === "bot") return schedule.behavior.bot === actor.id;
  const owner = (await knownBot(ctx, schedule.behavior.bot))?.owner;
  return owner !== undefined && mayManage(actor, owner);
}

/** The rule of getSchedule() as SQL. */
function scope(query: Knex.QueryBuilder, actor: Actor): void {
  if (isAdmin(actor)) return;
  query.where((either) => {
    either.where("scheduler_id", actor.id);
    if (actor.type === "bot") return void either.orWhere("bots.id", actor.id);
    if (actor.type !== "worker") return;
    either.orWhere({ "bots.owner_type": "worker", "bots.owner_id": actor.id });
    const teams = actor.teams.map(({ id }) => id);
    either.orWhere((team) => team.where("bots.owner_type", "team").whereIn("bots.owner_id", teams));
  });
}

/** As the API shows it. */
export function shownSchedule(schedule: Schedule) {
  return {
    id: schedule.id,
    behavior: { id: schedule.behavior.id, name: schedule.behavior.name, title: schedule.behavior.title },
    at: schedule.at,
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    inputs: schedule.inputs,
    duplicates: schedule.duplicates,
    scheduled_by: schedule.scheduler,
    state: schedule.state,
    state_reason: schedule.pausedReason,
    next_at: schedule.state === "active" ? schedule.nextAt : null,
    last_at: schedule.lastAt,
    last_run: schedule.lastRunId,
    missed: schedule.missed,
    created_at: schedule.createdAt,
  };
}
