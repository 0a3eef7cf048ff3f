import { z } from "zod";
import { baseStep, failing, stepKind, type Step } from "../step.ts";

interface UnscheduleBehavior extends Step {
  behavior: string;
}

export const unscheduleBehavior = stepKind<UnscheduleBehavior>({
  kind: "unschedule_behavior",
  label: "Unschedule behavior",
  help: "Ends what this bot scheduled of a behavior.",
  icon: "calendar-x",
  acts: true,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      ...failing(steps),
      do: z.literal("unschedule_behavior"),
      behavior: z.string().trim().min(1, "Choose a behavior.").max(200),
    }) as unknown as z.ZodType<UnscheduleBehavior>,
  fields: [{ name: "behavior", label: "Behavior", type: "behavior", required: true, example: "notes/add" }],
  line: ({ behavior }) => behavior,
  names: ({ behavior }) => [{ names: "behavior", key: behavior }],
  perform: ({ behavior }, at) => at.unschedule(behavior),
});
