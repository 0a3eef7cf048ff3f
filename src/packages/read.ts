import { createHash } from "node:crypto";
import type { Issue } from "../errors.ts";
import { packageSchema, type Package } from "./package.ts";
import { canonical, unfit } from "./plain.ts";
import { zodIssues } from "./zod-issues.ts";

/** Something of a foreign package that has no counterpart here. */
export interface LeftOut {
  path: string;
  reason: string;
}

/** A package as it came: readable, or with what is wrong with it. */
export interface ReadPackage {
  pack: Package | undefined;
  problems: Issue[];
  leftOut: LeftOut[];
  /** Fingerprint of what came, whatever the order of its keys. */
  hash: string;
}

/** Takes a package in: its bounds, then its format. Throws nothing. */
export function readPackage(given: unknown): ReadPackage {
  const problem = unfit(given);
  if (problem) return { pack: undefined, problems: [problem], leftOut: [], hash: "" };
  const hash = createHash("sha256").update(canonical(given)).digest("hex");
  const read = packageSchema.safeParse(given);
  if (read.success) return { pack: read.data, problems: [], leftOut: [], hash };
  return { pack: undefined, problems: zodIssues(read.error), leftOut: [], hash };
}
