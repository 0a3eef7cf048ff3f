import { z } from "zod";
import { baseStep, Stop, stepKind, type Step } from "../step.ts";

interface StopStep extends Step {
  state: "succeeded" | "failed";
  message?: string | undefined;
  output?: unknown;
}

export const stop = stepKind<StopStep>({
  kind: "stop",
  label: "Stop",
  help: "Ends the run, well or badly.",
  icon: "circle-stop",
  acts: false,
  schema: () =>
    z.strictObject({
      ...baseStep,
      do: z.literal("stop"),
      state: z.enum(["succeeded", "failed"]).default("succeeded"),
      message: z.string().max(2000).optional(),
      output: z.unknown().optional(),
    }) as unknown as z.ZodType<StopStep>,
  fields: [
    {
      name: "state",
      label: "As",
      type: "choice",
      options: [
        { value: "succeeded", label: "Success" },
        { value: "failed", label: "Failure" },
      ],
    },
    { name: "message", label: "Message", type: "text", help: "Said when it fails; callers see it." },
    { name: "output", label: "Output", type: "json", help: "Instead of the behavior's own output." },
  ],
  line: ({ state, message }) => (state === "failed" ? `failed: ${message ?? ""}` : "succeeded"),
  perform: async ({ state, message, output }, at) => {
    const said = await at.render(message ?? "");
    throw new Stop(state, said === "" ? "Stopped by the behavior." : String(said), await at.render(output));
  },
});
