import { isDeepStrictEqual } from "node:util";
import type { Issue } from "../errors.ts";

/** What an import does with one thing. */
export interface Change {
  what: "service" | "bot" | "behavior" | "share" | "schedule";
  action: "create" | "update" | "unchanged" | "conflict";
  uid: string;
  /** Where it stands in the package, or which answer it comes from. */
  path: string;
  name: string;
  /** Of what is there already. */
  id: string | null;
  fields: FieldChange[];
  /** A sentence about what is special. */
  note: string | null;
  /** A short name or name that is free, where the one of the package is taken. */
  suggestion: string | null;
}

/** `edited`: it was changed here since the package was installed, and that change would be lost. */
export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
  edited: boolean;
}

/** Fields by which something installed is compared. */
export type Fields = Record<string, unknown>;

/** Which fields change; `installed` is how the package left them. */
export function fieldChanges(before: Fields, after: Fields, installed: Fields | undefined): FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((field) => {
    const [old, fresh] = [before[field] ?? null, after[field] ?? null];
    if (same(old, fresh)) return [];
    const edited = installed !== undefined && !same(installed[field] ?? null, old);
    return [{ field, before: old, after: fresh, edited }];
  });
}

/** The change that brings something that is there up to date. */
export function updated(
  change: Omit<Change, "action" | "fields" | "note" | "suggestion">,
  fields: FieldChange[],
): Change {
  return { ...change, action: fields.length === 0 ? "unchanged" : "update", fields, note: null, suggestion: null };
}

export function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(plain(a), plain(b));
}

/** As JSON keeps it. */
export function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

/** The issues of a part, with where that stands in the package. */
export function under(path: string, issues: Issue[]): Issue[] {
  return issues.map((issue) => ({ ...issue, path: issue.path === "" ? path : `${path}.${issue.path}` }));
}
