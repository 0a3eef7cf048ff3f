import { z } from "zod";
import { fullName } from "../behaviors/behavior.ts";
import { runnableBehavior } from "../behaviors/browse.ts";
import { inTransaction, notify, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { managedRun } from "./browse.ts";
import { isOver, type Run } from "./run.ts";
import { queueRun } from "./start.ts";
import { toRun, type RunRow } from "./store.ts";

export const rerunInput = z.strictObject({
  /** From its first step, with the behavior as it is now; or from the step that failed, with the behavior as it was. */
  from: z.enum(["start", "failure"]).default("start"),
});

/**
 * Runs a run again with the same inputs, as a new run. From the failure on, what had been done is taken over and not done
 * again. Throws `conflict` for a run that is not over, or that did not fail where it is to go on from there.
 */
export async function rerun(ctx: Context, id: string, given: z.input<typeof rerunInput>): Promise<Run> {
  const { from } = rerunInput.parse(given);
  const run = await managedRun(ctx, id, "mayRerun");
  if (!isOver(run.state)) throw new SignetError("conflict", "This run is not over yet.");
  if (run.simulation !== null) throw new SignetError("conflict", "A simulation is started anew from its behavior.");
  if (run.behaviorId === null) throw new SignetError("conflict", `${run.behaviorName} was deleted.`);
  const behavior = await runnableBehavior(ctx, run.behaviorId);
  if (from === "start") {
    const made = await queueRun(ctx, behavior, run.inputs, { trigger: "hand", occasion: run.occasion ?? undefined });
    await ctx.db("runs").where({ id: made.id }).update({ rerun_of: run.id });
    return { ...made, rerunOf: run.id };
  }
  if (run.state === "succeeded")
    throw new SignetError("conflict", "This run did not fail; run it again from the start.");
  const facts = { behavior: fullName(behavior), run: run.id, trigger: "hand", simulated: false };
  await ctx.audit.append(ctx, { action: "run.started", outcome: "ok", facts });
  return inTransaction(ctx, (inside) => continued(inside, run));
}

/** A copy of the run and of what is on record of its steps, without the failure. */
async function continued(ctx: Context, run: Run): Promise<Run> {
  const [id, now] = [newId(), ctx.clock()];
  const { rows } = await ctx.db.raw<{ rows: RunRow[] }>(
    `insert into runs (id, behavior_id, behavior_name, title, version, bot_id, state, trigger, started_by_type,
       started_by_id, started_by_name, chain, program, config, inputs, occasion, rerun_of, origin, clock, due_at, created_at)
     select :id, behavior_id, behavior_name, title, version, bot_id, 'queued', 'hand', :type, :actor, :name,
       array[:name] || chain[2:], program, config, inputs, occasion, id, origin, clock, :now, :now from runs where id = :run
     returning *`,
    { id, now, run: run.id, type: ctx.actor.type, actor: ctx.actor.id, name: ctx.actor.name },
  );
  // A failure that on_error took up stays on record; the one that ended the run, and the steps around it, do not.
  await ctx.db.raw(
    `insert into run_steps select :id, key, position, step_id, kind, title, state, started_at, duration_ms, request_id,
       shown, result, error from run_steps as line where run_id = :run and state <> 'running'
       and not (state = 'failed' and not exists (
         select 1 from run_steps as handler where handler.run_id = :run and starts_with(handler.key, line.key || '!')
         and handler.state <> 'failed'))`,
    { id, run: run.id },
  );
  await ctx.queue.send(ctx.db, [id]);
  await notify(ctx, "run", "queued");
  return toRun(rows[0]!);
}
