import { inTransaction, notify, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { managedRun } from "./browse.ts";
import { STOP } from "./pause.ts";
import { isOver, type Run } from "./run.ts";
import { findRun, type RunRow } from "./store.ts";

/**
 * Ends a run: one that waits at once, one under way before it does its next thing outside; what is done stays done.
 * Throws `not_found`, `forbidden`, `conflict` for one that is over or that another run called.
 */
export async function stopRun(ctx: Context, id: string): Promise<Run> {
  return inTransaction(ctx, async (inside) => {
    const seen = await managedRun(inside, id, "mayStop");
    if (seen.parentId !== null)
      throw new SignetError("conflict", "Another run called this one and waits for it. Stop that one.");
    const row = await inside.db<RunRow>("runs").where({ id: seen.id }).forUpdate().first("state");
    if (isOver(row!.state)) throw new SignetError("conflict", "This run is over already.");
    const ended = row!.state === "queued" ? { state: "stopped" as const, finished_at: inside.clock() } : {};
    await inside
      .db<RunRow>("runs")
      .where({ id: seen.id })
      .update({ stopping: true, ...ended });
    await notify(inside, "run", [seen.id, STOP + seen.id]);
    await record(inside, {
      action: "run.stopped",
      outcome: "ok",
      facts: { behavior: seen.behaviorName, run: seen.id },
    });
    return (await findRun(inside, seen.id))!;
  });
}
