import type { Behavior } from "../behaviors/behavior.ts";
import { walk } from "../behaviors/program.ts";
import { findStepKind } from "../behaviors/steps.ts";
import type { Step } from "../behaviors/step.ts";
import { SignetError, type Issue } from "../errors.ts";
import type { Simulation } from "../runs/run.ts";
import { text } from "./form.ts";
import type { Incoming } from "./route.ts";

// What a simulation is told: its clock, the run whose answers it takes, and for each step what to do instead of sending.

export interface TypedSimulation {
  now: string;
  replay: string;
  /** By the step's id. */
  steps: Record<string, { mode: string; status: string; body: string }>;
}

/** What a step does, as far as a simulation is told about it: sends a request, runs a behavior, or something else. */
type Sort = "request" | "call" | "other";

/** Steps that would do something outside and can be told apart by an id. Scheduling is only ever shown. */
function tellable(behavior: Behavior): (Step & { id: string })[] {
  return walk(behavior.steps)
    .map(({ step }) => step)
    .filter((step): step is Step & { id: string } => step.id !== undefined && acts(step))
    .filter((step) => !/^(un)?schedule_/.test(step.do));
}

function sortOf(step: Step): Sort {
  if (step.do === "run_behavior") return "call";
  return findStepKind(step.do)?.addresses?.includes("url") ? "request" : "other";
}

function acts(step: Step): boolean {
  return !step.disabled && findStepKind(step.do)?.acts === true;
}

export function typedSimulation(behavior: Behavior, form: Incoming["form"]): TypedSimulation {
  const steps = tellable(behavior).map(({ id }) => {
    const read = (field: string) => text(form, `step.${id}.${field}`);
    return [id, { mode: read("mode"), status: read("status"), body: read("body") }] as const;
  });
  return { now: text(form, "simulate.now"), replay: text(form, "simulate.replay"), steps: Object.fromEntries(steps) };
}

export const NO_SIMULATION: TypedSimulation = { now: "", replay: "", steps: {} };

/** What an earlier simulation was told, for the form. */
export function simulationAsTyped(behavior: Behavior, { now, send, answers }: Simulation): TypedSimulation {
  const steps = tellable(behavior).flatMap((step): [string, TypedSimulation["steps"][string]][] => {
    if (send.includes(step.id)) return [[step.id, { mode: "send", status: "", body: "" }]];
    if (!Object.hasOwn(answers, step.id)) return [];
    const answer = answers[step.id] as { status?: number; body?: unknown; output?: unknown } | null;
    const sort = sortOf(step);
    const body = sort === "request" ? answer?.body : sort === "call" ? answer?.output : answer;
    const status = sort === "request" ? String(answer?.status ?? 200) : "";
    return [[step.id, { mode: "answer", status, body: body == null ? "" : JSON.stringify(body, null, 2) }]];
  });
  return { now: now?.slice(0, 19) ?? "", replay: "", steps: Object.fromEntries(steps) };
}

/** What a run takes. Throws `invalid` naming each field. */
export function simulationOf(behavior: Behavior, typed: TypedSimulation): Partial<Simulation> {
  const issues: Issue[] = [];
  const answers: Record<string, unknown> = {};
  for (const step of tellable(behavior)) {
    const told = typed.steps[step.id];
    if (told?.mode === "answer") answers[step.id] = answerOf(step, told, issues);
  }
  const now = momentOf(typed.now, issues);
  if (issues.length > 0) throw new SignetError("invalid", issues[0]!.message, { issues });
  return {
    ...(now && { now }),
    ...(typed.replay && { replay: typed.replay }),
    send: Object.entries(typed.steps).flatMap(([id, { mode }]) => (mode === "send" ? [id] : [])),
    answers,
  };
}

function momentOf(typed: string, issues: Issue[]): string | undefined {
  if (typed.trim() === "") return undefined;
  // The browser's own field knows no zone; the label says UTC.
  const at = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(typed.trim()) ? `${typed.trim()}Z` : typed);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  issues.push({ path: "simulate.now", message: "This must be a moment, such as 2026-05-31T14:00." });
  return undefined;
}

function answerOf(step: Step & { id: string }, told: { status: string; body: string }, issues: Issue[]): unknown {
  const body = bodyOf(step, told.body, issues);
  const sort = sortOf(step);
  if (sort === "call") return { output: body };
  if (sort === "other") return body ?? {};
  const status = told.status.trim() === "" ? 200 : Number(told.status);
  if (!Number.isInteger(status) || status < 100 || status > 599)
    issues.push({ path: `step.${step.id}.status`, message: "A status is a number from 100 to 599." });
  return { status, headers: {}, content_type: "application/json", body };
}

function bodyOf(step: { id: string }, typed: string, issues: Issue[]): unknown {
  if (typed.trim() === "") return null;
  try {
    return JSON.parse(typed) as unknown;
  } catch (error) {
    issues.push({ path: `step.${step.id}.body`, message: `This is not JSON: ${(error as Error).message}.` });
    return null;
  }
}

/** Each step as the form asks about it. Really sending is offered to who may also change the behavior. */
export function simulatedSteps(
  behavior: Behavior,
  typed: TypedSimulation,
  problems: Record<string, string>,
  mayManage: boolean,
) {
  return tellable(behavior).map((step) => {
    const kind = findStepKind(step.do)!;
    const told = typed.steps[step.id] ?? { mode: "", status: "", body: "" };
    const sort = sortOf(step);
    const calls = sort === "call";
    const modes = [
      {
        value: "",
        label: calls ? "Simulate it, too" : sort === "request" ? "Show, do not send" : "Show, do not do it",
      },
      ...(mayManage && !calls ? [{ value: "send", label: sort === "request" ? "Really send" : "Really do it" }] : []),
      { value: "answer", label: "Answer with…" },
    ];
    return {
      id: step.id,
      title: step.title ?? kind.label,
      status: sort === "request",
      what: calls ? "Output as JSON" : sort === "request" ? "Body as JSON" : "Result as JSON",
      modes,
      typed: told,
      problems: { status: problems[`step.${step.id}.status`], body: problems[`step.${step.id}.body`] },
    };
  });
}

/** Steps that act and have no id: they can only be shown. */
export function untold(behavior: Behavior): number {
  return walk(behavior.steps).filter(({ step }) => step.id === undefined && acts(step)).length;
}
