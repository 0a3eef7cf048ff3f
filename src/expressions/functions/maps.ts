import { find } from "../access.ts";
import { Refusal } from "../refusal.ts";
import type { Definition } from "./definition.ts";

type Fields = ReadonlyMap<unknown, unknown>;

export const maps: Definition[] = [
  {
    signature: "keys(map): list",
    help: "The keys, in their order.",
    ...{ example: 'keys({"a": 1, "b": 2})', result: ["a", "b"] },
    run: (map: Fields) => [...map.keys()],
  },
  {
    signature: "values(map): list",
    help: "The values, in the order of their keys.",
    ...{ example: 'values({"a": 1, "b": 2})', result: [1, 2] },
    run: (map: Fields) => [...map.values()],
  },
  {
    signature: "entries(map): list",
    help: "A map with key and value for each key.",
    ...{ example: 'entries({"a": 1})', result: [{ key: "a", value: 1 }] },
    run: (map: Fields) => [...map].map(([key, value]) => new Map([["key", key] as const, ["value", value] as const])),
  },
  {
    signature: "from_entries(list): map",
    help: "The map of a list of maps with key and value; of equal keys the last counts.",
    ...{ example: 'from_entries([{"key": "a", "value": 1}])', result: { a: 1 } },
    run: (list: unknown[]) => new Map(list.map((entry) => [keyOf(entry), find(entry, "value") ?? null])),
  },
  {
    signature: "merge(map, map): map",
    help: "What is in either map; of keys in both, the value of the second.",
    ...{ example: 'merge({"a": 1, "b": 1}, {"b": 2})', result: { a: 1, b: 2 } },
    run: (map: Fields, over: Fields) => new Map([...map, ...over]),
  },
  {
    signature: "without(map, list): map",
    help: "All but the keys named.",
    ...{ example: 'without({"a": 1, "b": 2}, ["b"])', result: { a: 1 } },
    run: without,
  },
];

function without(map: Fields, keys: unknown[]): Fields {
  const names = new Set(keys);
  return new Map([...map].filter(([key]) => !names.has(key)));
}

function keyOf(entry: unknown): unknown {
  const key = find(entry, "key");
  if (typeof key === "string" || typeof key === "bigint") return key;
  throw new Refusal("An entry is a map with a “key”, which is a text, and a “value”.");
}
