import { fits, printed } from "../printed.ts";
import { Refusal } from "../refusal.ts";
import type { Definition } from "./definition.ts";
import { isLike } from "./like.ts";

export const texts: Definition[] = [
  {
    signature: "lower(string): string",
    help: "In small letters.",
    ...{ example: 'lower("Anna")', result: "anna" },
    run: (text: string) => text.toLowerCase(),
  },
  {
    signature: "upper(string): string",
    help: "In capital letters.",
    ...{ example: 'upper("chf")', result: "CHF" },
    run: (text: string) => text.toUpperCase(),
  },
  {
    signature: "trim(string): string",
    help: "Without blanks and line ends around it.",
    ...{ example: 'trim("  a b ")', result: "a b" },
    run: (text: string) => text.trim(),
  },
  {
    signature: "split(string, string): list",
    help: "The pieces between each occurrence of a separator.",
    ...{ example: 'split("a,b,c", ",")', result: ["a", "b", "c"] },
    run: (text: string, separator: string) => text.split(separator),
  },
  {
    signature: "replace(string, string, string): string",
    help: "With each occurrence of the second text replaced by the third.",
    ...{ example: 'replace("+41 79 1", " ", "")', result: "+41791" },
    run: replace,
  },
  {
    signature: "pad_start(any, int, string): string",
    help: "Filled up in front to a number of characters.",
    ...{ example: 'pad_start(7, 3, "0")', result: "007" },
    run: (value: unknown, length: bigint, filling: string) => printed(value).padStart(size(length), filling),
  },
  {
    signature: "pad_end(any, int, string): string",
    help: "Filled up at the end to a number of characters.",
    ...{ example: 'pad_end("ab", 4, ".")', result: "ab.." },
    run: (value: unknown, length: bigint, filling: string) => printed(value).padEnd(size(length), filling),
  },
  {
    signature: "truncate(string, int): string",
    help: "At most a number of characters; what was cut ends in “…”, which counts.",
    ...{ example: 'truncate("Hello world", 6)', result: "Hello…" },
    run: truncate,
  },
  {
    signature: "slug(string): string",
    help: "Small letters and digits without accents, with hyphens between.",
    ...{ example: 'slug("Crème brûlée, 2 ×")', result: "creme-brulee-2" },
    run: slug,
  },
  {
    signature: "like(string, string): bool",
    help: "Whether a text fits a pattern, in which * stands for any text and ? for one character.",
    ...{ example: 'like("report-2026.pdf", "report-*.pdf")', result: true },
    run: isLike,
  },
];

function replace(text: string, what: string, by: string): string {
  const pieces = text.split(what);
  fits(text.length + (pieces.length - 1) * (by.length - what.length));
  return pieces.join(by);
}

function size(length: bigint): number {
  if (length < 0n) throw new Refusal("A number of characters is 0 or more.");
  fits(Number(length));
  return Number(length);
}

/** Counts what people see as characters of the alphabet: never cuts one in half. */
function truncate(text: string, length: bigint): string {
  const most = size(length);
  if (text.length <= most) return text;
  const characters = [...text];
  if (characters.length <= most) return text;
  return most === 0 ? "" : `${characters.slice(0, most - 1).join("")}…`;
}

function slug(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .join("-");
}
