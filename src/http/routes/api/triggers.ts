import {
  listEventTriggers,
  listTriggersInput,
  listWebhooks,
  shownEventTrigger,
  shownWebhook,
} from "../../../triggers/browse.ts";
import { addEventTriggerInput } from "../../../triggers/event-trigger.ts";
import { addEventTrigger, deleteEventTrigger, switchEventTrigger } from "../../../triggers/event-save.ts";
import {
  addWebhook,
  deleteWebhook,
  editWebhook,
  renewAddress,
  type Addressed,
} from "../../../triggers/webhook-save.ts";
import { addWebhookInput, editWebhookInput } from "../../../triggers/webhook.ts";
import type { ApiRoute } from "../../route.ts";

/** The one answer that holds the address itself. */
const addressed = ({ webhook, url }: Addressed) => ({ ...shownWebhook(webhook), url });

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/behaviors/{id}/webhooks",
    scope: "read",
    summary: "A behavior's webhooks, without their addresses",
    query: listTriggersInput,
    handle: async (ctx, { params, query }) => {
      const { items, next_cursor } = await listWebhooks(ctx, params.id!, query);
      return { items: items.map(shownWebhook), next_cursor };
    },
  },
  {
    method: "POST",
    path: "/behaviors/{id}/webhooks",
    scope: "manage",
    summary: "Make an address that starts a behavior; the address is in this answer and never again",
    body: addWebhookInput,
    status: 201,
    handle: async (ctx, { params, body }) => addressed(await addWebhook(ctx, params.id!, body)),
  },
  {
    method: "PATCH",
    path: "/behaviors/{id}/webhooks/{webhook}",
    scope: "manage",
    summary: "Change, pause or resume a webhook; what is left out stays",
    body: editWebhookInput,
    handle: async (ctx, { params, body }) => shownWebhook(await editWebhook(ctx, params.id!, params.webhook!, body)),
  },
  {
    method: "POST",
    path: "/behaviors/{id}/webhooks/{webhook}/address",
    scope: "manage",
    summary: "Give a webhook a new address; the old one ends",
    handle: async (ctx, { params }) => addressed(await renewAddress(ctx, params.id!, params.webhook!)),
  },
  {
    method: "DELETE",
    path: "/behaviors/{id}/webhooks/{webhook}",
    scope: "manage",
    summary: "Delete a webhook",
    handle: (ctx, { params }) => deleteWebhook(ctx, params.id!, params.webhook!),
  },
  {
    method: "GET",
    path: "/behaviors/{id}/event-triggers",
    scope: "read",
    summary: "What happens to accounts that starts a behavior",
    query: listTriggersInput,
    handle: async (ctx, { params, query }) => {
      const { items, next_cursor } = await listEventTriggers(ctx, params.id!, query);
      return { items: items.map(shownEventTrigger), next_cursor };
    },
  },
  {
    method: "POST",
    path: "/behaviors/{id}/event-triggers",
    scope: "manage",
    summary: "Let what happens to accounts start a behavior",
    body: addEventTriggerInput,
    status: 201,
    handle: async (ctx, { params, body }) => shownEventTrigger(await addEventTrigger(ctx, params.id!, body)),
  },
  {
    method: "POST",
    path: "/behaviors/{id}/event-triggers/{trigger}/pause",
    scope: "manage",
    summary: "Start nothing by it until it is resumed",
    handle: async (ctx, { params }) =>
      shownEventTrigger(await switchEventTrigger(ctx, params.id!, params.trigger!, "paused")),
  },
  {
    method: "POST",
    path: "/behaviors/{id}/event-triggers/{trigger}/resume",
    scope: "manage",
    summary: "Start runs by it again, for what happens from now on",
    handle: async (ctx, { params }) =>
      shownEventTrigger(await switchEventTrigger(ctx, params.id!, params.trigger!, "active")),
  },
  {
    method: "DELETE",
    path: "/behaviors/{id}/event-triggers/{trigger}",
    scope: "manage",
    summary: "Delete an event trigger",
    handle: (ctx, { params }) => deleteEventTrigger(ctx, params.id!, params.trigger!),
  },
];

export default routes;
