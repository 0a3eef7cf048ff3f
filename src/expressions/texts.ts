import { invalid } from "../errors.ts";
import { DEPTH } from "./limits.ts";
import { isRecord } from "./scope.ts";
import { isTemplate } from "./template.ts";

export type TreePath = (string | number)[];

export interface Text {
  path: TreePath;
  text: string;
}

/** Every template in a JSON tree with where it is, in the order of the tree. Keys are none. */
export function textsIn(tree: unknown, path: TreePath = []): Text[] {
  if (typeof tree === "string") return isTemplate(tree) ? [{ path, text: tree }] : [];
  return childrenOf(tree, path.length).flatMap(([key, child]) => textsIn(child, [...path, key]));
}

/** A copy of the tree with values in place of its templates, in the same order. Objects have no prototype. */
export function filled(tree: unknown, values: readonly unknown[]): unknown {
  let next = 0;
  const copy = (value: unknown, depth: number): unknown => {
    if (typeof value === "string" && isTemplate(value)) return values[next++];
    if (Array.isArray(value)) return childrenOf(value, depth).map(([, child]) => copy(child, depth + 1));
    if (!isRecord(value)) return value;
    const record = Object.create(null) as Record<string, unknown>;
    for (const [key, child] of childrenOf(value, depth)) record[key] = copy(child, depth + 1);
    return record;
  };
  return copy(tree, 0);
}

function childrenOf(value: unknown, depth: number): [string | number, unknown][] {
  const children = Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : [];
  if (children.length > 0 && depth >= DEPTH) {
    throw invalid("", `What is rendered is nested deeper than ${DEPTH} levels.`);
  }
  return children as [string | number, unknown][];
}
