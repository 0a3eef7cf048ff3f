import { LeftOutHere, type Scope } from "./scope.ts";
import { single } from "./template.ts";
import { expression } from "./twig.ts";

interface Condition {
  condition?: unknown;
  oper?: unknown;
  value?: unknown;
  values?: unknown;
  bool?: unknown;
  tpl?: unknown;
}

/** When an outcome is taken: all of its groups, of each group all or any conditions. Undefined: always. */
export function conditionOf(groups: unknown, scope: Scope): string | undefined {
  const parts = (Array.isArray(groups) ? groups : []).flatMap((group: { any?: unknown; conditions?: unknown }) => {
    const conditions = Array.isArray(group.conditions) ? (group.conditions as Condition[]) : [];
    if (conditions.length === 0) return [];
    const some = conditions.map((one) => compared(one, scope));
    return [some.length === 1 ? some[0]! : `(${some.join(Number(group.any) ? " || " : " && ")})`];
  });
  return parts.length === 0 ? undefined : parts.join(" && ");
}

function compared(condition: Condition, scope: Scope): string {
  const { oper, value, values, bool } = condition;
  const what = operand(condition, scope);
  if (bool !== undefined) return `${what} == ${Number(bool) ? "true" : "false"}`;
  const [not, kind] = typeof oper === "string" && oper.startsWith("!") ? [true, oper.slice(1)] : [false, oper];
  const plain = test(String(kind), `default(${what}, "")`, value, values);
  return not ? `!(${plain})` : plain;
}

function test(kind: string, what: string, value: unknown, values: unknown): string {
  const wanted = Array.isArray(values) ? values : [];
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  if ([text, ...wanted.map(String)].some((one) => one.includes("{{")))
    throw new LeftOutHere("A comparison with a script has no counterpart.");
  switch (kind) {
    case "is":
      return `string(${what}) == ${JSON.stringify(text)}`;
    case "contains":
      return `string(${what}).contains(${JSON.stringify(text)})`;
    case "like":
      return `like(string(${what}), ${JSON.stringify(text)})`;
    case "in":
      return `string(${what}) in ${JSON.stringify(wanted.map(String))}`;
    case "gt":
    case "lt":
      if (!/^-?\d+(\.\d+)?$/.test(text)) throw new LeftOutHere("A comparison with no number has no counterpart.");
      return `double(${what}) ${kind === "gt" ? ">" : "<"} ${text.includes(".") ? text : `${text}.0`}`;
    default:
      throw new LeftOutHere(`The comparison “${kind}” has no counterpart.`);
  }
}

function operand({ condition, tpl }: Condition, scope: Scope): string {
  if (condition === "_custom_script") {
    const value = typeof tpl === "string" ? single(tpl, scope) : undefined;
    if (!value) throw new LeftOutHere("A condition that is more than one expression has no counterpart.");
    return value.cel;
  }
  return expression(String(condition), scope).cel;
}
