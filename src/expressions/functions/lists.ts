import { holds, joined } from "../printed.ts";
import { Refusal } from "../refusal.ts";
import type { Definition } from "./definition.ts";
import { identityOf, inOrder, total } from "./order.ts";

type List = unknown[];

export const lists: Definition[] = [
  {
    signature: "first(list): any",
    help: "The first item, or null.",
    ...{ example: "first([3, 1, 2])", result: 3 },
    run: (list: List) => list[0] ?? null,
  },
  {
    signature: "last(list): any",
    help: "The last item, or null.",
    ...{ example: "last([3, 1, 2])", result: 2 },
    run: (list: List) => list.at(-1) ?? null,
  },
  {
    signature: "range(int): list",
    help: "So many whole numbers from 0 on, at most 100,000.",
    ...{ example: "range(3)", result: [0, 1, 2] },
    run: (count: bigint) => range(0n, count),
  },
  {
    signature: "range(int, int): list",
    help: "The whole numbers from the first up to, and without, the second.",
    ...{ example: "range(2, 5)", result: [2, 3, 4] },
    run: range,
  },
  {
    signature: "sort(list): list",
    help: "In ascending order; all numbers, all texts or all timestamps.",
    ...{ example: "sort([3, 1.5, 2])", result: [1.5, 2, 3] },
    run: (list: List) => inOrder(list, (item) => item),
  },
  {
    signature: "distinct(list): list",
    help: "Each item once, where it came first.",
    ...{ example: 'distinct(["a", "b", "a"])', result: ["a", "b"] },
    run: distinct,
  },
  {
    signature: "flatten(list): list",
    help: "The items of the lists in it, one level.",
    ...{ example: "flatten([[1, 2], [3], 4])", result: [1, 2, 3, 4] },
    run: flatten,
  },
  {
    signature: "sum(list): number",
    help: "All numbers added; 0 for an empty list.",
    ...{ example: "sum([1, 2, 0.5])", result: 3.5 },
    run: total,
  },
  {
    signature: "min(list): any",
    help: "The smallest number or text or the earliest timestamp, or null for an empty list.",
    ...{ example: "min([3, 1, 2])", result: 1 },
    run: (list: List) => inOrder(list, (item) => item)[0] ?? null,
  },
  {
    signature: "max(list): any",
    help: "The largest number or text or the latest timestamp, or null for an empty list.",
    ...{ example: "max([3, 1, 2])", result: 3 },
    run: (list: List) => inOrder(list, (item) => item).at(-1) ?? null,
  },
  {
    signature: "join(list, string): string",
    help: "The items as text, with a separator between; may also be left out after a dot: list.join().",
    ...{ example: 'join(["a", 1, true], ", ")', result: "a, 1, true" },
    run: joined,
  },
  {
    signature: "slice(list, int): list",
    help: "The items from an index on; a negative one counts from the end.",
    ...{ example: "slice([1, 2, 3, 4], -2)", result: [3, 4] },
    run: (list: List, from: bigint) => list.slice(Number(from)),
  },
  {
    signature: "slice(list, int, int): list",
    help: "The items from an index up to, and without, another.",
    ...{ example: "slice([1, 2, 3, 4], 1, 3)", result: [2, 3] },
    run: (list: List, from: bigint, to: bigint) => list.slice(Number(from), Number(to)),
  },
  {
    signature: "reverse(list): list",
    help: "In the opposite order.",
    ...{ example: "reverse([1, 2, 3])", result: [3, 2, 1] },
    run: (list: List) => list.toReversed(),
  },
];

function range(from: bigint, to: bigint): bigint[] {
  if (to < from) throw new Refusal("A range goes up; its end is not before its start.");
  holds(Number(to - from));
  return Array.from({ length: Number(to - from) }, (_, index) => from + BigInt(index));
}

function distinct(list: List): List {
  const seen = new Set<string>();
  return list.filter((item) => seen.size < seen.add(identityOf(item)).size);
}

function flatten(list: List): List {
  let length = 0;
  for (const item of list) holds((length += Array.isArray(item) ? item.length : 1));
  return list.flat();
}
