import { Refusal } from "../refusal.ts";
import { sourceOf, type Checker, type Context, type Interpreter, type Macro, type Node, type Type } from "../tree.ts";
import type { Definition } from "./definition.ts";
import { inOrder } from "./order.ts";

/** What takes expressions, to evaluate them itself: later, or once for each item. */
export const macros: Definition[] = [
  {
    signature: "default(expression, expression): any",
    help: "The first value, or the second where the first is null or something on its path is missing.",
    ...{ example: 'default({"a": 1}.b, "none")', result: "none" },
    macro: ({ args: [value, other] }) => ({
      async: false,
      typeCheck: (checker, _macro, context) => (
        checker.check(value!, context),
        checker.check(other!, context),
        checker.dynType
      ),
      evaluate: (evaluator, _macro, context) => present(evaluator, value!, context) ?? evaluator.run(other!, context),
    }),
  },
  {
    signature: "list.sort_by(expression, expression): list",
    help: "In ascending order of what the second expression says of each item, which the first one names.",
    ...{ example: '[{"n": 2}, {"n": 1}].sort_by(item, item.n)', result: [{ n: 1 }, { n: 2 }] },
    macro: (call) =>
      forEach(
        "sort_by",
        call,
        (checker) => checker.listType,
        (list, keyOf) => inOrder(list, keyOf),
      ),
  },
  {
    signature: "list.group_by(expression, expression): map",
    help: "A map from each text that the second expression says of an item to the list of those items.",
    ...{ example: '["ant", "bee", "asp"].group_by(w, w.substring(0, 1))', result: { a: ["ant", "asp"], b: ["bee"] } },
    macro: (call) =>
      forEach(
        "group_by",
        call,
        (checker) => checker.mapType,
        (list, keyOf) => Map.groupBy(list, keyOf),
      ),
  },
];

function present(evaluator: Interpreter, node: Node, context: Context): unknown {
  try {
    return evaluator.run(node, context);
  } catch (error) {
    if (error instanceof Refusal && error.missing) return null;
    throw error;
  }
}

/** A macro with a name for each item of its receiver, and an expression about it, which `combine` may ask. */
function forEach(
  name: string,
  { args: [item, about], receiver }: { args: Node[]; receiver: Node | null },
  typeOf: (checker: Checker) => Type,
  combine: (list: unknown[], keyOf: (item: unknown) => unknown) => unknown,
): Macro {
  let inner: Context;
  return {
    async: false,
    typeCheck(checker, _macro, context) {
      if (item!.op !== "id") throw new Refusal(`${name}(…) begins with a name for the items.`, { at: item!.start });
      const type = checker.check(receiver!, context);
      inner = context.forkWithVariable(item!.args, type.kind === "list" ? type.valueType! : checker.dynType);
      checker.check(about!, inner);
      return typeOf(checker);
    },
    evaluate(evaluator, _macro, context) {
      const list = evaluator.run(receiver!, context);
      if (!Array.isArray(list)) throw new Refusal(`${sourceOf(receiver!)} is not a list.`);
      const own = inner.reuse(context);
      return combine(list, (value) => groupable(evaluator.run(about!, own.setIterValue(value, evaluator)), name));
    },
  };
}

function groupable(key: unknown, name: string): unknown {
  if (name !== "group_by" || typeof key === "string" || typeof key === "bigint" || typeof key === "boolean") return key;
  throw new Refusal("Items are grouped by a text, a whole number, or true and false.");
}
