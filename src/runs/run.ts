import { z } from "zod";
import type { Program } from "../behaviors/program.ts";
import type { Code } from "../errors.ts";

export const RUN_STATES = ["queued", "running", "succeeded", "failed", "stopped"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** By what a run was started. */
export type Trigger = "hand" | "api" | "schedule" | "webhook" | "event" | "behavior";

/** Why a run failed; `step` is the key of the step in its trace. */
export interface RunError {
  code: Code | "stopped_by_behavior";
  message: string;
  step: string | null;
}

/** What a simulation may do, and what it takes for the answers that it does not fetch. */
export const simulation = z.strictObject({
  /** What `now` is; the true time when nothing is said. */
  now: z.iso.datetime({ offset: true }).optional(),
  /** Ids of steps whose request is really sent. */
  send: z.array(z.string()).max(200).default([]),
  /** Results of steps by their id. */
  answers: z.record(z.string(), z.unknown()).default({}),
  /** Steps without an answer here get the one they got in this run. */
  replay: z.uuid().optional(),
});
export type Simulation = z.output<typeof simulation>;

/** One execution of a behavior. */
export interface Run {
  id: string;
  behaviorId: string | null;
  /** "bot/behavior", as it was called then. */
  behaviorName: string;
  title: string;
  version: number;
  botId: string | null;
  state: RunState;
  trigger: Trigger;
  startedBy: { type: string; id: string | null; name: string };
  chain: string[];
  program: Program;
  /** The bot's configuration as it was when the run was started. */
  config: Record<string, unknown>;
  inputs: Record<string, unknown>;
  /** What the trigger brought along: a webhook's delivery, an event. */
  occasion: unknown;
  simulation: Simulation | null;
  output: unknown;
  error: RunError | null;
  parentId: string | null;
  rerunOf: string | null;
  /** Of what the keys are made that tell providers of a repeated request; a continued run has that of the first. */
  origin: string;
  /** What `now` was when it began, or after its last wait. */
  clock: Date | null;
  dueAt: Date;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  attempts: number;
  spentMs: number;
  stopping: boolean;
}

export type StepState = "running" | "finished" | "failed" | "skipped" | "simulated";

/** One step of a run's trace. */
export interface TraceLine {
  /** Where it stands, such as "2.0[3].1": the third step's first branch, its fourth round, its second step. */
  key: string;
  position: number;
  stepId: string | null;
  kind: string;
  title: string;
  state: StepState;
  startedAt: Date;
  durationMs: number | null;
  /** Under which the audit tells who allowed what. */
  requestId: string | null;
  shown: unknown;
  result: unknown;
  error: { code: string; message: string } | null;
}

export function isOver(state: RunState): boolean {
  return state !== "queued" && state !== "running";
}
