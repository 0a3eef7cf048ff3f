import { TEMPLATE_LENGTH } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** A piece of a template: text as it is, or the expression of a placeholder with where it begins. */
export type Part = { literal: string } | { expression: string; at: number };

/** Whether a text holds a placeholder at all. */
export function isTemplate(text: string): boolean {
  return text.includes("{{");
}

/**
 * Takes a template apart. Braces in CEL's texts, comments and maps do not end a placeholder.
 * Throws a Refusal for a placeholder that is empty, not closed, or in the three braces of packages.
 */
export function partsOf(text: string): Part[] {
  if (text.length > TEMPLATE_LENGTH) {
    throw new Refusal(`The text has ${text.length} characters; a template has ${TEMPLATE_LENGTH} at most.`);
  }
  const parts: Part[] = [];
  let done = 0;
  for (let open = text.indexOf("{{"); open >= 0; open = text.indexOf("{{", done)) {
    if (text[open + 2] === "{") throw new Refusal(PACKAGE, { at: open });
    const close = closing(text, open + 2);
    if (close < 0)
      throw new Refusal("The placeholder that begins here is not closed; write }} after it.", { at: open });
    const inside = text.slice(open + 2, close);
    if (inside.trim() === "") throw new Refusal("The placeholder is empty; write an expression in it.", { at: open });
    if (open > done) parts.push({ literal: text.slice(done, open) });
    parts.push({ expression: inside, at: open + 2 });
    done = close + 2;
  }
  if (done < text.length) parts.push({ literal: text.slice(done) });
  return parts;
}

const PACKAGE =
  "{{{ … }}} belongs to packages and is filled when one is imported; write {{ … }} here, " +
  "with a space after it if the expression begins with a brace.";

/** Where the }} is that closes a placeholder, or -1. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = endOfText(text, at);
    } else if (character === "/" && text[at + 1] === "/") {
      const end = text.indexOf("\n", at);
      if (end < 0) return -1;
      at = end;
    } else if (character === "{") {
      depth++;
    } else if (character === "}") {
      if (depth > 0) depth--;
      else if (text[at + 1] === "}") return at;
    }
  }
  return -1;
}

/** Where the last quote of a CEL text is that begins at `from`, by the rules of the parser. */
function endOfText(text: string, from: number): number {
  const quote = text[from]!;
  const end = text.startsWith(quote.repeat(3), from) ? quote.repeat(3) : quote;
  for (let at = from + end.length; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text.startsWith(end, at)) return at + end.length - 1;
  }
  return text.length;
}
