import { z } from "zod";
import { programInput } from "./inputs.ts";
import { allStepKinds, findStepKind } from "./steps.ts";
import type { Branch, Step } from "./step.ts";

/** What a behavior does: its inputs, steps and output; the part that is versioned, exported and run. */
export interface Program {
  inputs: z.output<typeof programInput>[];
  steps: Step[];
  /** A template tree; what callers get. */
  output: unknown;
}

const MAX_STEPS = 200;
const MAX_DEPTH = 12;
const MAX_TEXT = 262_144;

const anyStep: z.ZodType<Step> = z
  .lazy(() =>
    z.discriminatedUnion("do", allStepKinds().map((kind) => kind.schema(steps)) as never, {
      error: (issue) =>
        issue.code === "invalid_union"
          ? `This is no kind of step. There are ${allStepKinds()
              .map(({ kind }) => kind)
              .join(", ")}.`
          : undefined,
    }),
  )
  .meta({ id: "Step" }) as z.ZodType<Step>;

/** A list of steps, each checked by its kind. */
export const steps: z.ZodType<Step[]> = z.array(anyStep).max(MAX_STEPS);

export const programSchema = z
  .strictObject({
    inputs: z.array(programInput).max(50, "A behavior has at most 50 inputs.").default([]),
    steps: steps.default([]),
    output: z.unknown().default(null),
  })
  .superRefine((program, check) => {
    for (const { path, message } of problemsOf(program as Program)) check.addIssue({ code: "custom", path, message });
  }) as unknown as z.ZodType<Program>;

/** A step with where it stands: ["steps", 2, "outcomes", 0, "steps", 1]. */
export interface Placed {
  step: Step;
  path: (string | number)[];
  depth: number;
}

/** Every step of a program, parents before children, in the order of reading. */
export function walk(steps: Step[], path: (string | number)[] = ["steps"], depth = 1): Placed[] {
  return steps.flatMap((step, index) => {
    const here = [...path, index];
    const inner = branchesOf(step).flatMap((branch) => walk(branch.steps, [...here, ...branch.path], depth + 1));
    return [{ step, path: here, depth }, ...inner];
  });
}

/** The lists of steps inside a step, `on_error` last. */
export function branchesOf(step: Step): Branch[] {
  const own = findStepKind(step.do)?.branches?.(step) ?? [];
  return step.on_error === undefined ? own : [...own, { path: ["on_error"], label: "On error", steps: step.on_error }];
}

/** What the schema of one step can not see: ids given twice, too much of everything. */
function problemsOf(program: Program): { path: (string | number)[]; message: string }[] {
  const placed = walk(program.steps);
  const problems: { path: (string | number)[]; message: string }[] = [];
  const seen = new Set<string>();
  for (const { step, path, depth } of placed) {
    if (depth > MAX_DEPTH) problems.push({ path, message: `Steps are nested at most ${MAX_DEPTH} deep.` });
    if (step.id === undefined) continue;
    if (seen.has(step.id))
      problems.push({ path: [...path, "id"], message: `Another step is called “${step.id}” already.` });
    seen.add(step.id);
  }
  if (placed.length > MAX_STEPS)
    problems.push({
      path: ["steps"],
      message: `A behavior has at most ${MAX_STEPS} steps; this one has ${placed.length}.`,
    });
  const names = program.inputs.map(({ name }) => name);
  names.forEach((name, index) => {
    if (names.indexOf(name) < index)
      problems.push({ path: ["inputs", index, "name"], message: `Another input is called “${name}” already.` });
  });
  if (JSON.stringify(program).length > MAX_TEXT)
    problems.push({ path: [], message: "A behavior is at most 256 KiB of JSON." });
  return problems;
}
