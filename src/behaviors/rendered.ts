import type { z } from "zod";
import { SignetError } from "../errors.ts";

/** What templates made, as the schema of what it is for reads it. Throws `invalid` naming each field that does not fit. */
export function fitting<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const [first] = issues;
  throw new SignetError("invalid", `What was filled in for “${first!.path}” does not fit: ${first!.message}`, {
    issues,
  });
}

/** The same without entries that came to nothing: an input that was left empty leaves out its field. */
export function present<T>(entries: Record<string, T | null>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, T] => entry[1] !== null));
}
