/** JSON from a stranger, without keys that could change an object's nature; undefined when it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body, (key, value: unknown) => (key === "__proto__" ? undefined : value));
  } catch {
    return undefined;
  }
}

/** The value at a dotted path; numbers index arrays, `\.` is a dot within a name. Only own properties are walked. */
export function walk(value: unknown, dotted: string): unknown {
  return steps(dotted).reduce<unknown>((at, key) => {
    if (at === null || typeof at !== "object") return undefined;
    return Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined;
  }, value);
}

function steps(dotted: string): string[] {
  if (!dotted.includes("\\")) return dotted.split(".");
  return dotted.split(/(?<!\\)\./).map((step) => step.replaceAll("\\.", "."));
}
