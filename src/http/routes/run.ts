import { seenRun } from "../../runs/browse.ts";
import { rerun } from "../../runs/rerun.ts";
import { isOver } from "../../runs/run.ts";
import { stopRun } from "../../runs/stop.ts";
import { watchRun } from "../../runs/watch.ts";
import { bad, events, good, redirect, view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { text } from "../form.ts";
import { get, post } from "../route.ts";
import { runPage } from "../run-page.ts";

export default [
  get("/runs/:id", (ctx, { params, query }) => runPage(ctx, params.id!, positionOf(query.after))),

  get("/runs/:id/events", async (ctx, { params }) => {
    const { run } = await seenRun(ctx, params.id!);
    return events(async function* (again, signal) {
      for await (const state of watchRun(again, run.id, signal))
        yield { event: isOver(state) ? "over" : "news", data: state };
    });
  }),

  post("/runs/:id/rerun", async (ctx, { params, form }) => {
    const from = text(form, "from") === "failure" ? "failure" : "start";
    const done = await attempt(() => rerun(ctx, params.id!, { from }));
    if (!done.ok) return redirect(`/runs/${params.id}`, bad(done.problems.summary));
    const told = from === "start" ? "This run has the same inputs." : "This run goes on where the other one failed.";
    return redirect(`/runs/${done.value.id}`, good(told));
  }),

  get("/runs/:id/stop", async (ctx, { params }) => {
    const { run } = await seenRun(ctx, params.id!);
    if (isOver(run.state)) return redirect(`/runs/${run.id}`);
    return view("run-stop", {
      page: { title: "Stop this run", section: "bots" },
      run: { id: run.id, title: run.title },
    });
  }),

  post("/runs/:id/stop", async (ctx, { params }) => {
    const done = await attempt(() => stopRun(ctx, params.id!));
    const told = done.ok
      ? good(isOver(done.value.state) ? "The run is stopped." : "The run stops before its next step.")
      : bad(done.problems.summary);
    return redirect(`/runs/${params.id}`, told);
  }),
];

function positionOf(after: string | undefined): number {
  return /^\d{1,6}$/.test(after ?? "") ? Number(after) : 0;
}
