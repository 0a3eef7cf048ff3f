import { z } from "zod";
import { SignetError } from "../../errors.ts";
import { baseStep, stepKind, type Step } from "../step.ts";

/** Rounds of one loop; the budget of the run bounds all steps together. */
const MAX_ROUNDS = 1000;

interface Loop extends Step {
  over: string;
  as: string;
  limit: number;
  steps: Step[];
}

export const loop = stepKind<Loop>({
  kind: "loop",
  label: "Loop",
  help: "Does its steps for each item of a list.",
  icon: "repeat",
  acts: false,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      do: z.literal("loop"),
      over: z.string().trim().min(1, "Enter the list."),
      as: z
        .string()
        .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,59}$/, "A name holds letters, digits and _, and begins with no digit.")
        .default("item"),
      limit: z.number().int().min(1).max(MAX_ROUNDS).default(MAX_ROUNDS),
      steps: steps.default([]),
    }) as unknown as z.ZodType<Loop>,
  fields: [
    { name: "over", label: "For each of", type: "expression", required: true, example: "steps.found.body.items" },
    {
      name: "as",
      label: "Called",
      type: "text",
      plain: true,
      example: "item",
      help: "The steps inside read it as vars.item.",
    },
    { name: "limit", label: "At most", type: "number", help: "A longer list fails the run.", rare: true },
  ],
  expressions: ["over"],
  results: [{ name: "items", about: "how many items there were" }],
  line: ({ over, as }) => `${as} of ${over}`,
  branches: ({ steps }) => [{ path: ["steps"], label: "For each", steps }],
  perform: async ({ over, as, limit, steps }, at) => {
    const items = await at.evaluate(over);
    if (!Array.isArray(items)) throw new SignetError("invalid", `“${over}” is not a list.`);
    if (items.length > limit)
      throw new SignetError("invalid", `The list has ${items.length} items; this loop takes at most ${limit}.`);
    at.show({ items: items.length });
    for (const [index, item] of items.entries()) {
      at.set(as, item);
      await at.perform(steps, String(index));
    }
    return { items: items.length };
  },
});
