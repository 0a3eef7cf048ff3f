import { execute, type Executed } from "../accounts/execute.ts";
import type { ExecuteInput } from "../accounts/request-input.ts";
import { fullName } from "../behaviors/behavior.ts";
import { runnableBehavior } from "../behaviors/browse.ts";
import type { Performance, ScheduleWish, Step } from "../behaviors/step.ts";
import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import type { Place } from "../expressions/evaluator.ts";
import type { Scope } from "../expressions/scope.ts";
import { planSchedule, scheduleBehavior } from "../schedules/add.ts";
import { shownSchedule } from "../schedules/browse.ts";
import { unscheduleBehavior } from "../schedules/remove.ts";
import { idempotencyKey, repeatableId } from "./idempotency.ts";
import type { Journey } from "./journey.ts";
import type { TraceLine } from "./run.ts";
import { shownRequest } from "./shown.ts";
import { simulated } from "./simulate.ts";
import { Suspended } from "./suspended.ts";

/** Longest wait that is slept away where the run is; a longer one frees the process. */
const SHORT = 2_000;
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** What one step may do, on one journey. */
export class StepPerformance implements Performance {
  readonly #journey: Journey;
  readonly #step: Step;
  readonly #line: TraceLine;
  readonly #attempt: number;

  constructor(journey: Journey, step: Step, line: TraceLine, attempt: number) {
    this.#journey = journey;
    this.#step = step;
    this.#line = line;
    this.#attempt = attempt;
  }

  get ctx(): Context {
    return this.#journey.equipment.ctx;
  }

  get simulating(): boolean {
    return this.#journey.equipment.run.simulation !== null;
  }

  get sending(): boolean {
    const { simulation } = this.#journey.equipment.run;
    return simulation === null || simulation.send.includes(this.#step.id ?? "");
  }

  get now(): Date {
    return new Date(this.#journey.scope.now);
  }

  async render<T>(tree: T, places?: (path: (string | number)[]) => Place, page?: unknown): Promise<T> {
    return (await this.ctx.expressions.render(tree, this.#scope(page), places)) as T;
  }

  async renderUrl(template: string): Promise<string> {
    return String(await this.render(template, () => "url"));
  }

  async evaluate(expression: string, page?: unknown): Promise<unknown> {
    const [value] = await this.ctx.expressions.evaluate([{ text: expression, as: "expression" }], this.#scope(page));
    return value;
  }

  async execute(given: ExecuteInput, suffix = "", accept?: (answer: Executed) => Promise<void>): Promise<Executed> {
    const { run, budget } = this.#journey.equipment;
    const input = this.#repeatable(
      { ...given, timeout_ms: Math.min(given.timeout_ms ?? 30_000, budget.leftMs || 1) },
      suffix,
    );
    if (run.simulation !== null && !this.sending) {
      budget.call();
      const { answer, shown } = await simulated(await this.#fresh(), run.simulation, this.#step, input);
      this.#line.state = "simulated";
      this.show(shown);
      return answer;
    }
    return this.effect(suffix, shownRequest(input), async (ctx) => {
      const answer = (await execute(ctx, input, "behavior")) as Executed;
      await accept?.(answer);
      return answer;
    });
  }

  async effect<T>(suffix: string, shown: unknown, work: (ctx: Context) => Promise<T>): Promise<T> {
    const { trace, budget, leaving } = this.#journey.equipment;
    const line = suffix === "" ? this.#line : trace.begin(`${this.#line.key}#${suffix}`, this.#step, suffix);
    const known = suffix === "" ? undefined : trace.recall(line.key);
    if (known !== undefined && known.error === null) {
      Object.assign(line, { ...known, position: line.position });
      return known.result as T;
    }
    budget.call();
    if (leaving.aborted) throw new Suspended(this.ctx.clock());
    line.shown = this.#attempt === 0 ? shown : { ...(shown as object), attempt: this.#attempt + 1 };
    const ctx = await this.#fresh();
    line.requestId = ctx.requestId;
    await trace.write();
    const started = performance.now();
    const result = await work(ctx).catch((error: unknown) => {
      if (suffix !== "" && isSignetError(error))
        Object.assign(line, { state: "failed", error: { code: error.code, message: error.message } });
      throw error;
    });
    line.durationMs = Math.round(performance.now() - started);
    if (suffix !== "") Object.assign(line, { state: "finished", result });
    trace.touch(line);
    return result;
  }

  pretend<T extends object>(shown: unknown, otherwise: T): T {
    const { answers = {} } = this.#journey.equipment.run.simulation ?? {};
    const id = this.#step.id ?? "";
    this.#line.state = "simulated";
    this.show(shown);
    return Object.hasOwn(answers, id) ? { ...otherwise, ...(answers[id] as Partial<T>) } : otherwise;
  }

  async call(key: string, inputs: Record<string, unknown>): Promise<unknown> {
    const { call, run } = this.#journey.equipment;
    const target = await runnableBehavior(await this.#fresh(), key);
    const answers = run.simulation?.answers ?? {};
    if (this.#step.id !== undefined && Object.hasOwn(answers, this.#step.id)) {
      this.#line.state = "simulated";
      this.show({
        behavior: fullName(target),
        inputs,
        not_sent: "It was not called; its output is one that was given.",
      });
      return (answers[this.#step.id] as { output?: unknown } | null)?.output ?? null;
    }
    if (run.simulation === null) await this.#journey.equipment.trace.write();
    this.show({ behavior: fullName(target), inputs });
    return call(target, inputs, this.#attempt === 0 ? this.#line.key : `${this.#line.key}~${this.#attempt}`);
  }

  async schedule(behavior: string, wish: ScheduleWish): Promise<unknown> {
    const shown = { behavior, ...wish };
    if (this.simulating) {
      const { at, cron, timeZone, nextAt } = await planSchedule(await this.#fresh(), behavior, wish, true);
      this.#line.state = "simulated";
      this.show({ ...shown, not_done: "Nothing was scheduled." });
      return { id: null, at, cron, time_zone: timeZone, next_at: nextAt };
    }
    // The same id again: a schedule that was made before the process died, or had its run already, is not made twice.
    const id = repeatableId(this.#journey.equipment.run.origin, this.#line.key, this.now);
    return this.effect("", shown, async (ctx) =>
      shownSchedule(await scheduleBehavior(ctx, behavior, wish, { id, late: true })),
    );
  }

  async unschedule(behavior: string): Promise<unknown> {
    if (this.simulating) {
      this.#line.state = "simulated";
      this.show({ behavior, not_done: "Nothing was unscheduled." });
      return { removed: 0 };
    }
    return this.effect("", { behavior }, async (ctx) => ({ removed: await unscheduleBehavior(ctx, behavior) }));
  }

  set(name: string, value: unknown): void {
    this.#journey.scope.vars[name] = value;
  }

  perform(steps: Step[], path: string): Promise<void> {
    return this.#journey.perform(steps, `${this.#line.key}${pathOf(path)}.`);
  }

  async waitUntil(at: Date): Promise<void> {
    const left = at.getTime() - this.ctx.clock().getTime();
    if (left > SHORT) throw new Suspended(at);
    if (left > 0) await this.#journey.pause(left);
    this.#journey.scope.now = at.toISOString();
  }

  show(shown: unknown): void {
    this.#line.shown = shown;
  }

  #scope(page: unknown): Scope {
    const { scope } = this.#journey;
    return page === undefined ? scope : { ...scope, page };
  }

  /** The bot as it is now, with an id for this one thing. */
  #fresh(): Promise<Context> {
    return this.#journey.equipment.recheck();
  }

  /** A request that a provider should recognise when it is sent again carries a key (draft-ietf-httpapi-idempotency-key-header). */
  #repeatable(input: ExecuteInput, suffix: string): ExecuteInput {
    const names = Object.keys(input.headers ?? {}).map((name) => name.toLowerCase());
    if (IDEMPOTENT.has((input.method ?? "GET").toUpperCase()) || names.includes("idempotency-key")) return input;
    const value = idempotencyKey(this.#journey.equipment.run.origin, `${this.#line.key}#${suffix}`);
    return { ...input, headers: { ...input.headers, "idempotency-key": value } };
  }
}

function pathOf(path: string): string {
  if (!/^\d+$/.test(path)) throw new SignetError("invalid", "A list of steps is named by its number.");
  return `[${path}]`;
}
