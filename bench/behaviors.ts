import { addBehavior } from "../src/behaviors/save.ts";
import { addBot } from "../src/bots/add.ts";
import type { Context } from "../src/context.ts";
import type { LoadRequest, Sample } from "./programs.ts";

// What a behavior costs beyond the requests that it sends: runs of many steps beside as many single executes.

/** Requests of one run. */
export const STEPS = 20;
/** Callers that each wait for the end of their run. */
export const CALLERS = 4;

/** A behavior of so many requests with the account. Returns its id. */
export async function prepareBehavior(ctx: Context, account: string): Promise<string> {
  const bot = await addBot(ctx, { name: "Bench", limits: { max_runs: CALLERS } });
  const step = (at: number) => ({ id: `s${at}`, do: "http_request" as const, account, url: "/tickets" });
  const steps = Array.from({ length: STEPS }, (_, at) => step(at));
  return (await addBehavior(ctx, { bot: bot.id, title: "Many requests", steps, output: null } as never)).id;
}

/** The request that runs it and waits for its end. */
export function runRequest(behavior: string): Pick<LoadRequest, "path" | "body"> {
  return { path: `/api/v1/behaviors/${behavior}/runs`, body: JSON.stringify({ wait_ms: 60_000 }) };
}

/** Throws when runs do not succeed; a load test would only count that they were answered. */
export async function requireSuccess(request: LoadRequest): Promise<void> {
  const { port, path, headers, body } = request;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, body });
  const run = (await answer.json()) as { state?: string };
  if (run.state !== "succeeded") throw new Error(`The run of the bench did not succeed: ${JSON.stringify(run)}`);
}

interface Costs extends Sample {
  cpu: number;
  database: number;
}

/** One line: what a step of a run takes, as a ratio to an execute with as many callers, round by round. */
export function reportBehaviors(print: (line: string) => void, single: Costs[], runs: Costs[]): void {
  const perStep = runs.map((run) => ({ rate: run.perSecond * STEPS, cpu: run.cpu / STEPS, db: run.database / STEPS }));
  const ratio = (of: (step: (typeof perStep)[number], execute: Costs) => number) =>
    median(perStep.map((step, round) => of(step, single[round]!))).toFixed(2);
  print(
    [
      `a step of a behavior of ${STEPS} requests, ${CALLERS} callers`,
      `${Math.round(median(perStep.map(({ rate }) => rate)))} steps/s`,
      `ratio to execute ${ratio((step, execute) => step.rate / execute.perSecond)}`,
      `cpu ${Math.round(median(perStep.map(({ cpu }) => cpu)))} us (ratio ${ratio((step, execute) => execute.cpu / step.cpu)})`,
      `database ${Math.round(median(perStep.map(({ db }) => db)))} us`,
    ].join("  "),
  );
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
