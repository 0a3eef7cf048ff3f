import { checkAddress } from "./address.ts";
import { parse } from "./language.ts";
import { pathOf, waysIn, type Path } from "./names.ts";
import { Refusal } from "./refusal.ts";
import type { Way } from "./scope.ts";
import { partsOf } from "./template.ts";

/**
 * Where a text will stand: a value of its own, one that may be missing (and is null then), a piece of text, an address, a
 * header, a search filter or a distinguished name of a directory.
 */
export type Place = "value" | "maybe" | "text" | "url" | "header" | "filter" | "dn";

/** One text to evaluate. */
export interface Job {
  text: string;
  as: "expression" | "template";
  place?: Place;
}

/** An expression in a text. */
export interface Placeholder {
  expression: string;
  /** Where it begins in the whole text. */
  at: number;
  ways: Way[];
  /** For what needs no worker. */
  path: Path | undefined;
}

export type Piece = string | Placeholder;

export function placeholdersIn(pieces: readonly Piece[]): Placeholder[] {
  return pieces.filter((piece) => typeof piece !== "string");
}

const known = new Map<string, Piece[]>();
/** Characters of the texts in `known`. Behaviors are rendered again and again, and there are not very many. */
let remembered = 0;
const REMEMBERED = 1024 * 1024;

/** The pieces of a job's text, ready to be put together. Throws a Refusal with its place in the text. */
export function piecesOf({ text, as, place }: Job): Piece[] {
  const isAddress = as === "template" && place === "url";
  const key = `${as}${isAddress} ${text}`;
  const found = known.get(key);
  if (found) return found;
  const parts = as === "template" ? partsOf(text) : [{ expression: text, at: 0 }];
  const pieces = parts.map((part) => ("literal" in part ? part.literal : placeholderOf(part.expression, part.at)));
  if (isAddress) checkAddress(pieces);
  remember(key, pieces);
  return pieces;
}

function placeholderOf(expression: string, at: number): Placeholder {
  return shifted(at, () => {
    const { tree } = parse(expression);
    return { expression, at, ways: waysIn(tree), path: pathOf(tree) };
  });
}

/** Does `work` on a part of a text that begins at `offset`, so that a Refusal has its place in the whole. */
export function shifted<Result>(offset: number, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refusal) || error.at === undefined) throw error;
    throw new Refusal(error.message, { at: error.at + offset, missing: error.missing });
  }
}

function remember(key: string, pieces: Piece[]): void {
  if (remembered + key.length > REMEMBERED) {
    known.clear();
    remembered = 0;
  }
  known.set(key, pieces);
  remembered += key.length;
}
