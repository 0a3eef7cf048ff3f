/** What expressions see. Plain JSON values; `now` is ISO text and a CEL timestamp inside. */
export interface Scope {
  inputs: Record<string, unknown>;
  config: Record<string, unknown>;
  vars: Record<string, unknown>;
  steps: Record<string, unknown>;
  trigger: unknown;
  now: string;
  /** The answer that is being read, in those fields of a step that read one. */
  page?: unknown;
}

export const ROOTS = ["inputs", "config", "vars", "steps", "trigger", "now", "page"] as const;
export type Root = (typeof ROOTS)[number];

export function isRoot(name: string): name is Root {
  return (ROOTS as readonly string[]).includes(name);
}

/** A way into the scope: a root, then keys. */
export type Way = readonly string[];

/** Ways as a tree; `true` stands for all that is below. */
type Branches = Map<string, Branches | true>;

/**
 * The part of `scope` to which `ways` lead, as JSON text. What is on a way but has nothing at its end stays in, so that
 * a worker sees the same thing missing.
 */
export function partOf(scope: Scope, ways: Iterable<Way>): string {
  const tree: Branches = new Map();
  for (const way of ways) grow(tree, way);
  return JSON.stringify(cut(scope, tree));
}

function grow(tree: Branches, way: Way): void {
  let branches = tree;
  for (const [index, key] of way.entries()) {
    const known = branches.get(key);
    if (known === true) return;
    if (index === way.length - 1) branches.set(key, true);
    else if (known) branches = known;
    else {
      const next: Branches = new Map();
      branches.set(key, next);
      branches = next;
    }
  }
}

function cut(value: unknown, branches: Branches | true): unknown {
  if (branches === true || !isRecord(value)) return value ?? null;
  const part = Object.create(null) as Record<string, unknown>;
  for (const [key, below] of branches) {
    if (Object.hasOwn(value, key) && value[key] !== undefined) part[key] = cut(value[key], below);
  }
  return part;
}

/** Whether a value is an object as JSON has them, with nothing inherited that matters. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
