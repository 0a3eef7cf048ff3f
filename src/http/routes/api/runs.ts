import { getRun, listRuns, listRunsInput, shownRun } from "../../../runs/browse.ts";
import { rerun, rerunInput } from "../../../runs/rerun.ts";
import { stopRun } from "../../../runs/stop.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/runs",
    scope: "read",
    summary: "Runs that you started, or of bots that you look after",
    query: listRunsInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listRuns(ctx, query);
      return { items: items.map((run) => shownRun(run)), next_cursor };
    },
  },
  {
    method: "GET",
    path: "/runs/{id}",
    scope: "read",
    summary: "One run; with its steps for who looks after its bot",
    handle: async (ctx, { params }) => {
      const { run, steps } = await getRun(ctx, params.id!);
      return shownRun(run, steps);
    },
  },
  {
    method: "POST",
    path: "/runs/{id}/stop",
    scope: "execute",
    summary: "Stop a run before its next step",
    handle: async (ctx, { params }) => shownRun(await stopRun(ctx, params.id!)),
  },
  {
    method: "POST",
    path: "/runs/{id}/rerun",
    scope: "execute",
    summary: "Run it again, from the start or from the step that failed",
    body: rerunInput,
    status: 201,
    handle: async (ctx, { params, body }) => shownRun(await rerun(ctx, params.id!, body)),
  },
];

export default routes;
