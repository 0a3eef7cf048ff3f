import { z } from "zod";
import type { ExecuteInput } from "../accounts/request-input.ts";
import type { Executed } from "../accounts/execute.ts";
import type { Context } from "../context.ts";
import type { Place } from "../expressions/evaluator.ts";

/** What every step has besides the fields of its kind. */
export interface Step {
  /** Under which later steps read its result, as `steps.<id>`. */
  id?: string | undefined;
  do: string;
  title?: string | undefined;
  /** Left out of runs, and shown as skipped. */
  disabled?: boolean | undefined;
  /** Done instead of failing the run. */
  on_error?: Step[] | undefined;
  /** How often, and how many seconds apart, a step that failed is done again. */
  retry?: { times: number; wait_seconds: number } | undefined;
}

export const stepId = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, "Use lower-case letters, digits, _ and -, beginning with a letter, at most 40.");

/** A kind's schema is made of these, of its own fields, and of the schema of nested steps. */
export const baseStep = {
  id: stepId.optional(),
  title: z.string().max(200, "Use at most 200 characters.").optional(),
  disabled: z.boolean().optional(),
};

/** For the kinds that can fail: what happens then. */
export const failing = (steps: z.ZodType<Step[]>) => ({
  on_error: steps.optional(),
  retry: z
    .strictObject({
      times: z.number().int().min(1).max(10),
      wait_seconds: z.number().min(0).max(300).default(5),
    })
    .optional(),
});

/** A list of steps inside a step: where it stands in the step, and what it is called in the editor. */
export interface Branch {
  /** Such as ["outcomes", 0, "steps"]. */
  path: (string | number)[];
  label: string;
  /** The condition under which it is taken, as it is written. */
  when?: string | undefined;
  steps: Step[];
}

/** A field of a step's form. The editor is drawn from these, so a new kind needs no new page. */
export interface StepField {
  name: string;
  label: string;
  /**
   * `text`, `long`: text that may hold placeholders · `expression` · `json`: any value whose texts may hold placeholders ·
   * `pairs`: names and values · `account`, `behavior`: choosers · `number` · `choice` · `checkbox` · `outcomes`: titles
   * with conditions, each with a list of steps.
   */
  type:
    | "text"
    | "long"
    | "expression"
    | "json"
    | "pairs"
    | "account"
    | "behavior"
    | "number"
    | "choice"
    | "checkbox"
    | "outcomes";
  help?: string;
  required?: boolean;
  /** For `choice`: values with what a person reads. */
  options?: { value: string; label: string }[];
  example?: string;
  /** A text that may hold no placeholders, such as a name. */
  plain?: boolean;
  /** Shown behind "More". */
  rare?: boolean;
}

/** When and with what a step wants a behavior to run; checked where it is done. */
export interface ScheduleWish {
  at?: string | undefined;
  cron?: string | undefined;
  time_zone?: string | undefined;
  inputs?: Record<string, unknown> | undefined;
  duplicates?: "allow" | "keep_first" | "keep_last" | undefined;
}

/** What a step of a run may do, and nothing else. All of it is done as the behavior's own bot. */
export interface Performance {
  /** Acts as the bot, on behalf of whoever started the run. */
  ctx: Context;
  /** The run is a simulation: nothing may leave but what it was told to send. */
  simulating: boolean;
  /** What this step asks for leaves: always, except in a simulation that was not told to send it. */
  sending: boolean;
  /** The scope's clock. */
  now: Date;
  /** A tree whose texts are templates, filled in; `page` is what they know as that. Throws `invalid` naming the place. */
  render<T>(tree: T, places?: (path: (string | number)[]) => Place, page?: unknown): Promise<T>;
  /** The template of an address, with what is filled in encoded for its place. */
  renderUrl(template: string): Promise<string>;
  /** An expression's value; `page` is what it knows as that. */
  evaluate(expression: string, page?: unknown): Promise<unknown>;
  /**
   * Sends a request within the bot's limits. What was asked for is shown in the trace. `accept` throws for an answer that
   * is to be asked for again when the run is taken up after that failure.
   */
  execute(input: ExecuteInput, suffix?: string, accept?: (answer: Executed) => Promise<void>): Promise<Executed>;
  /**
   * Does something outside, and keeps what came of it: when the run goes on after its process died, that is returned
   * instead. `suffix` tells several effects of one step apart; with "" the step's own result is what is kept.
   */
  effect<T>(suffix: string, shown: unknown, work: (ctx: Context) => Promise<T>): Promise<T>;
  /** Schedules a behavior as the bot, once, also when the run goes on after its process died; answers with the schedule. */
  schedule(behavior: string, wish: ScheduleWish): Promise<unknown>;
  /** Ends what the bot scheduled of a behavior; answers with how many that were. */
  unschedule(behavior: string): Promise<unknown>;
  /**
   * What a simulation takes for the step's result, instead of doing it: what it was given for the step, else `otherwise`.
   * `shown` is what would have been done.
   */
  pretend<T extends object>(shown: unknown, otherwise: T): T;
  /** Runs a behavior as its own bot and returns its output. Throws when it is private to another bot, or fails. */
  call(behavior: string, inputs: Record<string, unknown>): Promise<unknown>;
  set(name: string, value: unknown): void;
  /** Nested steps; `path` tells this list apart from the step's others, such as "0" or "3". */
  perform(steps: Step[], path: string): Promise<void>;
  /** Goes on at that time, also in another process. */
  waitUntil(at: Date): Promise<void>;
  /** For the trace: what a person should see of this step. */
  show(shown: unknown): void;
}

/** Ends a run from within. */
export class Stop extends Error {
  readonly state: "succeeded" | "failed";
  readonly output: unknown;

  constructor(state: "succeeded" | "failed", message: string, output: unknown) {
    super(message);
    this.state = state;
    this.output = output;
  }
}

/** One kind of step: what it is made of and what it does. */
export interface StepKind<S extends Step = Step> {
  kind: string;
  label: string;
  /** What it does, in a line. */
  help: string;
  /** A name of the icon sprite. */
  icon: string;
  schema(steps: z.ZodType<Step[]>): z.ZodType<S>;
  fields: StepField[];
  /** Names of fields that are expressions, not templates. */
  expressions?: string[];
  /** Names of fields that are templates of an address. */
  addresses?: string[];
  /** Names of fields that read an answer as `page`. */
  paged?: string[];
  /** Its own nested lists, besides `on_error`. */
  branches?(step: S): Branch[];
  /** What later steps may read of its result, below `steps.<id>`. */
  results?: { name: string; about: string }[];
  /** What it does in a line, for lists: "GET /contacts". Without it the editor puts one together from its fields. */
  line?(step: S): string;
  /** It does something outside: it can fail, and its result is kept and not made again when a run goes on. */
  acts: boolean;
  /** What it names: accounts, services and behaviors, for "where used". */
  names?(step: S): { names: "account" | "behavior" | "service"; key: string }[];
  /** Does it; what it returns is the step's result. */
  perform(step: S, at: Performance): Promise<unknown>;
}

/** For a kind's file: keeps the step's type inside it. */
export function stepKind<S extends Step>(kind: StepKind<S>): StepKind {
  return kind as unknown as StepKind;
}
