import type { Behavior } from "../behaviors/behavior.ts";
import { findStepKind } from "../behaviors/steps.ts";
import { Stop, type Step, type StepKind } from "../behaviors/step.ts";
import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import type { Scope } from "../expressions/scope.ts";
import { BudgetExceeded, type Budget } from "./budget.ts";
import { StepPerformance } from "./performance.ts";
import { pauseRun } from "./pause.ts";
import type { Run, TraceLine } from "./run.ts";
import { Suspended } from "./suspended.ts";
import { Interrupted, type Trace } from "./trace.ts";

/** A pause that somebody who looks on should see, and in which somebody may stop the run. */
const LONG = 1_000;

/** What a journey is given by the runner. */
export interface Equipment {
  /** The bot's own context; asked anew before everything that is done outside, because rights may have changed. */
  ctx: Context;
  run: Run;
  trace: Trace;
  budget: Budget;
  /** Only these kinds of steps, when the bot is limited. */
  allowedSteps: string[] | undefined;
  /** Throws when the bot may not act any more. */
  recheck(): Promise<Context>;
  /** Runs a behavior as its own bot. */
  call(target: Behavior, inputs: Record<string, unknown>, key: string): Promise<unknown>;
  /** The process is to stop: whatever comes next is left to another one. */
  leaving: AbortSignal;
}

/**
 * One way through a behavior's steps. After an interruption the same way is gone again from the start: what was done
 * outside is on record and not done again, and everything else comes out the same, because it depends on nothing else.
 */
export class Journey {
  readonly equipment: Equipment;
  readonly scope: Scope;

  constructor(equipment: Equipment) {
    this.equipment = equipment;
    const { run } = equipment;
    const trigger = { type: run.trigger, by: run.startedBy.name, ...(run.occasion as object | null) };
    const now = (run.clock ?? run.createdAt).toISOString();
    this.scope = { inputs: run.inputs, config: run.config, vars: {}, steps: {}, trigger, now };
  }

  /** Takes every step and returns the output. Throws what ends the run otherwise. */
  async go(): Promise<unknown> {
    const { run, ctx } = this.equipment;
    try {
      await this.perform(run.program.steps, "");
    } catch (error) {
      if (error instanceof Stop && error.state === "succeeded" && error.output !== undefined) return error.output;
      if (!(error instanceof Stop) || error.state === "failed") throw error;
    }
    return ctx.expressions.render(run.program.output, this.scope);
  }

  /** A list of steps; `prefix` is where it stands. */
  async perform(steps: Step[], prefix: string): Promise<void> {
    for (const [index, step] of steps.entries()) await this.#take(step, `${prefix}${index}`);
  }

  async #take(step: Step, key: string): Promise<void> {
    const { trace, budget, allowedSteps } = this.equipment;
    const kind = findStepKind(step.do);
    if (kind === undefined) throw new SignetError("invalid", `There is no kind of step called “${step.do}”.`);
    budget.step();
    const line = trace.begin(key, step, kind.label);
    if (step.disabled) {
      line.state = "skipped";
      return;
    }
    if (allowedSteps !== undefined && !allowedSteps.includes(step.do))
      throw new SignetError("rule_denied", `The bot may take no steps of the kind “${kind.label}”.`);
    const started = performance.now();
    try {
      const result = await this.#result(step, kind, line);
      if (line.state === "running") line.state = "finished";
      this.#keep(step, line, result);
    } catch (error) {
      await this.#failed(step, line, error);
    } finally {
      line.durationMs ??= Math.round(performance.now() - started);
      trace.touch(line);
    }
  }

  /** What is on record, or what is done now. */
  async #result(step: Step, kind: StepKind, line: TraceLine): Promise<unknown> {
    const known = kind.acts ? this.equipment.trace.recall(line.key) : undefined;
    if (known === undefined) return this.#attempts(step, kind, line);
    this.equipment.budget.call();
    Object.assign(line, { ...known, position: line.position });
    if (known.error !== null) throw new Recalled(known);
    return known.result;
  }

  async #attempts(step: Step, kind: StepKind, line: TraceLine): Promise<unknown> {
    const { times, wait_seconds } = step.retry ?? { times: 0, wait_seconds: 0 };
    for (let attempt = 0; ; attempt++) {
      try {
        return await kind.perform(step, new StepPerformance(this, step, line, attempt));
      } catch (error) {
        if (attempt >= times || endsRun(error)) throw error;
        await this.pause(wait_seconds * 1000);
      }
    }
  }

  /** Sleeps; ends the journey for now where the process is to stop, and for good where somebody stopped the run. */
  async pause(milliseconds: number): Promise<void> {
    const { budget, ctx, leaving, trace } = this.equipment;
    if (milliseconds >= LONG) await trace.write();
    await pauseRun(Math.min(milliseconds, budget.leftMs), trace.root, ctx.memory, leaving);
    if (leaving.aborted) throw new Suspended(ctx.clock());
    if (milliseconds >= LONG) await trace.write();
  }

  #keep(step: Step, line: TraceLine, result: unknown): void {
    if (step.id !== undefined) this.scope.steps[step.id] = result ?? null;
    const kind = findStepKind(step.do)!;
    line.result = kind.acts ? (result ?? null) : null;
    if (kind.acts) this.equipment.budget.result(JSON.stringify(line.result).length);
  }

  /** Goes on with `on_error`, when there is one and the failure is the step's own. */
  async #failed(step: Step, line: TraceLine, error: unknown): Promise<void> {
    if (error instanceof Stop || error instanceof Suspended || error instanceof Interrupted) {
      if (error instanceof Stop) line.state = "finished";
      throw error;
    }
    const told = tell(error);
    if (told === undefined) throw error;
    line.state = "failed";
    line.error = { code: told.code, message: told.message };
    line.result ??= resultOf(error);
    // The run's error names the step in which it happened, not those around it.
    const failure = error instanceof StepFailed ? error : new StepFailed(line, error);
    if (step.id !== undefined)
      this.scope.steps[step.id] = { ...(line.result as object | null), error: { ...line.error } };
    if (step.on_error === undefined || endsRun(error)) throw failure;
    await this.perform(step.on_error, `${line.key}!`);
  }
}

/** A step failed and nothing caught it: the run fails. */
export class StepFailed extends Error {
  readonly line: TraceLine;

  constructor(line: TraceLine, cause: unknown) {
    super(line.error!.message, { cause });
    this.line = line;
  }
}

/** A failure that is on record. */
class Recalled extends Error {
  readonly known: TraceLine;

  constructor(known: TraceLine) {
    super(known.error!.message);
    this.known = known;
  }
}

function endsRun(error: unknown): boolean {
  const cause = error instanceof StepFailed ? error.cause : error;
  return (
    cause instanceof BudgetExceeded ||
    cause instanceof Stop ||
    cause instanceof Suspended ||
    cause instanceof Interrupted ||
    (!(cause instanceof Recalled) && !isSignetError(cause))
  );
}

/** Code and sentence of a failure; a nested step's is that step's. Undefined for what is nobody's to know. */
function tell(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof StepFailed) return error.line.error!;
  if (error instanceof Recalled) return error.known.error!;
  return isSignetError(error) ? { code: error.code, message: error.message } : undefined;
}

function resultOf(error: unknown): unknown {
  if (error instanceof Recalled) return error.known.result;
  return (error as { result?: unknown }).result ?? null;
}
