import { scheduleBehavior } from "../../../schedules/add.ts";
import { getSchedule, listSchedules, listSchedulesInput, shownSchedule } from "../../../schedules/browse.ts";
import { pauseSchedule, resumeSchedule } from "../../../schedules/pause.ts";
import { removeSchedule } from "../../../schedules/remove.ts";
import { scheduleInput } from "../../../schedules/schedule.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "POST",
    path: "/behaviors/{id}/schedules",
    scope: "execute",
    summary: "Schedule a behavior: once at a moment, or by a pattern (cron) in a time zone",
    body: scheduleInput,
    status: 201,
    handle: async (ctx, { params, body }) => shownSchedule(await scheduleBehavior(ctx, params.id!, body)),
  },
  {
    method: "GET",
    path: "/behaviors/{id}/schedules",
    scope: "read",
    summary: "Schedules of a behavior that you may see",
    query: listSchedulesInput,
    handle: async (ctx, { params, query }) => {
      const { items, next_cursor } = await listSchedules(ctx, query, params.id!);
      return { items: items.map(shownSchedule), next_cursor };
    },
  },
  {
    method: "GET",
    path: "/schedules",
    scope: "read",
    summary: "Schedules that you made, or of bots that you look after",
    query: listSchedulesInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listSchedules(ctx, query);
      return { items: items.map(shownSchedule), next_cursor };
    },
  },
  {
    method: "GET",
    path: "/schedules/{id}",
    scope: "read",
    summary: "One schedule",
    handle: async (ctx, { params }) => shownSchedule(await getSchedule(ctx, params.id!)),
  },
  {
    method: "POST",
    path: "/schedules/{id}/pause",
    scope: "execute",
    summary: "Keep a schedule without running it",
    handle: async (ctx, { params }) => shownSchedule(await pauseSchedule(ctx, params.id!)),
  },
  {
    method: "POST",
    path: "/schedules/{id}/resume",
    scope: "execute",
    summary: "Let a paused schedule run again, from its next time on",
    handle: async (ctx, { params }) => shownSchedule(await resumeSchedule(ctx, params.id!)),
  },
  {
    method: "DELETE",
    path: "/schedules/{id}",
    scope: "execute",
    summary: "End a schedule",
    handle: (ctx, { params }) => removeSchedule(ctx, params.id!),
  },
];

export default routes;
