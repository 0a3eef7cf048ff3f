import { z } from "zod";
import { SignetError, type Issue } from "../errors.ts";

export const INPUT_TYPES = ["text", "long_text", "number", "date", "yes_no", "picklist", "json", "account"] as const;
export type InputType = (typeof INPUT_TYPES)[number];

/** One thing a behavior asks for. */
export const programInput = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,59}$/, "A name holds letters, digits and _, and begins with no digit."),
    type: z.enum(INPUT_TYPES).default("text"),
    label: z.string().trim().min(1).max(100).optional(),
    help: z.string().max(500).optional(),
    required: z.boolean().default(false),
    default: z.unknown().optional(),
    /** What a picklist offers. */
    options: z.array(z.string().min(1).max(200)).min(1).max(200).optional(),
    /** For an account: of which service, by id or catalog key. */
    service: z.string().max(100).optional(),
  })
  .superRefine((input, check) => {
    if (input.type === "picklist" && input.options === undefined)
      check.addIssue({ code: "custom", path: ["options"], message: "A picklist needs options." });
    if (input.default === undefined || input.default === null) return;
    const problem = wrong(input, input.default);
    if (problem) check.addIssue({ code: "custom", path: ["default"], message: problem });
  });
export type ProgramInput = z.output<typeof programInput>;

/**
 * The values a run begins with: what was given, else the default, else null. Text from a form is read as the input's
 * type. Throws `invalid` naming each input that is missing, wrong or unknown.
 */
export function readInputs(wanted: ProgramInput[], given: Record<string, unknown>): Record<string, unknown> {
  const issues: Issue[] = [];
  const values: Record<string, unknown> = {};
  for (const input of wanted) {
    const value = Object.hasOwn(given, input.name) ? converted(input.type, given[input.name]) : undefined;
    const used = value === undefined || value === null || value === "" ? (input.default ?? null) : value;
    const problem = used === null ? (input.required ? "This is required." : undefined) : wrong(input, used);
    if (problem) issues.push({ path: `inputs.${input.name}`, message: problem });
    values[input.name] = used;
  }
  const known = new Set(wanted.map(({ name }) => name));
  for (const name of Object.keys(given))
    if (!known.has(name)) issues.push({ path: `inputs.${name}`, message: "The behavior has no such input." });
  if (issues.length > 0) throw new SignetError("invalid", describe(issues), { issues });
  return values;
}

function describe(issues: Issue[]): string {
  const [first] = issues;
  return `Input ${first!.path.slice("inputs.".length)}: ${first!.message}`;
}

/** Text stands for a number, a yes or no, or JSON where the input is one. */
function converted(type: InputType, value: unknown): unknown {
  if (typeof value !== "string" || value.trim() === "") return value;
  if (type === "number") return Number.isFinite(Number(value)) ? Number(value) : value;
  if (type === "yes_no")
    return { true: true, yes: true, on: true, false: false, no: false, off: false }[value] ?? value;
  if (type !== "json") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** What is wrong with a value, as a sentence. */
function wrong(input: Pick<ProgramInput, "type" | "options">, value: unknown): string | undefined {
  switch (input.type) {
    case "text":
    case "long_text":
    case "account":
      return typeof value === "string" ? undefined : "This must be text.";
    case "number":
      return typeof value === "number" ? undefined : "This must be a number.";
    case "date":
      return typeof value === "string" && !Number.isNaN(Date.parse(value))
        ? undefined
        : "This must be a date, such as 2026-05-31 or 2026-05-31T14:00:00Z.";
    case "yes_no":
      return typeof value === "boolean" ? undefined : "This must be true or false.";
    case "picklist":
      return input.options?.includes(value as string)
        ? undefined
        : `This must be one of ${(input.options ?? []).join(", ")}.`;
    case "json":
      return undefined;
  }
}
