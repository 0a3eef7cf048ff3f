import { NOT_HERE } from "./built-in.ts";
import { call, sum } from "./growth.ts";
import { access, has, optionalAccess } from "./lookups.ts";
import { Refusal } from "./refusal.ts";
import { checkAll, childrenOf, nameOf, sourceOf, type Check, type Evaluate, type Node } from "./tree.ts";

/**
 * Replaces, in a parsed tree, how the library does what data could abuse: it looks things up by JavaScript's own rules
 * in some places (`now.__proto__.__proto__` is there), makes plain objects of map literals, and sets no bounds to what
 * grows. Throws a Refusal for what is not to be in an expression at all.
 */
export function guard(node: Node): void {
  for (const child of childrenOf(node)) guard(child);
  switch (node.op) {
    case "value":
      if (typeof node.args === "bigint" && node.args > MOST_INT) {
        throw new Refusal("A whole number is too large; write it with a decimal point.", { at: node.start });
      }
      return;
    case ".":
    case "[]":
      node.setMeta("evaluate", access);
      return;
    case ".?":
    case "[?]":
      node.setMeta("evaluate", optionalAccess);
      return;
    case "list":
      node.setMeta("check", checkList);
      return;
    case "map":
      node.setMeta("check", checkMap).setMeta("evaluate", mapLiteral);
      return;
    case "+":
      node.setMeta("evaluate", sum);
      return;
    case "-":
      refuseHyphen(node);
      node.setMeta("evaluate", sum);
      return;
    case "?:":
      node.setMeta("check", choice(node.meta["check"] as Check));
      return;
    case "call":
    case "rcall":
      guardCall(node);
      return;
    default:
      return;
  }
}

/** What CEL's int can hold, or its opposite: the minus before it is not part of the number. */
const MOST_INT = 2n ** 63n;

// Lists and maps of anything: what an expression makes becomes JSON, and the library keeps each distinct type for ever.
const checkList: Check = (checker, node, context) => (checkAll(checker, node, context), checker.listType);
const checkMap: Check = (checker, node, context) => (checkAll(checker, node, context), checker.mapType);

const mapLiteral: Evaluate = (evaluator, node, context) => {
  const map = new Map<unknown, unknown>();
  for (const [key, value] of node.args as unknown as [Node, Node][]) {
    const name = evaluator.run(key, context);
    if (typeof name !== "string" && typeof name !== "bigint" && typeof name !== "boolean") {
      throw new Refusal(`The keys of a map are texts; “${sourceOf(key)}” is none.`);
    }
    map.set(name, evaluator.run(value, context));
  }
  return map;
};

/** Branches of two types are fine; the library wants one. */
function choice(original: Check): Check {
  return (checker, node, context) => {
    try {
      return original(checker, node, context);
    } catch (error) {
      const { code, node: where } = error as { code?: string; node?: unknown };
      if (code === "incompatible_ternary_branches" && where === node) return checker.dynType;
      throw error;
    }
  };
}

/** `steps.my-step` is a subtraction to CEL; no step's result can be subtracted from. */
function refuseHyphen(node: Node): void {
  const [left] = childrenOf(node) as [Node];
  const [root] = left.op === "." ? childrenOf(left) : [];
  if (root?.op !== "id" || root.args !== "steps") return;
  const id = /^[\w-]+/.exec(node.input.slice(left.end - (left.args as [Node, string])[1].length))?.[0] ?? "";
  if (!id.includes("-")) return;
  throw new Refusal(`A step whose id has a hyphen is written steps["${id}"], not steps.${id}.`, { at: left.start });
}

function guardCall(node: Node): void {
  const name = nameOf(node);
  const refused = NOT_HERE.get(name);
  if (refused && node.op === "rcall") throw new Refusal(refused, { at: node.start });
  if (name === "has" && node.meta["macro"]) node.setMeta("macro", has(childrenOf(node)[0]!));
  else if (!node.meta["macro"] && !node.meta["alternate"]) node.setMeta("evaluate", call);
}
