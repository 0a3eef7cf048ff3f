import { createHash } from "node:crypto";
import { invalid, type Issue } from "../errors.ts";
import { fromCerb, isCerb } from "./cerb.ts";
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

/** The largest package as text. */
const MAX_TEXT = 2 * 1024 * 1024;

/** JSON that somebody pasted or uploaded. Throws `invalid` naming `package`. */
export function readPackageText(text: string): unknown {
  if (text.trim() === "") throw invalid("package", "Paste a package, or choose its file.");
  if (Buffer.byteLength(text) > MAX_TEXT) throw invalid("package", "A package is at most 2 MiB of JSON.");
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const at = /position (\d+)/.exec(String(error))?.[1];
    const line = at === undefined ? "" : ` Look at line ${text.slice(0, Number(at)).split("\n").length}.`;
    throw invalid("package", `This is not JSON.${line}`);
  }
}

/** Takes a package in, ours or one of Cerb: its bounds, then its format. Throws nothing. */
export function readPackage(given: unknown): ReadPackage {
  const problem = unfit(given);
  if (problem) return { pack: undefined, problems: [problem], leftOut: [], hash: "" };
  const hash = createHash("sha256").update(canonical(given)).digest("hex");
  const { package: own, leftOut } = isCerb(given) ? fromCerb(given) : { package: given, leftOut: [] };
  const read = packageSchema.safeParse(own);
  if (read.success) return { pack: read.data, problems: [], leftOut, hash };
  return { pack: undefined, problems: zodIssues(read.error), leftOut, hash };
}
