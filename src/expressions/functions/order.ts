import { TEXT_LENGTH } from "../limits.ts";
import { Refusal } from "../refusal.ts";
import { Meter, toPlain } from "../values.ts";

type Comparable = bigint | number | string | Date;

/** The items in ascending order of what `keyOf` says of them; items with equal keys stay as they are. Throws a Refusal when keys can not be compared. */
export function inOrder(list: readonly unknown[], keyOf: (item: unknown) => unknown): unknown[] {
  const keyed = list.map((item) => ({ item, key: comparable(keyOf(item)) }));
  const kinds = new Set(keyed.map(({ key }) => (typeof key === "bigint" ? "number" : typeof key)));
  if (kinds.size > 1) throw new Refusal("What is ordered is all numbers, all texts or all timestamps, not a mixture.");
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ item }) => item);
}

function comparable(value: unknown): Comparable {
  if (typeof value === "bigint" || typeof value === "string" || value instanceof Date) return value;
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new Refusal("Only numbers, texts and timestamps have an order.");
}

/** The same text for equal values of any kind. */
export function identityOf(value: unknown): string {
  if (typeof value === "string") return `text ${value}`;
  return JSON.stringify(toPlain(value, new Meter(TEXT_LENGTH)));
}

/** All numbers added: an int when all are. Throws a Refusal for what is no number. */
export function total(list: readonly unknown[]): bigint | number {
  let whole = 0n;
  let broken: number | undefined;
  for (const item of list) {
    if (typeof item === "bigint") whole += item;
    else if (typeof item === "number") broken = (broken ?? 0) + item;
    else throw new Refusal("Only numbers can be added; write int(…) or double(…) around texts.");
  }
  return broken === undefined ? whole : broken + Number(whole);
}
