import { z } from "zod";
import { baseStep, failing, stepKind, type Step } from "../step.ts";

interface RunBehavior extends Step {
  behavior: string;
  inputs?: Record<string, unknown> | undefined;
}

export const runBehavior = stepKind<RunBehavior>({
  kind: "run_behavior",
  label: "Run behavior",
  help: "Runs a behavior as its own bot, and gets its output.",
  icon: "workflow",
  acts: true,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      ...failing(steps),
      do: z.literal("run_behavior"),
      behavior: z.string().trim().min(1, "Choose a behavior.").max(200),
      inputs: z.record(z.string(), z.unknown()).optional(),
    }) as unknown as z.ZodType<RunBehavior>,
  fields: [
    { name: "behavior", label: "Behavior", type: "behavior", required: true, example: "notes/add" },
    { name: "inputs", label: "Inputs", type: "json", example: '{ "email": "{{ inputs.email }}" }' },
  ],
  results: [{ name: "output", about: "what the behavior gave" }],
  line: ({ behavior }) => behavior,
  names: ({ behavior }) => [{ names: "behavior", key: behavior }],
  perform: async ({ behavior, inputs }, at) => {
    const given = await at.render(inputs ?? {});
    return { output: await at.call(behavior, given) };
  },
});
