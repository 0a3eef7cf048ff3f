import type { z } from "zod";
import type { Issue } from "../errors.ts";

/** What a schema found, as issues with dotted paths and sentences. */
export function zodIssues(error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue): Issue[] => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ path: [...path, key].join("."), message: "There is no such field." }));
    const missing = issue.code === "invalid_type" && issue.input === undefined;
    return [{ path: path.join("."), message: missing ? "This is required." : issue.message }];
  });
}
