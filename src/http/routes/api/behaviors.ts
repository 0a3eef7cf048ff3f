import { getBehavior, listBehaviors, listBehaviorsInput, shownBehavior } from "../../../behaviors/browse.ts";
import {
  addBehavior,
  addBehaviorInput,
  deleteBehavior,
  editBehavior,
  editBehaviorInput,
} from "../../../behaviors/save.ts";
import { shownRun } from "../../../runs/browse.ts";
import { startInput, startRun } from "../../../runs/start.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/behaviors",
    scope: "read",
    summary: "Behaviors that you may see",
    query: listBehaviorsInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listBehaviors(ctx, query);
      return { items: items.map(shownBehavior), next_cursor };
    },
  },
  {
    method: "POST",
    path: "/behaviors",
    scope: "manage",
    summary: "Make a behavior",
    body: addBehaviorInput,
    status: 201,
    handle: async (ctx, { body }) => shownBehavior(await addBehavior(ctx, body)),
  },
  {
    method: "GET",
    path: "/behaviors/{id}",
    scope: "read",
    summary: "One behavior; bot/behavior is an id, too, with the slash written as %2F",
    handle: async (ctx, { params }) => shownBehavior(await getBehavior(ctx, params.id!)),
  },
  {
    method: "PUT",
    path: "/behaviors/{id}",
    scope: "manage",
    summary: "Save a behavior; what is left out stays",
    body: editBehaviorInput,
    handle: async (ctx, { params, body }) => shownBehavior(await editBehavior(ctx, params.id!, body)),
  },
  {
    method: "DELETE",
    path: "/behaviors/{id}",
    scope: "manage",
    summary: "Delete a behavior",
    handle: (ctx, { params }) => deleteBehavior(ctx, params.id!),
  },
  {
    method: "POST",
    path: "/behaviors/{id}/runs",
    scope: "execute",
    summary: "Run a behavior",
    body: startInput,
    status: 201,
    handle: async (ctx, { params, body }) => shownRun(await startRun(ctx, params.id!, body, "api")),
  },
];

export default routes;
