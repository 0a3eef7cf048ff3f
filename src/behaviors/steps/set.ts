import { z } from "zod";
import { baseStep, stepKind, type Step } from "../step.ts";

interface Set extends Step {
  name: string;
  value?: unknown;
}

export const set = stepKind<Set>({
  kind: "set",
  label: "Set placeholder",
  help: "Keeps a value under a name, for later steps.",
  icon: "variable",
  acts: false,
  schema: () =>
    z.strictObject({
      ...baseStep,
      do: z.literal("set"),
      name: z
        .string()
        .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,59}$/, "A name holds letters, digits and _, and begins with no digit."),
      value: z.unknown(),
    }) as unknown as z.ZodType<Set>,
  fields: [
    {
      name: "name",
      label: "Name",
      type: "text",
      plain: true,
      required: true,
      example: "ids",
      help: "Later steps read it as vars.ids.",
    },
    { name: "value", label: "Value", type: "json", example: "{{ steps.found.body.items.map(c, c.id) }}" },
  ],
  line: ({ name, value }) => `${name} = ${typeof value === "string" ? value : JSON.stringify(value ?? null)}`,
  perform: async ({ name, value }, at) => {
    const result = await at.render(value ?? null);
    at.set(name, result);
    at.show({ name, value: result });
    return result;
  },
});
