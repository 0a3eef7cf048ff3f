import { isAdmin } from "../access/actor.ts";
import { outcomesOf } from "../audit/browse.ts";
import type { Context } from "../context.ts";
import { knownBot } from "../bots/browse.ts";
import { seenRun } from "../runs/browse.ts";
import { isOver, type Run } from "../runs/run.ts";
import { callsOf, countSteps, tracePage } from "../runs/trace-page.ts";
import { view, type Answer } from "./answer.ts";
import { shownDuration } from "./durations.ts";
import { shownTrace } from "./run-trace.ts";
import { broughtAbout, nextStep, placeOf, startedBy, statePill, TRIGGER_WORDS } from "./run-words.ts";

/** Steps on one page. */
const STEPS = 200;
/** Seconds after which the page is loaded again where no script looks for news. */
const REFRESH = 3;
/** Characters of inputs, output and the like. */
const SHOWN = 65_536;

/** The page of one run, its trace from the position `after` on. Throws `not_found`. */
export async function runPage(ctx: Context, id: string, after: number): Promise<Answer> {
  const { run, seesTrace, mayStop, mayRerun } = await seenRun(ctx, id);
  const trace = seesTrace ? await traceOf(ctx, run, after) : null;
  const here = `/runs/${run.id}`;
  const open = !isOver(run.state);
  const bot = run.botId === null ? undefined : await knownBot(ctx, run.botId);
  const data = {
    page: { title: `Run of ${run.title}`, section: "bots", ...(open && { refresh: REFRESH }) },
    run: {
      id: run.id,
      here,
      open,
      title: run.title,
      state: statePill(run, ctx.clock()),
      word: run.state,
      stopping: run.stopping && open,
      context: `${run.behaviorName} · ${broughtAbout(run)}`,
      waits: run.state === "queued" && run.dueAt > ctx.clock() ? run.dueAt : null,
      simulated: run.simulation !== null,
    },
    crumbs: crumbs(run, bot?.name),
    acts: acts(run, { mayStop, mayRerun, seesTrace }),
    problem: run.error === null ? null : problemOf(run, trace),
    note: run.simulation === null ? null : simulationNote(run, trace?.counts ?? {}),
    facts: factsOf(run),
    inputs: shownJson(run.inputs),
    // An admin sees that somebody's private bot ran, not what went in and came out.
    veiled: !seesTrace && run.startedBy.id !== ctx.actor.id,
    output: run.state === "succeeded" || run.output !== null ? shownJson(run.output) : null,
    trace,
    audit: isAdmin(ctx.actor) ? `/audit?q=${run.id}` : null,
    keeper: bot?.name ?? "the bot",
  };
  return view("run", data);
}

async function traceOf(ctx: Context, run: Run, after: number) {
  const [{ lines, next }, calls, counts] = await Promise.all([
    tracePage(ctx, run, after, STEPS),
    callsOf(ctx, run),
    countSteps(ctx, run),
  ]);
  const asked = lines.flatMap(({ requestId, startedAt }) =>
    requestId === null ? [] : [{ id: requestId, at: startedAt }],
  );
  const steps = shownTrace(lines, calls, await outcomesOf(ctx, asked));
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    steps,
    lines: lines.map(({ key, title }) => ({ key, title })),
    counts,
    total,
    first: after > 0 ? `/runs/${run.id}` : null,
    next: next === null ? null : `/runs/${run.id}?after=${next}`,
  };
}

function crumbs(run: Run, bot: string | undefined) {
  return [
    { label: "Runs", href: "/runs" },
    ...(bot !== undefined ? [{ label: bot, href: `/bots/${run.botId}` }] : []),
    ...(run.behaviorId !== null ? [{ label: run.title, href: `/behaviors/${run.behaviorId}` }] : []),
  ];
}

function acts(run: Run, may: { mayStop: boolean; mayRerun: boolean; seesTrace: boolean }) {
  const here = `/runs/${run.id}`;
  const [over, simulated] = [isOver(run.state), run.simulation !== null];
  const rerun = (label: string, from: "start" | "failure", icon: string) =>
    ({ label, action: `${here}/rerun`, fields: { from }, icon }) as const;
  const again = over && may.mayRerun && !simulated && run.behaviorId !== null;
  const use = { label: "Use in simulator", href: `/behaviors/${run.behaviorId}/run?from=${run.id}&simulate=1` };
  return {
    primary: again
      ? rerun("Run again", "start", "repeat")
      : over && simulated && run.behaviorId !== null
        ? { ...use, label: "Simulate again" }
        : null,
    others: [
      ...(!over && may.mayStop && run.parentId === null && !run.stopping
        ? [{ label: "Stop", href: `${here}/stop`, icon: "circle-stop" }]
        : []),
      ...(again && run.state !== "succeeded" ? [rerun("Go on from the failure", "failure", "play")] : []),
    ],
    menu: over && run.behaviorId !== null && may.seesTrace && !simulated ? [{ ...use, icon: "circle-dashed" }] : [],
  };
}

function problemOf(run: Run, trace: { lines: { key: string; title: string }[] } | null) {
  const error = run.error!;
  const place = placeOf(error, trace?.lines ?? []);
  const inOutput = error.step === null && error.code === "invalid" ? "It happened when the output was made. " : "";
  const where = place === null ? inOutput : `It happened at ${place}. `;
  const onPage = trace?.lines.some(({ key }) => key === error.step);
  const href = `#step-${(error.step ?? "").replace(/[^\w-]/g, "-")}`;
  return {
    title: error.message,
    text: `${where}${nextStep(error, run.simulation !== null)}`,
    action: onPage ? { label: "Show the step", href, kind: "plain" } : undefined,
  };
}

/** What did not happen, so that nobody takes a simulation for the real thing. */
function simulationNote({ simulation }: Run, counts: { simulated?: number; skipped?: number }): string {
  const { send, now } = simulation!;
  const left = counts.simulated ?? 0;
  const unsent =
    left === 0
      ? "Nothing was left unsent."
      : left === 1
        ? "One step would have done something outside and did not; it says what was taken for its answer."
        : `${left} steps would have done something outside and did not; each says what was taken for its answer.`;
  const sent = send.length === 0 ? "" : ` Really sent: ${send.join(", ")}.`;
  return `${unsent}${sent}${now === undefined ? "" : ` The clock stood at ${now.slice(0, 19).replace("T", " ")} UTC.`}`;
}

function factsOf(run: Run) {
  const link = (id: string, label: string) => ({ href: `/runs/${id}`, label });
  return [
    { label: "Started by", person: startedBy(run) },
    { label: "How", text: TRIGGER_WORDS[run.trigger] },
    run.chain.length > 2 && { label: "On behalf of", text: run.chain.join(" → ") },
    { label: "Behavior", text: `${run.behaviorName}, version ${run.version}` },
    run.parentId !== null && { label: "Called by", link: link(run.parentId, "the run that called it") },
    run.rerunOf !== null && { label: "Again after", link: link(run.rerunOf, `run ${run.rerunOf.slice(-8)}`) },
    { label: "Asked for", at: run.createdAt, exact: true },
    run.startedAt !== null && { label: "Began", at: run.startedAt, exact: true },
    run.finishedAt !== null && { label: "Ended", at: run.finishedAt, exact: true },
    isOver(run.state) && run.startedAt !== null && { label: "Took", text: shownDuration(run.spentMs) },
    run.attempts > 1 && {
      label: "Taken up",
      text: `${run.attempts} times`,
      detail: "after a wait, or when a process ended",
    },
    { label: "Run id", copy: run.id },
  ].filter((fact) => fact !== false);
}

function shownJson(value: unknown): { text: string; cut: boolean } {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return { text: text.slice(0, SHOWN), cut: text.length > SHOWN };
}
