import { execute, type Executed } from "../accounts/execute.ts";
import type { Preview } from "../accounts/preview.ts";
import type { ExecuteInput } from "../accounts/request-input.ts";
import type { Step } from "../behaviors/step.ts";
import type { Context } from "../context.ts";
import type { Simulation } from "./run.ts";
import { findRun, traceOf } from "./store.ts";

/**
 * What a simulated run takes for the answer of a request that it does not send: the one it was given, else an empty
 * one; and what it shows of the request, masked, with the rule that would allow it. Throws what would refuse it.
 */
export async function simulated(
  ctx: Context,
  simulation: Simulation,
  step: Step,
  input: ExecuteInput,
): Promise<{ answer: Executed; shown: object }> {
  const preview = (await execute(ctx, { ...input, simulate: true }, "behavior")) as Preview;
  const known = step.id !== undefined && Object.hasOwn(simulation.answers, step.id);
  const given = known ? (simulation.answers[step.id!] as Partial<Executed>) : {};
  const shown = {
    request: preview.request,
    rule: preview.rule,
    not_sent: known ? "The answer is one that was given." : "The answer is taken to be 200 and empty.",
  };
  return { answer: { ...EMPTY, url: preview.request.url, ...given } as Executed, shown };
}

const EMPTY = {
  status: 200,
  headers: {},
  content_type: null,
  body: null,
  body_base64: null,
  truncated: false,
  duration_ms: 0,
  attempts: 0,
};

/** The simulation with the answers of the run it replays; answers that were given win. */
export async function withReplay(ctx: Pick<Context, "db">, simulation: Simulation): Promise<Simulation> {
  const run = simulation.replay === undefined ? undefined : await findRun(ctx, simulation.replay);
  if (run === undefined) return simulation;
  const lines = await traceOf(ctx, run.id);
  const answers = Object.fromEntries(
    lines.flatMap(({ stepId, result }) => (stepId !== null && result !== null ? [[stepId, result]] : [])),
  );
  return { ...simulation, answers: { ...answers, ...simulation.answers } };
}
