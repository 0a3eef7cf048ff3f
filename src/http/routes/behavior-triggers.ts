import { getBehavior, mayRun } from "../../behaviors/browse.ts";
import { accountsByIds } from "../../accounts/browse.ts";
import type { Context } from "../../context.ts";
import { listSchedules } from "../../schedules/browse.ts";
import { listEventTriggers, listWebhooks, managesTriggers } from "../../triggers/browse.ts";
import type { EventTrigger } from "../../triggers/event-trigger.ts";
import { view } from "../answer.ts";
import { behaviorHead, behaviorTabs } from "../behavior-tabs.ts";
import { pagerOf } from "../list-links.ts";
import { get } from "../route.ts";
import { eventList, scheduleList, webhookList } from "../trigger-lists.ts";

export default [
  get("/behaviors/:id/triggers", async (ctx, { params, query }) => {
    const behavior = await getBehavior(ctx, params.id!);
    const manages = managesTriggers(ctx, behavior);
    const may = mayRun(ctx.actor, behavior);
    const here = `/behaviors/${behavior.id}/triggers`;
    const schedules = await listSchedules(ctx, { limit: 50, cursor: query.cursor }, behavior.id);
    const webhooks = manages ? (await listWebhooks(ctx, behavior.id, {})).items : [];
    const events = manages ? (await listEventTriggers(ctx, behavior.id, {})).items : [];
    const data = {
      page: { title: `What starts ${behavior.title}`, section: "bots" },
      head: behaviorHead(behavior),
      tabs: behaviorTabs(behavior, "Triggers"),
      here,
      manages,
      may,
      schedules: {
        ...scheduleList(here, schedules.items, may),
        pager: pagerOf(here, { cursor: query.cursor }, schedules.next_cursor),
      },
      webhooks: webhookList(here, webhooks),
      events: eventList(here, events, await accountNames(ctx, events)),
    };
    return view("behavior-triggers", data);
  }),
];

async function accountNames(ctx: Context, triggers: EventTrigger[]): Promise<Map<string, string>> {
  const ids = triggers.flatMap(({ accountId }) => (accountId === null ? [] : [accountId]));
  return new Map([...(await accountsByIds(ctx, ids))].map(([id, { name }]) => [id, name]));
}
