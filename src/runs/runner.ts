import type { Behalf } from "../audit/event.ts";
import { knownBot } from "../bots/browse.ts";
import type { World } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { Stop } from "../behaviors/step.ts";
import { botContext } from "./bot-context.ts";
import { Budget } from "./budget.ts";
import { callee } from "./callee.ts";
import { waitForRun } from "./wait.ts";
import { claim, waiting } from "./claim.ts";
import { finish, suspend, type End } from "./finish.ts";
import { Journey, StepFailed } from "./journey.ts";
import type { Run } from "./run.ts";
import { traceOf } from "./store.ts";
import { Suspended } from "./suspended.ts";
import { Interrupted, Trace, type Hold } from "./trace.ts";
import { Watched } from "./watched.ts";

/** How long a request that is under way may keep the process from its end; what takes longer is found by the others. */
const GRACE = 10_000;

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
  readonly #watched: Watched;
  readonly #leaving = new AbortController();

  constructor(world: World) {
    // A context that started a run is not what its steps act in.
    const { database, memory, vault, audit, transport, control, directories, expressions, queue } = world;
    const powers = { database, memory, vault, audit, transport, control, directories, expressions, queue };
    this.#world = { ...powers, log: world.log, clock: world.clock, publicUrl: world.publicUrl };
    this.#watched = new Watched(world);
  }

  /** What a job asks for: takes the run if it is there to be taken, and performs it. */
  async take(id: string): Promise<void> {
    // Its job is used up by now, so another process needs a new one.
    if (this.#leaving.signal.aborted) return this.#world.queue.send(this.#world.database.knex, [id]);
    const run = await claim(this.#world, id);
    if (run) await this.#track(this.#perform(run));
  }

  /** Performs a run that this process has taken already, and answers with it as it is at its end or after a while. */
  async performFor(run: Run, milliseconds: number): Promise<Run> {
    const started = performance.now();
    const done = this.#track(this.#perform(run));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
    const end = await Promise.race([done, patience]);
    clearTimeout(timer);
    if (end) return { ...run, ...end, finishedAt: this.#world.clock() };
    // It waits, or goes on elsewhere.
    return (await waitForRun(this.#world, run.id, milliseconds - (performance.now() - started))) ?? run;
  }

  /** Takes no more, and puts what is under way back into the queue before its next step, as far as there is time. */
  async close(): Promise<void> {
    this.#leaving.abort();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, GRACE)));
    await Promise.race([Promise.allSettled(this.#active), patience]);
    clearTimeout(timer);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const settled = work.catch(() => undefined).finally(() => this.#active.delete(settled));
    this.#active.add(settled);
    return work;
  }

  /** The end that it came to here; undefined when it goes on later or elsewhere. */
  async #perform(run: Run): Promise<(End & { spentMs: number }) | undefined> {
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
      const state = await suspend(world, run, hold, end.until, budget.spentMs);
      if (state === "queued") await world.queue.send(world.database.knex, [run.id], end.until);
      if (state === "stopped") this.#conclude(run, { state, output: null, error: null });
      this.#makeRoom(run);
      return undefined;
    }
    const { spentMs } = budget;
    if (end === undefined || !(await finish(world, run, hold, end, spentMs))) return undefined;
    this.#conclude(run, end);
    this.#makeRoom(run);
    return { ...end, spentMs };
  }

  /** One way through the steps of a run, to an end that is written by the caller. Throws Suspended and Interrupted. */
  async journey(run: Run, hold: Hold, budget: Budget, starter = run.startedBy): Promise<End> {
    const world = this.#world;
    const behalf: Behalf = { run: run.id, behavior: run.behaviorName, chain: run.chain, starter };
    const known = run.attempts > 1 || run.rerunOf !== null ? await traceOf({ db: world.database.knex }, run.id) : [];
    try {
      const ctx = await botContext(world, run.botId ?? "", behalf);
      const trace = new Trace(ctx, run, hold, known, this.#watched);
      const journey = new Journey({
        ctx,
        run,
        trace,
        budget,
        allowedSteps: (await knownBot(world, run.botId!))?.limits.steps,
        recheck: () => botContext(world, run.botId!, behalf),
        call: (target, inputs, key) => callee(this, world, { parent: run, target, inputs, key, hold, budget, starter }),
        leaving: this.#leaving.signal,
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

  /** Records the end. */
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
  }

  /** Asks for runs of the same bot that may have waited for room. What is missed here is found by the recovery. */
  #makeRoom({ botId }: Run): void {
    const { database, queue } = this.#world;
    if (botId === null) return;
    void waiting(this.#world, botId)
      .then((ids) => (ids.length === 0 ? undefined : queue.send(database.knex, ids)))
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
