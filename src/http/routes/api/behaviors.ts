import { z } from "zod";
import { getBehavior, listBehaviors, listBehaviorsInput, shownBehavior } from "../../../behaviors/browse.ts";
import { restoreInput, restoreVersion } from "../../../behaviors/restore.ts";
import {
  addBehavior,
  addBehaviorInput,
  deleteBehavior,
  editBehavior,
  editBehaviorInput,
  readProgram,
} from "../../../behaviors/save.ts";
import { behaviorText } from "../../../behaviors/text.ts";
import { getVersion, listVersions, listVersionsInput, shownVersion } from "../../../behaviors/versions.ts";
import { shownRun } from "../../../runs/browse.ts";
import { startInput, startRun } from "../../../runs/start.ts";
import { attempt } from "../../failure.ts";
import { Text, type ApiRoute } from "../../route.ts";

const programInput = z.looseObject({
  inputs: z.unknown().optional(),
  steps: z.unknown().optional(),
  output: z.unknown().optional(),
});

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
    query: z.object({ format: z.enum(["json", "yaml"]).optional() }),
    handle: async (ctx, { params, query }) => {
      const behavior = await getBehavior(ctx, params.id!);
      const { format } = query as { format?: string };
      return format === "yaml" ? new Text("application/yaml", behaviorText(behavior)) : shownBehavior(behavior);
    },
  },
  {
    method: "POST",
    path: "/behaviors/check",
    scope: "read",
    summary: "Check a program without saving it",
    body: programInput,
    handle: async (_ctx, { body }) => {
      const result = await attempt(async () => readProgram(body));
      return result.ok ? { ok: true, issues: [] } : { ok: false, issues: result.error.issues };
    },
  },
  {
    method: "GET",
    path: "/behaviors/{id}/versions",
    scope: "read",
    summary: "Who saved which version, the newest first",
    query: listVersionsInput,
    handle: async (ctx, { params, query }) => {
      const { items, next_cursor } = await listVersions(ctx, params.id!, query);
      return { items: items.map((version) => shownVersion(version, false)), next_cursor };
    },
  },
  {
    method: "GET",
    path: "/behaviors/{id}/versions/{version}",
    scope: "read",
    summary: "One version, with its inputs, steps and output",
    handle: async (ctx, { params }) => shownVersion(await getVersion(ctx, params.id!, Number(params.version)), true),
  },
  {
    method: "POST",
    path: "/behaviors/{id}/restore",
    scope: "manage",
    summary: "Save an earlier version again, as a new one",
    body: restoreInput,
    handle: async (ctx, { params, body }) => shownBehavior(await restoreVersion(ctx, params.id!, body)),
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
