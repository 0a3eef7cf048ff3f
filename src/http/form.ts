import type { SignetError } from "../errors.ts";
import type { Problems } from "./failure.ts";
import type { Incoming } from "./route.ts";

/** One field of a form as text; the last one when the name was sent more than once, "" when it was not sent. */
export function text(form: Incoming["form"], name: string): string {
  return [form[name] ?? ""].flat().at(-1) ?? "";
}

/** Every value sent under a name, empty ones left out. */
export function texts(form: Incoming["form"], name: string): string[] {
  return [form[name] ?? []].flat().filter((value) => value !== "");
}

/** Several fields as text, for the input of a verb and for drawing the form again. */
export function fields<Name extends string>(form: Incoming["form"], ...names: Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, text(form, name)])) as Record<Name, string>;
}

/** What a page needs to draw a refused form again: lines for problem-summary, and a sentence for each field. */
export function refused(problems: Problems): { lines: { name?: string; text: string }[]; of: Record<string, string> } {
  const named = Object.entries(problems.fields).filter(([name]) => name !== "");
  const lines = named.map(([name, sentence]) => ({ name, text: sentence }));
  return { lines: lines.length > 0 ? lines : [{ text: problems.summary }], of: problems.fields };
}

/** The status of a page with a refused form: 400, unless waiting is what helps. */
export function refusedStatus(error: SignetError): number {
  return error.code === "rate_limited" || error.code === "unavailable" ? error.status : 400;
}
