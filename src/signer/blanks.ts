// Blanks are names in braces inside a text that a service's settings hold. What belongs to an account or to the
// client's secret is filled in only when a request is made.

const BLANK = /\{([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?)\}/g;

/** What blanks stand for, by name. Names with a dot belong to a credential, such as `client.secret`. */
export type Blanks = Readonly<Record<string, string | undefined>>;

/** The text with its blanks filled; undefined when one has no value, because half a value says something else. */
export function fillBlanks(text: string, blanks: Blanks): string | undefined {
  let whole = true;
  const filled = text.replace(BLANK, (_blank, name: string) => {
    const value = Object.hasOwn(blanks, name) ? blanks[name] : undefined;
    if (value === undefined) whole = false;
    return value ?? "";
  });
  return whole ? filled : undefined;
}

/** Names and values with the blanks of the values filled; a value that stays incomplete is left out with its name. */
export function fillAll(map: Readonly<Record<string, string>>, blanks: Blanks): Record<string, string> {
  const entries = Object.entries(map).map(([name, text]) => [name, fillBlanks(text, blanks)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** As fillBlanks(), in all texts inside a JSON value; undefined when one of them has a blank without a value. */
export function fillJson(value: unknown, blanks: Blanks): unknown {
  if (typeof value === "string") return fillBlanks(value, blanks);
  if (value === null || typeof value !== "object") return value;
  const filled = Object.entries(value).map(([name, item]) => [name, fillJson(item, blanks)] as const);
  if (filled.some(([, item]) => item === undefined)) return undefined;
  return Array.isArray(value) ? filled.map(([, item]) => item) : Object.fromEntries(filled);
}

/**
 * An address with its blanks filled. In the path a value stays one segment, because it is encoded and dots alone are
 * refused; in the host an address stands for its own host. Names in `kept` stay as they are. Undefined when another
 * blank has no value.
 */
export function fillAddress(address: string, blanks: Blanks, kept: readonly string[] = []): string | undefined {
  const [, origin = "", rest = ""] = /^([a-z]+:\/\/[^/?#]*)?(.*)$/is.exec(address)!;
  const staying = Object.fromEntries(kept.map((name) => [name, `{${name}}`]));
  const there = fillBlanks(origin, mapped(blanks, asHost));
  const path = fillBlanks(rest, { ...mapped(blanks, asSegment), ...staying });
  return there === undefined || path === undefined ? undefined : there + path;
}

/** The same address with the blanks in its path filled that have a value; a path that was encoded shows them as %7B. */
export function fillPath(url: URL, blanks: Blanks): URL {
  if (!url.pathname.includes("%7B")) return url;
  const known = mapped(blanks, asSegment);
  const path = url.pathname.replace(/%7B([a-z][a-z0-9_]*)%7D/gi, (blank, name: string) => {
    return (Object.hasOwn(known, name) ? known[name] : undefined) ?? blank;
  });
  if (path === url.pathname) return url;
  const filled = new URL(url);
  filled.pathname = path;
  return filled;
}

/** The names of the blanks in a text. */
export function blanksIn(text: string): string[] {
  return [...text.matchAll(BLANK)].map((match) => match[1]!);
}

function mapped(blanks: Blanks, change: (value: string) => string | undefined): Blanks {
  return Object.fromEntries(
    Object.entries(blanks).map(([name, value]) => [name, value === undefined ? undefined : change(value)]),
  );
}

function asHost(value: string): string | undefined {
  if (/^https?:\/\//i.test(value)) return URL.canParse(value) ? new URL(value).host : undefined;
  return /^[a-z0-9.:-]+$/i.test(value) ? value : undefined;
}

function asSegment(value: string): string | undefined {
  return /^\.*$/.test(value) ? undefined : encodeURIComponent(value).replaceAll("%3A", ":");
}
