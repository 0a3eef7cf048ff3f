import { execute, type Executed } from "../accounts/execute.ts";
import type { Preview } from "../accounts/preview.ts";
import type { ExecuteInput } from "../accounts/request-input.ts";
import type { Step } from "../behaviors/step.ts";
import type { Bot } from "../bots/bot.ts";
import { managesBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { invalid, isSignetError, SignetError } from "../errors.ts";
import { getRun, type SeenRun } from "./browse.ts";
import type { Simulation } from "./run.ts";
import { masked, maskedUrl } from "./shown.ts";

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
    request: { ...preview.request, url: maskedUrl(preview.request.url), headers: masked(preview.request.headers) },
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

/**
 * A simulation that the actor may have: with the answers of the run it replays, where given ones win. Throws `invalid`
 * for a run whose trace the actor may not see, and `forbidden` for sending single requests of somebody else's bot,
 * because the steps before them, that may check something, would not have happened.
 */
export async function allowedSimulation(ctx: Context, bot: Bot, simulation: Simulation): Promise<Simulation> {
  if (simulation.send.length > 0 && !managesBot(ctx, bot))
    throw new SignetError("forbidden", `Only who manages ${bot.name} may really send single steps of a simulation.`);
  if (simulation.replay === undefined) return simulation;
  const { seesTrace, steps: lines } = await replayed(ctx, simulation.replay);
  if (!seesTrace) throw invalid("simulate.replay", "You may not see how that run went.");
  const answers = Object.fromEntries(
    lines.flatMap(({ stepId, result }) => (stepId !== null && result !== null ? [[stepId, result]] : [])),
  );
  return { ...simulation, answers: { ...answers, ...simulation.answers } };
}

async function replayed(ctx: Context, id: string): Promise<Pick<SeenRun, "seesTrace" | "steps">> {
  try {
    return await getRun(ctx, id);
  } catch (error) {
    if (isSignetError(error) && error.code === "not_found")
      throw invalid("simulate.replay", "There is no such run, or it is not visible to you.");
    throw error;
  }
}

/** For a behavior that a simulated one calls: its steps are other ones, so nothing of it is sent or answered for. */
export function simulationOfCall({ now }: Simulation): Simulation {
  return { now, send: [], answers: {} };
}
