import { Refusal } from "./refusal.ts";
import { isRecord } from "./scope.ts";

/**
 * What a list has at an index or a map under a key of its own; undefined when there is nothing. Nothing inherited is
 * ever found, and nothing has fields but maps and lists: not texts, not timestamps.
 */
export function find(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const index = typeof key === "bigint" ? Number(key) : key;
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= value.length) return undefined;
    return (value[index] as unknown) ?? null;
  }
  if (value instanceof Map) return (value as Map<unknown, unknown>).get(key);
  if (typeof key === "string" && isRecord(value) && Object.hasOwn(value, key)) return value[key];
  return undefined;
}

/** The refusal for what `find` has not found; `where` is how the author wrote the value. */
export function missing(where: string, value: unknown, key: unknown): Refusal {
  const place = where.replace(/\s+/g, " ").slice(0, 80);
  if (Array.isArray(value) && typeof key !== "string") {
    return new Refusal(`${place} has no item ${String(key)}; it has ${value.length}, counted from 0.`, {
      missing: true,
    });
  }
  const name = typeof key === "object" ? "that key" : `“${String(key).slice(0, 80)}”`;
  const more = place === "steps" ? ": a step has a result once it has run" : "";
  return new Refusal(`${place} ${kindOf(value)}has no ${name}${more}.`, { missing: true });
}

function kindOf(value: unknown): string {
  if (value === null) return "is null and ";
  if (Array.isArray(value)) return "is a list and ";
  switch (typeof value) {
    case "string":
      return "is text and ";
    case "number":
    case "bigint":
      return "is a number and ";
    case "boolean":
      return "is true or false and ";
    default:
      return "";
  }
}
