import type { Issue } from "../errors.ts";

/** Deeper than any program is: steps nest at most 12 deep, and a step holds some levels of its own. */
const MAX_DEPTH = 100;
const MAX_VALUES = 200_000;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/**
 * What keeps a value from being gone through safely: nested too deep (a circle, too), too large, keys that could change
 * an object's nature. Walks without recursion, so that nothing in it can exhaust the stack.
 */
export function unfit(value: unknown): Issue | undefined {
  const open: { value: unknown; path: string; depth: number }[] = [{ value, path: "", depth: 0 }];
  for (let seen = 0; open.length > 0; seen++) {
    const { value, path, depth } = open.pop()!;
    if (seen > MAX_VALUES) return { path: "", message: "This holds more than 200,000 values." };
    if (value === null || typeof value !== "object") continue;
    if (depth >= MAX_DEPTH) return { path: path.slice(0, 200), message: `This is nested more than ${MAX_DEPTH} deep.` };
    for (const key of Object.keys(value)) {
      if (FORBIDDEN.has(key)) return { path: join(path, key), message: `“${key}” can not be a name here.` };
      open.push({ value: (value as Record<string, unknown>)[key], path: join(path, key), depth: depth + 1 });
    }
  }
  return undefined;
}

/** The same text for the same value, whatever order its keys are in. Undefined keys do not count. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
