/** A `{{{ prompts.key }}}`, with where it stands. */
export interface Found {
  path: (string | number)[];
  key: string;
  /** It is the whole text, which then becomes the answer itself. */
  whole: boolean;
}

const ANY = /\{\{\{\s*prompts\.([a-zA-Z0-9_]+)\s*\}\}\}/g;
const WHOLE = /^\s*\{\{\{\s*prompts\.([a-zA-Z0-9_]+)\s*\}\}\}\s*$/;

/** What becomes of a placeholder: a value, or undefined to take the key away where the text is nothing else. */
export type Fill = (found: Found) => unknown;

/** Every placeholder in the texts of a tree, in the order of reading. */
export function placeholdersIn(value: unknown, path: (string | number)[] = []): Found[] {
  if (typeof value === "string") {
    const whole = WHOLE.test(value);
    return [...value.matchAll(ANY)].map(([, key]) => ({ path, key: key!, whole }));
  }
  return children(value).flatMap(([key, item]) => placeholdersIn(item, [...path, key]));
}

/** Texts with three braces that are no placeholder of a prompt. */
export function strangeBraces(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === "string") return value.replace(ANY, "").includes("{{{") ? [path] : [];
  return children(value).flatMap(([key, item]) => strangeBraces(item, [...path, key]));
}

/** The tree with every placeholder filled in. */
export function filled(value: unknown, fill: Fill, path: (string | number)[] = []): unknown {
  if (typeof value === "string") {
    const whole = WHOLE.exec(value);
    if (whole) return fill({ path, key: whole[1]!, whole: true });
    return value.replace(ANY, (_text, key: string) => String(fill({ path, key, whole: false }) ?? ""));
  }
  if (Array.isArray(value))
    return value.map((item, index) => filled(item, fill, [...path, index])).filter((item) => item !== undefined);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, filled(item, fill, [...path, key])] as const)
      .filter(([, item]) => item !== undefined),
  );
}

export function pathText(path: (string | number)[]): string {
  return path.join(".");
}

function children(value: unknown): [string | number, unknown][] {
  if (value === null || typeof value !== "object") return [];
  return Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value);
}
