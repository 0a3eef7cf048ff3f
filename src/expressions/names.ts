import { find, missing } from "./access.ts";
import { isRoot, type Scope, type Way } from "./scope.ts";
import { childrenOf, sourceOf, type Node, type NodeOf } from "./tree.ts";

/** Macros whose first argument is a name for what the others are about. */
const NAMING = new Set(["all", "exists", "exists_one", "map", "filter", "sort_by", "group_by", "bind"]);

/** The ways into the scope that an expression goes: as far as the keys are written in it. */
export function waysIn(tree: Node): Way[] {
  const ways = new Map<string, Way>();
  const visit = (node: Node, locals: ReadonlySet<string>): void => {
    const way = wayOf(node, locals);
    if (way) ways.set(JSON.stringify(way.keys), way.keys);
    else if (node.op === "rcall" && NAMING.has(node.args[0])) visitNaming(node, locals, visit);
    else for (const child of childrenOf(node)) visit(child, locals);
    if (way) for (const key of computedKeys(node)) visit(key, locals);
  };
  visit(tree, new Set());
  return [...ways.values()];
}

function visitNaming(
  node: NodeOf<"rcall">,
  locals: ReadonlySet<string>,
  visit: (node: Node, locals: ReadonlySet<string>) => void,
): void {
  const [name, receiver, [first, ...rest]] = node.args as unknown as [string, Node, Node[]];
  const inner = first?.op === "id" ? new Set([...locals, first.args]) : locals;
  visit(receiver, locals);
  for (const [index, child] of rest.entries()) visit(child, name === "bind" && index === 0 ? locals : inner);
}

/** The way of an access or a name; `open` while every key so far was written out. */
function wayOf(node: Node, locals: ReadonlySet<string>): { keys: string[]; open: boolean } | undefined {
  if (node.op === "id")
    return isRoot(node.args) && !locals.has(node.args) ? { keys: [node.args], open: true } : undefined;
  if (!isAccess(node)) return undefined;
  const way = wayOf(childrenOf(node)[0]!, locals);
  const key = keyOf(node);
  if (!way?.open || typeof key !== "string") return way && { keys: way.keys, open: false };
  return { keys: [...way.keys, key], open: true };
}

/** The expressions in the brackets along an access. */
function computedKeys(node: Node): Node[] {
  if (!isAccess(node)) return [];
  const [left, key] = childrenOf(node);
  return [...computedKeys(left!), ...(key && key.op !== "value" ? [key] : [])];
}

function isAccess(node: Node): node is NodeOf<"." | ".?" | "[]" | "[?]"> {
  return node.op === "." || node.op === ".?" || node.op === "[]" || node.op === "[?]";
}

/** The key of an access, when it is written out: a text, or the index of a list. */
function keyOf(node: Node): string | bigint | undefined {
  const key = (node.args as [Node, string | Node])[1];
  if (typeof key === "string") return key;
  return key.op === "value" && (typeof key.args === "string" || typeof key.args === "bigint") ? key.args : undefined;
}

/** An expression that is nothing but a way: what it has, from the scope as it is. Throws what the worker would. */
export type Path = (scope: Scope) => unknown;

/** How to follow an expression that is nothing but a path with keys and indexes written out; undefined for others. */
export function pathOf(tree: Node): Path | undefined {
  const steps: { where: string; key: string | bigint }[] = [];
  let node = tree;
  while (node.op === "." || node.op === "[]") {
    const [left] = childrenOf(node) as [Node];
    const key = keyOf(node);
    if (key === undefined) return undefined;
    steps.unshift({ where: sourceOf(left), key });
    node = left;
  }
  if (node.op !== "id" || !isRoot(node.args)) return undefined;
  const root = node.args;
  return (scope) => {
    let value: unknown = root === "now" ? new Date(scope.now) : (scope[root] ?? null);
    for (const { where, key } of steps) {
      const found = find(value, key);
      if (found === undefined) throw missing(where, value, key);
      value = found;
    }
    return value;
  };
}
