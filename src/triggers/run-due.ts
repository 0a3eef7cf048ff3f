import { SCOPES, SYSTEM, type Actor } from "../access/actor.ts";
import { behaviorsByIds, mayRun } from "../behaviors/browse.ts";
import type { Behavior } from "../behaviors/behavior.ts";
import { botActor } from "../bots/browse.ts";
import { inTransaction, type Context, type World } from "../context.ts";
import { workerActor } from "../people/browse.ts";
import { queueRuns, type Wanted } from "../runs/queue-many.ts";
import { pauseDue, settleDue, takeDue, type Due } from "../schedules/due.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { newId } from "../storage/id.ts";

/** Schedules in one transaction: their runs are there together with what becomes of them, or not at all. */
const AT_ONCE = 250;

/**
 * Queues the runs of schedules whose time has come, each once however many processes look. A schedule that can not run
 * as it is, because its behavior or bot is switched off, whoever made it may no longer run it, or its inputs no longer
 * fit, is paused with the reason. Returns whether there may be more.
 */
export async function runDue(world: World): Promise<boolean> {
  const ctx: Context = { ...world, db: world.database.knex, actor: SYSTEM, requestId: newId(), session: null };
  return inTransaction(ctx, async (inside) => {
    const now = inside.clock();
    const due = await takeDue(inside.db, now, AT_ONCE);
    if (due.length === 0) return false;
    const behaviors = await behaviorsByIds(
      inside,
      due.map(({ schedule }) => schedule.behavior.id),
    );
    const reasons = new Map<string, string>();
    const wanted = new Map<string, Wanted>();
    for (const one of due) {
      const behavior = behaviors.get(one.schedule.behavior.id)!;
      if (await stillMay(world, one.schedule, behavior)) wanted.set(one.schedule.id, wantedOf(one, behavior));
      else reasons.set(one.schedule.id, `${one.schedule.scheduler.name} may not run this any more.`);
    }
    const { runs, refused } = await queueRuns(inside, [...wanted.values()]);
    const started = new Map<string, string>();
    for (const [id, { start }] of wanted) {
      const error = refused.get(start.key);
      if (error) reasons.set(id, error.message);
      else started.set(id, runs.get(start.key)!);
    }
    const ran = due.filter(({ schedule }) => started.has(schedule.id));
    await settleDue(inside.db, ran, started, now);
    await pauseDue(inside.db, reasons);
    await tellPaused(inside, due, reasons);
    return due.length === AT_ONCE;
  });
}

function wantedOf({ schedule, missed }: Due, behavior: Behavior): Wanted {
  const { id, scheduler, inputs, nextAt } = schedule;
  const due = nextAt.toISOString();
  const occasion = { schedule: id, due_at: due, missed };
  const start = { trigger: "schedule" as const, startedBy: scheduler, occasion, key: `schedule:${id}:${due}` };
  return { behavior, inputs, start };
}

/** Whoever scheduled it must still be here, and be allowed to run it now. */
async function stillMay(world: World, { scheduler }: Schedule, behavior: Behavior): Promise<boolean> {
  const actor: Actor | undefined =
    scheduler.type === "worker"
      ? await workerActor(world, scheduler.id, SCOPES)
      : await botActor(world, scheduler.id, SCOPES);
  return actor !== undefined && mayRun(actor, behavior);
}

async function tellPaused(ctx: Context, due: Due[], reasons: Map<string, string>): Promise<void> {
  const paused = due.filter(({ schedule }) => reasons.has(schedule.id));
  const events = paused.map(({ schedule: { id, behavior } }) => {
    const facts = { behavior: behavior.name, schedule: id, reason: reasons.get(id)! };
    return ctx.audit.append(ctx, { action: "schedule.paused", outcome: "ok", facts });
  });
  await Promise.all(events);
}
