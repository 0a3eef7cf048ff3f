import type { Macro, Node } from "../tree.ts";

/** A function beyond CEL's own. */
export interface Definition {
  /**
   * Name, types of what goes in and what comes out. “any” is every value, “number” an int or a double, “expression”
   * what is not evaluated before the function is called. Two definitions of one name differ in how much goes in.
   */
  signature: string;
  /** One sentence. */
  help: string;
  /** A call, and what it results in as JSON. */
  example: string;
  result: unknown;
  /** What it does with CEL's values: bigint, number, string, boolean, null, arrays, Maps, dates. Throws Refusals. */
  run?: (...values: never[]) => unknown;
  /** In place of `run`, for what takes expressions. */
  macro?: (call: { args: Node[]; receiver: Node | null }) => Macro;
}
