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
      return isValue ? values[0] : textOf(pieces, values);
    case "text":
      return textOf(pieces, values);
    case "url":
      return addressOf(pieces, values);
    case "header":
      return header(textOf(pieces, values));
  }
}

function textOf(pieces: readonly Piece[], values: readonly unknown[]): string {
  const texts: string[] = [];
  let [length, next] = [0, 0];
  for (const piece of pieces) {
    const text = typeof piece === "string" ? piece : printed(values[next++]);
    fits((length += text.length));
    texts.push(text);
  }
  return texts.join("");
}

function header(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new Refusal("A header can not hold line ends or NUL.");
  return text;
}
