import { addressOf } from "./address.ts";
import { fits, printed } from "./printed.ts";
import type { Job, Piece } from "./program.ts";
import { Refusal } from "./refusal.ts";

/**
 * What a text becomes once its placeholders have values: the value itself where nothing stands beside it and the place
 * is no text, otherwise text as the place wants it. Throws a Refusal for what the place can not hold.
 */
export function putTogether(
  { as, place = "value" }: Job,
  pieces: readonly Piece[],
  values: readonly unknown[],
): unknown {
  const isValue = as === "expression" || (pieces.length === 1 && typeof pieces[0] !== "string");
  switch (place) {
    case "value":
    case "maybe":
      return isValue ? values[0] : textOf(pieces, values);
    case "text":
      return textOf(pieces, values);
    case "url":
      return addressOf(pieces, values);
    case "header":
      return header(textOf(pieces, values));
    case "filter":
      return textOf(pieces, values, isValue ? undefined : inFilter);
    case "dn":
      return textOf(pieces, values, isValue ? undefined : inName);
  }
}

/** Texts in a row; `escaped` makes what is filled in harmless for the place. */
function textOf(
  pieces: readonly Piece[],
  values: readonly unknown[],
  escaped: (text: string) => string = (text) => text,
): string {
  const texts: string[] = [];
  let [length, next] = [0, 0];
  for (const piece of pieces) {
    const text = typeof piece === "string" ? piece : escaped(printed(values[next++]));
    fits((length += text.length));
    texts.push(text);
  }
  return texts.join("");
}

function header(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new Refusal("A header can not hold line ends or NUL.");
  return text;
}

/** A value in a search filter compares, and neither ends its comparison nor stands for any text (RFC 4515 section 3). */
function inFilter(text: string): string {
  return text.replace(/[\0()*\\]/g, hex);
}

/** A value in a distinguished name is all of one attribute's value (RFC 4514 section 2.4). */
function inName(text: string): string {
  return text.replace(/[\0-\x1f"+,;<=>\\]|^[ #]| $/g, hex);
}

function hex(character: string): string {
  return `\\${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
