import { z } from "zod";
import { baseStep, stepKind, type Step } from "../step.ts";

const MAX_SECONDS = 30 * 24 * 3600;

interface Wait extends Step {
  seconds: number;
}

export const wait = stepKind<Wait>({
  kind: "wait",
  label: "Wait",
  help: "Goes on after a while, also when Signet was restarted meanwhile.",
  icon: "hourglass",
  acts: false,
  schema: () =>
    z.strictObject({
      ...baseStep,
      do: z.literal("wait"),
      seconds: z.number().min(0).max(MAX_SECONDS, "Wait at most 30 days."),
    }) as unknown as z.ZodType<Wait>,
  fields: [{ name: "seconds", label: "Seconds", type: "number", required: true, example: "60" }],
  line: ({ seconds }) => `${seconds} s`,
  perform: async ({ seconds }, at) => {
    const until = new Date(at.now.getTime() + seconds * 1000);
    at.show({ until: until.toISOString() });
    if (!at.simulating) await at.waitUntil(until);
    return null;
  },
});
