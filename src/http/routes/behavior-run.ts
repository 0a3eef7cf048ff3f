import { listAccounts } from "../../accounts/browse.ts";
import { mayManage } from "../../access/policy.ts";
import type { Behavior } from "../../behaviors/behavior.ts";
import { getBehavior, mayRun } from "../../behaviors/browse.ts";
import type { Context } from "../../context.ts";
import { isSignetError } from "../../errors.ts";
import { lastOwnRun, listRunLines, seenRun } from "../../runs/browse.ts";
import { startRun } from "../../runs/start.ts";
import { redirect, view, type Answer } from "../answer.ts";
import { behaviorHead, behaviorTabs } from "../behavior-tabs.ts";
import { attempt, type Problems } from "../failure.ts";
import { text } from "../form.ts";
import { get, post } from "../route.ts";
import { inputFields, textsOf, typedInputs, valuesOf, type TypedInputs } from "../run-form.ts";
import { placed } from "../service-form.ts";
import {
  NO_SIMULATION,
  simulatedSteps,
  simulationAsTyped,
  simulationOf,
  typedSimulation,
  untold,
  type TypedSimulation,
} from "../simulate-form.ts";

/** Milliseconds after which the page of the run comes, whether it is over or not. */
const PATIENCE = 1_500;
const SIMULATION_PATIENCE = 10_000;

interface Draft {
  inputs: TypedInputs;
  simulation: TypedSimulation;
  /** The part about simulating is open. */
  open: boolean;
  problems?: Problems;
  /** Of a run whose inputs stand in the form. */
  from?: string | undefined;
}

export default [
  get("/behaviors/:id/run", async (ctx, { params, query }) => {
    const behavior = await getBehavior(ctx, params.id!);
    const earlier = query.from === undefined ? undefined : await earlierRun(ctx, query.from);
    const simulating = query.simulate !== undefined && earlier !== undefined;
    const simulation = !simulating
      ? NO_SIMULATION
      : earlier.simulation === null
        ? { ...NO_SIMULATION, replay: earlier.id }
        : simulationAsTyped(behavior, earlier.simulation);
    return show(ctx, behavior, {
      inputs: textsOf(behavior.inputs, earlier?.inputs),
      simulation,
      open: query.simulate !== undefined,
      from: earlier?.id,
    });
  }),

  post("/behaviors/:id/run", async (ctx, { params, form }) => {
    const behavior = await getBehavior(ctx, params.id!);
    const simulating = text(form, "act") === "simulate";
    const inputs = typedInputs(behavior.inputs, form);
    const simulation = typedSimulation(behavior, form);
    const result = await attempt(async () => {
      const values = valuesOf(behavior.inputs, inputs);
      const simulate = simulating ? simulationOf(behavior, simulation) : false;
      const wait_ms = simulating ? SIMULATION_PATIENCE : PATIENCE;
      return startRun(ctx, behavior.id, { inputs: values, wait_ms, simulate }, "hand");
    });
    if (!result.ok && result.error.code === "forbidden" && !mayRun(ctx.actor, behavior)) throw result.error;
    if (!result.ok) return show(ctx, behavior, { inputs, simulation, open: simulating, problems: result.problems });
    return redirect(`/runs/${result.value.id}`);
  }),
];

async function earlierRun(ctx: Context, id: string) {
  try {
    return (await seenRun(ctx, id)).run;
  } catch (error) {
    // The form is as good without.
    if (isSignetError(error)) return undefined;
    throw error;
  }
}

async function show(ctx: Context, behavior: Behavior, draft: Draft): Promise<Answer> {
  const runnable = mayRun(ctx.actor, behavior);
  const asksAccount = behavior.inputs.some(({ type }) => type === "account");
  const [accounts, last, earlier] = await Promise.all([
    asksAccount ? listAccounts(ctx, { limit: 200 }) : { items: [] },
    lastOwnRun(ctx, behavior.id),
    runnable ? listRunLines(ctx, { behavior: behavior.id, limit: 20 }) : { items: [] },
  ]);
  const manages = mayManage(ctx.actor, behavior.bot.owner);
  const steps = simulatedSteps(behavior, draft.simulation, draft.problems?.fields ?? {}, manages);
  const names = [
    ...behavior.inputs.map(({ name }) => `inputs.${name}`),
    ...steps.flatMap(({ id }) => [`step.${id}.status`, `step.${id}.body`]),
    "simulate.now",
    "simulate.replay",
  ];
  const problems = draft.problems ? placed(draft.problems, names) : { lines: [], of: {} };
  const here = `/behaviors/${behavior.id}/run`;
  const data = {
    page: { title: `Run ${behavior.title}`, section: "bots" },
    head: behaviorHead(behavior),
    tabs: behaviorTabs(behavior, "Run"),
    here,
    off: !behavior.enabled ? behavior.title : !behavior.bot.enabled ? behavior.bot.name : null,
    runnable,
    bot: behavior.bot.name,
    fields: inputFields(behavior.inputs, draft.inputs, problems.of, accounts.items),
    problems,
    last:
      last === undefined || draft.from === last.id || draft.problems || behavior.inputs.length === 0
        ? null
        : { href: `${here}?from=${last.id}`, at: last.createdAt },
    simulation: {
      open: draft.open,
      now: draft.simulation.now,
      replay: draft.simulation.replay,
      steps,
      untold: untold(behavior),
      runs: earlier.items
        .filter(({ simulated }) => !simulated)
        .map((run) => ({ value: run.id, label: `${utc(run.createdAt)}, ${run.state}, by ${run.startedBy.name}` })),
    },
  };
  return view("behavior-run", data, { status: draft.problems ? 400 : 200 });
}

function utc(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
