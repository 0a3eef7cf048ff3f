import { parse } from "./language.ts";
import { waysIn } from "./names.ts";
import { piecesOf, placeholdersIn, shifted, type Place, type Placeholder } from "./program.ts";
import { located, Refusal } from "./refusal.ts";
import type { Way } from "./scope.ts";

export { isTemplate } from "./template.ts";

/** What is wrong with an expression, as a sentence with its place; undefined when nothing is. Takes bounded time. */
export function checkExpression(text: string): string | undefined {
  return sentenceOf(text, () => parse(text).check());
}

/**
 * What is wrong with a template, as a sentence with its place; undefined when nothing is. A text without placeholders
 * is fine. In the place "url" no placeholder may stand in scheme, host or port.
 */
export function checkTemplate(text: string, place: Place = "value"): string | undefined {
  return sentenceOf(text, () => {
    for (const { expression, at } of placeholdersOf(text, "template", place)) {
      shifted(at, () => parse(expression).check());
    }
  });
}

/**
 * The dotted paths that a text reads, each once, such as "steps.found.body" or "inputs.email": as far as the keys are
 * written out, so that a computed one or an index ends the path. A key that is no word is in brackets:
 * `config["a.b"]`. Nothing for a text that makes no sense.
 */
export function namesIn(text: string, as: "expression" | "template"): string[] {
  try {
    const ways = as === "template" ? placeholdersOf(text, as).flatMap(({ ways }) => ways) : waysIn(parse(text).tree);
    return [...new Set(ways.map(dotted))];
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

function placeholdersOf(text: string, as: "template", place?: Place): Placeholder[] {
  return placeholdersIn(piecesOf({ text, as, ...(place && { place }) }));
}

function dotted(way: Way): string {
  return way
    .map((key, index) => (index === 0 ? key : /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`))
    .join("");
}

function sentenceOf(text: string, work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return located(error.message, text, error.at);
    throw error;
  }
}
