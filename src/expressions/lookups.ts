import { Optional } from "@marcbachmann/cel-js";
import { find, missing } from "./access.ts";
import { Refusal } from "./refusal.ts";
import { checkAll, childrenOf, operands, sourceOf } from "./tree.ts";
import type { Checker, Context, Evaluate, Interpreter, Macro, Node } from "./tree.ts";

/** `x.y` and `x["y"]`: throws a Refusal that names what is missing. */
export const access: Evaluate = (evaluator, node, context) => {
  const [value, key] = operands(evaluator, node, context);
  // After .? everything is optional, so that x.?a.b.orValue(c) forgives a missing b as well.
  if (value instanceof Optional) return value.hasValue() ? optional(find(value.value(), key)) : Optional.none();
  const found = find(value, key);
  if (found === undefined) throw missing(sourceOf(childrenOf(node)[0]!), value, key);
  return found;
};

/** `x.?y` and `x[?"y"]`. */
export const optionalAccess: Evaluate = (evaluator, node, context) => {
  const [value, key] = operands(evaluator, node, context);
  if (value instanceof Optional && !value.hasValue()) return Optional.none();
  return optional(find(value instanceof Optional ? value.value() : value, key));
};

function optional(value: unknown): Optional {
  return value === undefined ? Optional.none() : Optional.of(value);
}

/** `has(x.y)`, and `has(x["y"])` too, as ids of steps have hyphens: whether the last key is there. */
export function has(target: Node): Macro {
  const isAccess = [".", ".?", "[]", "[?]"].includes(target.op);
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: Context) {
      if (!isAccess) throw new Refusal("has(…) takes a path, such as has(inputs.email).", { at: target.start });
      checkAll(checker, target, context);
      return checker.getType("bool");
    },
    evaluate(evaluator: Interpreter, _macro: unknown, context: Context) {
      const [value, key] = operands(evaluator, target, context);
      if (value instanceof Optional) return value.hasValue() && find(value.value(), key) !== undefined;
      return find(value, key) !== undefined;
    },
  };
}
