import { Optional } from "@marcbachmann/cel-js";
import { find, missing } from "./access.ts";
import { BUILT_IN, NOT_HERE } from "./built-in.ts";
import { momentOf } from "./moments.ts";
import { fits, holds } from "./printed.ts";
import { Refusal } from "./refusal.ts";
import { childrenOf, sourceOf, type Check, type Checker, type Context, type Evaluate, type Node } from "./tree.ts";

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

/** Bytes live outside the memory that a worker is held to, so they are counted: those made since `beginCounting`. */
let bytesMade = 0;
/** What CEL's int can hold, or its opposite: the minus before it is not part of the number. */
const MOST_INT = 2n ** 63n;
const BYTES_MADE = 8 * 1024 * 1024;

/** To be called before an expression is evaluated. */
export function beginCounting(): void {
  bytesMade = 0;
}

function counted(value: unknown): unknown {
  if (value instanceof Uint8Array && (bytesMade += value.length) > BYTES_MADE) {
    throw new Refusal(`The expression makes more than ${BYTES_MADE} bytes.`);
  }
  return value;
}

const access: Evaluate = (evaluator, node, context) => {
  const [value, key] = operands(evaluator, node, context);
  // After .? everything is optional, so that x.?a.b.orValue(c) forgives a missing b as well.
  if (value instanceof Optional) return value.hasValue() ? optional(find(value.value(), key)) : Optional.none();
  const found = find(value, key);
  if (found === undefined) throw missing(sourceOf(childrenOf(node)[0]!), value, key);
  return found;
};

const optionalAccess: Evaluate = (evaluator, node, context) => {
  const [value, key] = operands(evaluator, node, context);
  if (value instanceof Optional && !value.hasValue()) return Optional.none();
  return optional(find(value instanceof Optional ? value.value() : value, key));
};

function operands(evaluator: Parameters<Evaluate>[0], node: Node, context: Context): [unknown, unknown] {
  const [left, right] = node.args as [Node, Node | string];
  return [evaluator.run(left, context), typeof right === "string" ? right : evaluator.run(right, context)];
}

function optional(value: unknown): Optional {
  return value === undefined ? Optional.none() : Optional.of(value);
}

// Lists and maps of anything: what an expression makes becomes JSON, and the library keeps each distinct type for ever.
const checkList: Check = (checker, node, context) => (checkAll(checker, node, context), checker.listType);
const checkMap: Check = (checker, node, context) => (checkAll(checker, node, context), checker.mapType);

function checkAll(checker: Checker, node: Node, context: Context): void {
  for (const child of childrenOf(node)) checker.check(child, context);
}

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

/** What adds texts and lists looks first how long they become: memory that is asked for at once can not be refused. */
const sum: Evaluate = (evaluator, node, context) => {
  const [left, right] = operands(evaluator, node, context);
  if (hasLength(left) && hasLength(right)) fit(left, left.length + right.length);
  const result = node.handle(left, right, node, evaluator);
  return result instanceof Date ? momentOf(result.getTime()) : counted(result);
};

function fit(value: unknown, length: number): void {
  (Array.isArray(value) ? holds : fits)(length);
}

function hasLength(value: unknown): value is { length: number } {
  return typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array;
}

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
  const id = /^[\w-]+/.exec(node.input.slice(left.end - (left.args as [Node, string])[1].length))?.[0] ?? "my-step";
  throw new Refusal(`A step whose id has a hyphen is written steps["${id}"], not steps.${id}.`, { at: left.start });
}

function guardCall(node: Node): void {
  const name = nameOf(node);
  const refused = NOT_HERE.get(name);
  if (refused && node.op === "rcall") throw new Refusal(refused, { at: node.start });
  if (name === "has" && node.meta["macro"]) node.setMeta("macro", has(childrenOf(node)[0]!));
  else if (!node.meta["macro"] && !node.meta["alternate"]) node.setMeta("evaluate", call);
}

function nameOf(node: Node): string {
  return (node.args as unknown[])[0] as string;
}

const call: Evaluate = (evaluator, node, context) => {
  const values = childrenOf(node).map((child) => evaluator.run(child, context));
  const own = BUILT_IN.get(nameOf(node))?.(...values);
  if (own !== undefined) return own;
  const result = node.op === "rcall" ? node.handle(values, evaluator, node) : node.handle(values, node, evaluator);
  if (hasLength(result)) fit(result, result.length);
  return counted(result);
};

/** `has(x.y)`, and `has(x["y"])` too, as ids of steps have hyphens: whether the last key is there. */
function has(target: Node) {
  const isAccess = [".", ".?", "[]", "[?]"].includes(target.op);
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: Context) {
      if (!isAccess) throw new Refusal("has(…) takes a path, such as has(inputs.email).", { at: target.start });
      checkAll(checker, target, context);
      return checker.getType("bool");
    },
    evaluate(evaluator: Parameters<Evaluate>[0], _macro: unknown, context: Context) {
      const [value, key] = operands(evaluator, target, context);
      if (value instanceof Optional) return value.hasValue() && find(value.value(), key) !== undefined;
      return find(value, key) !== undefined;
    },
  };
}
