import { BUILT_IN } from "./built-in.ts";
import { momentOf } from "./moments.ts";
import { fits, holds } from "./printed.ts";
import { Refusal } from "./refusal.ts";
import { childrenOf, nameOf, operands, type Evaluate } from "./tree.ts";

/** + and -: looks first how long a text or list becomes, as memory that is asked for at once can not be refused. */
export const sum: Evaluate = (evaluator, node, context) => {
  const [left, right] = operands(evaluator, node, context);
  if (hasLength(left) && hasLength(right)) fit(left, left.length + right.length);
  const result = node.handle(left, right, node, evaluator);
  return result instanceof Date ? momentOf(result.getTime()) : counted(result);
};

/** A call of a function that is no macro. */
export const call: Evaluate = (evaluator, node, context) => {
  const values = childrenOf(node).map((child) => evaluator.run(child, context));
  const own = BUILT_IN.get(nameOf(node))?.(...values);
  if (own !== undefined) return own;
  const result = node.op === "rcall" ? node.handle(values, evaluator, node) : node.handle(values, node, evaluator);
  if (hasLength(result)) fit(result, result.length);
  return counted(result);
};

function fit(value: unknown, length: number): void {
  (Array.isArray(value) ? holds : fits)(length);
}

function hasLength(value: unknown): value is { length: number } {
  return typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array;
}

/** Bytes live outside the memory that a worker is held to, so they are counted: those made since `beginCounting`. */
let bytesMade = 0;
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
