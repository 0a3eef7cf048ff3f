import type { Behalf } from "../audit/event.ts";
import { knownBot } from "../bots/browse.ts";
import type { World } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { Stop } from "../behaviors/step.ts";
import { botContext } from "./bot-context.ts";
import { Budget } from "./budget.ts";
import { callee } from "./callee.ts";
import { claim, nextWaiting } from "./claim.ts";
import { finish, suspend, type End } from "./finish.ts";
import { Journey, StepFailed } from "./journey.ts";
import type { Run } from "./run.ts";
import { findRun, traceOf } from "./store.ts";
import { Suspended } from "./suspended.ts";
import { Interrupted, Trace, type Hold } from "./trace.ts";

const runners = new WeakMap<World["memory"], Runner>();

/** The runner of this process. */
export function runnerOf(world: World): Runner {
  const known = runners.get(world.memory) ?? new Runner(world);
  runners.set(world.memory, known);
  return known;
}

/** Performs runs in this process, and leaves what it can not finish to others. */
export class Runner {
  readonly #world: World;
  readonly #active = new Set<Promise<unknown>>();
  #leaving = false;

  constructor(world: World) {
    // A context that started a run is not what its steps act in.
    const { database, memory, vault, audit, transport, control, directories, expressions, queue } = world;
    const powers = { database, memory, vault, audit, transport, control, directories, expressions, queue };
    this.#world = { ...powers, log: world.log, clock: world.clock, publicUrl: world.publicUrl };
  }

  /** What a job asks for: takes the run if it is there to be taken, and performs it. */
  async take(id: string): Promise<void> {
    if (this.#leaving) return;
    const run = await claim(this.#world, id);
    if (run) await this.#track(this.#perform(run));
  }

  /** Performs a run that this process has taken already, and answers with it as it is at its end or after a while. */
  async performFor(run: Run, milliseconds: number): Promise<Run> {
    const done = this.#track(this.#perform(run));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
    const end = await Promise.race([done, patience]);
    clearTimeout(timer);
    if (end) return { ...run, ...end, finishedAt: this.#world.clock() };
    return (await findRun({ db: this.#world.database.knex }, run.id)) ?? run;
  }

  /** Takes no more, and puts what is under way back into the queue before its next step. */
  async close(): Promise<void> {
    this.#leaving = true;
    await Promise.allSettled(this.#active);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const settled = work.catch(() => undefined).finally(() => this.#active.delete(settled));
    this.#active.add(settled);
    return work;
  }

  /** The end that it came to here; undefined when it goes on later or elsewhere. */
  async #perform(run: Run): Promise<(End & Pick<Run, "spentMs">) | undefined> {
    const world = this.#world;
    const hold: Hold = { root: run.id, process: world.audit.process, attempt: run.attempts };
    const limits = run.botId === null ? undefined : (await knownBot(world, run.botId))?.limits;
    const budget = new Budget(limits ?? {}, run.spentMs);
    const end = await this.journey(run, hold, budget).catch((error: unknown) => {
      if (error instanceof Suspended) return error;
      if (error instanceof Interrupted && error.why === "lost") return undefined;
      throw error;
    });
    if (end instanceof Suspended) {
      if (await suspend(world, run, hold, end.until, budget.spentMs))
        await world.queue.send(world.database.knex, [run.id], end.until);
      return undefined;
    }
    if (end === undefined || !(await finish(world, run, hold, end, budget.spentMs))) return undefined;
    this.#conclude(run, end);
    return { ...end, spentMs: budget.spentMs };
  }

  /** One way through the steps of a run, to an end that is written by the caller. Throws Suspended and Interrupted. */
  async journey(run: Run, hold: Hold, budget: Budget, starter = run.startedBy): Promise<End> {
    const world = this.#world;
    const behalf: Behalf = { run: run.id, behavior: run.behaviorName, chain: run.chain, starter };
    const known = run.attempts > 1 || run.rerunOf !== null ? await traceOf({ db: world.database.knex }, run.id) : [];
    try {
      const ctx = await botContext(world, run.botId ?? "", behalf);
      const trace = new Trace(ctx, run, hold, known);
      const journey = new Journey({
        ctx,
        run,
        trace,
        budget,
        allowedSteps: (await knownBot(world, run.botId!))?.limits.steps,
        recheck: () => botContext(world, run.botId!, behalf),
        call: (target, inputs, key) => callee(this, world, { parent: run, target, inputs, key, hold, budget, starter }),
        leaving: () => this.#leaving,
      });
      const output = await written(trace, journey.go());
      return { state: "succeeded", output, error: null };
    } catch (error) {
      return this.#endOf(run, error);
    }
  }

  #endOf(run: Run, error: unknown): End {
    if (error instanceof Suspended) throw error;
    if (error instanceof Interrupted) {
      if (error.why === "lost") throw error;
      return { state: "stopped", output: null, error: null };
    }
    if (error instanceof Stop)
      return {
        state: "failed",
        output: error.output,
        error: { code: "stopped_by_behavior", message: error.message, step: null },
      };
    if (error instanceof StepFailed) {
      const { code, message } = error.line.error!;
      return { state: "failed", output: null, error: { code: code as never, message, step: error.line.key } };
    }
    if (isSignetError(error))
      return { state: "failed", output: null, error: { code: error.code, message: error.message, step: null } };
    this.#world.log.error({ run: run.id, error: String(error) }, "a run failed for a reason of our own");
    const message = "Something in Signet went wrong. The log of the server tells more.";
    return { state: "failed", output: null, error: { code: "unavailable", message, step: null } };
  }

  /** Records the end, and asks for a run of the same bot that may have waited for room. */
  #conclude(run: Run, end: End): void {
    const world = this.#world;
    const actor = { type: "bot" as const, id: run.botId, name: run.behaviorName.split("/")[0]!, scopes: [] };
    world.audit.conclude(
      { actor: actor as never, requestId: run.id },
      {
        action: "run.finished",
        outcome: end.state === "succeeded" ? "ok" : "failed",
        facts: { behavior: run.behaviorName, run: run.id, state: end.state, code: end.error?.code },
      },
    );
    if (run.botId === null) return;
    void nextWaiting(world, run.botId)
      .then((next) => (next === undefined ? undefined : world.queue.send(world.database.knex, [next])))
      .catch(() => undefined);
  }
}

/** What a journey comes to, once its whole trace is written; being stopped or overtaken on the way wins. */
async function written<T>(trace: Trace, going: Promise<T>): Promise<T> {
  try {
    return await going;
  } finally {
    await trace.write();
  }
}
