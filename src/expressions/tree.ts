import type { ASTNode } from "@marcbachmann/cel-js";

/**
 * The tree of a parsed expression, with what the library keeps on its nodes beside what it declares: how a node is
 * checked and evaluated (`meta`), and for operators and calls the `handle` that the check chose.
 */
export type Node = ASTNode & {
  readonly meta: Readonly<Record<string, unknown>>;
  setMeta(key: string, value: unknown): Node;
  handle(...values: unknown[]): unknown;
};
export type NodeOf<Operator extends Node["op"]> = Extract<Node, { op: Operator }>;

export interface Type {
  readonly kind: string;
  readonly type: string;
  readonly valueType?: Type;
}

/** What reads the types of a tree before it is evaluated. */
export interface Checker {
  readonly dynType: Type;
  readonly listType: Type;
  readonly mapType: Type;
  check(node: Node, context: Context): Type;
  getType(name: string): Type;
}

/** What evaluates a tree once it has types. */
export interface Interpreter {
  run(node: Node, context: Context): unknown;
  debugType(value: unknown): Type;
  debugTypeDeep(value: unknown): Type;
}

/** What replaces a node and everything below it. */
export interface Macro {
  async: false;
  typeCheck(checker: Checker, macro: Macro, context: Context): unknown;
  evaluate(evaluator: Interpreter, macro: Macro, context: Context): unknown;
}

/** The variables of a place in the tree. */
export interface Context {
  forkWithVariable(name: string, type: Type): Context;
  reuse(parent: Context): Context;
  setIterValue(value: unknown, evaluator: Interpreter): Context;
}

export type Evaluate = (evaluator: Interpreter, node: Node, context: Context) => unknown;
export type Check = (checker: Checker, node: Node, context: Context) => Type;

/** The nodes right below one. */
export function childrenOf(node: Node): Node[] {
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]] as Node[];
    case "call":
      return node.args[1] as Node[];
    case "rcall":
      return [node.args[1], ...node.args[2]] as Node[];
    case "map":
      return node.args.flat() as Node[];
    case "!_":
    case "-_":
      return [node.args] as Node[];
    default:
      return node.args as Node[];
  }
}

/** How the author wrote a node. */
export function sourceOf(node: Node): string {
  return node.input.slice(node.start, node.end);
}

/** The name of the function in a call. */
export function nameOf(node: Node): string {
  return (node.args as unknown[])[0] as string;
}

/** Checks all nodes right below one. */
export function checkAll(checker: Checker, node: Node, context: Context): void {
  for (const child of childrenOf(node)) checker.check(child, context);
}

/** What an operator or access is about; a key that is written out stands for itself. */
export function operands(evaluator: Interpreter, node: Node, context: Context): [unknown, unknown] {
  const [left, right] = node.args as [Node, Node | string];
  return [evaluator.run(left, context), typeof right === "string" ? right : evaluator.run(right, context)];
}
