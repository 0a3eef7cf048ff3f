import { readText, type ReadText, type TextProblem } from "../behaviors/text.ts";
import { SignetError, type Issue } from "../errors.ts";

// A behavior as text: what was typed, read into what the verbs take, and their problems put at its lines.

/** A problem with the line that it is about. */
export interface LineProblem {
  line: number | null;
  /** What stands there. */
  source: string;
  message: string;
}

const FIELDS = { inputs: [], steps: [], output: null };

/**
 * What the text says, as verbs take it: what a program must have and the text leaves out is empty. Throws `invalid` for
 * what can not be read; linesOf() tells where.
 */
export function behaviorIn(text: string): { value: Record<string, unknown>; read: ReadText } {
  const read = readText(text);
  if (read.value === undefined) throw new SignetError("invalid", read.problems[0]!.message);
  const given = Object.entries(read.value).filter(([name, value]) => value !== null || !(name in FIELDS));
  return { value: { ...FIELDS, ...Object.fromEntries(given) }, read };
}

/** Where in the text each problem is. */
export function linesOf(text: string, issues: Issue[], summary: string): LineProblem[] {
  const read = readText(text);
  const lines = text.split("\n");
  const problems: TextProblem[] =
    read.problems.length > 0
      ? read.problems
      : issues.map(({ path, message }) => ({
          line: read.lineOf(path),
          message: path === "" || read.lineOf(path) === undefined ? message : `${path}: ${message}`,
        }));
  const found = problems.length > 0 ? problems : [{ line: undefined, message: summary }];
  return found.map(({ line, message }) => ({
    line: line ?? null,
    source: line === undefined ? "" : (lines[line - 1] ?? "").trim().slice(0, 80),
    message,
  }));
}

/** The same for the summary of a form. */
export function asSummary(problems: LineProblem[], name: string): { name: string; text: string }[] {
  return problems.map(({ line, message }) => ({ name, text: line === null ? message : `Line ${line}: ${message}` }));
}
