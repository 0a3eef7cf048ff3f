import { z } from "zod";
import { SignetError } from "../../errors.ts";
import { baseStep, stepKind, type Step } from "../step.ts";

interface Decide extends Step {
  outcomes: { title: string; when?: string | undefined; steps: Step[] }[];
}

export const decide = stepKind<Decide>({
  kind: "decide",
  label: "Decision",
  help: "Takes the first outcome whose condition holds.",
  icon: "split",
  acts: false,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      do: z.literal("decide"),
      outcomes: z
        .array(
          z.strictObject({
            title: z.string().trim().min(1, "Give the outcome a title.").max(200),
            when: z.string().trim().min(1, "Enter a condition, or leave it out.").optional(),
            steps: steps.default([]),
          }),
        )
        .min(1, "A decision needs an outcome.")
        .max(20, "A decision has at most 20 outcomes."),
    }) as unknown as z.ZodType<Decide>,
  fields: [{ name: "outcomes", label: "Outcomes", type: "outcomes", required: true }],
  results: [{ name: "outcome", about: "the title of the outcome that was taken" }],
  expressions: ["outcomes.*.when"],
  branches: ({ outcomes }) =>
    outcomes.map(({ title, when, steps }, index) => ({
      path: ["outcomes", index, "steps"],
      label: title,
      when,
      steps,
    })),
  perform: async ({ outcomes }, at) => {
    for (const [index, { title, when, steps }] of outcomes.entries()) {
      if (when !== undefined && !holds(await at.evaluate(when), title)) continue;
      at.show({ outcome: title });
      await at.perform(steps, String(index));
      return { outcome: title };
    }
    at.show({ outcome: null });
    return { outcome: null };
  },
});

function holds(value: unknown, title: string): boolean {
  if (typeof value === "boolean") return value;
  throw new SignetError("invalid", `The condition of “${title}” is neither true nor false.`);
}
