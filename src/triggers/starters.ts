import type { Context } from "../context.ts";

/** What starts a behavior besides people and programs, counted. */
export interface Starters {
  schedules: number;
  webhooks: number;
  events: number;
}

/** What starts each of these behaviors; those that nothing starts are missing. Whoever calls may see them all. */
export async function countStarters(ctx: Context, behaviors: string[]): Promise<Map<string, Starters>> {
  const { rows } = await ctx.db.raw<{ rows: (Starters & { id: string })[] }>(
    `select given.id, schedules, webhooks, events from unnest(?::uuid[]) as given (id), lateral (
       select (select count(*)::int from schedules where behavior_id = given.id) as schedules,
              (select count(*)::int from webhooks where behavior_id = given.id) as webhooks,
              (select count(*)::int from event_triggers where behavior_id = given.id) as events
     ) as counts where schedules + webhooks + events > 0`,
    [behaviors],
  );
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}
