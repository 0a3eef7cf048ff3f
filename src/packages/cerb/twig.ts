import { dated } from "./dates.ts";
import { LeftOutHere, resolved, type Scope } from "./scope.ts";

/** A script's expression in ours, with what its last filter was put around: places need that in different forms. */
export interface Converted {
  cel: string;
  /** Not text but what JSON holds, such as the body of an answer. */
  parsed: boolean;
  /** It is a moment, not the text of one. */
  moment?: boolean;
  date?: boolean;
  /** The same without its final json_encode, json_pretty or url_encode. */
  inner?: { filter: "json" | "url"; of: Converted };
}

type Token = { type: "name" | "text" | "number" | "mark"; text: string };

const TOKEN = /\s*(?:([A-Za-z_]\w*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\d+(?:\.\d+)?)|([.[\](),|]))/y;

/** Filters that are a function here, or nothing at all. */
const FILTERS: Record<string, (cel: string) => string> = {
  lower: (cel) => `lower(${cel})`,
  upper: (cel) => `upper(${cel})`,
  trim: (cel) => `trim(${cel})`,
  first: (cel) => `first(${cel})`,
  last: (cel) => `last(${cel})`,
  length: (cel) => `size(${cel})`,
  keys: (cel) => `keys(${cel})`,
  md5: (cel) => `md5(${cel})`,
  base64_encode: (cel) => `base64_encode(${cel})`,
  url_decode: (cel) => `url_decode(${cel})`,
  raw: (cel) => cel,
};

/** Reads one expression: a path, a text or a number, json_decode(…), and filters. Throws LeftOutHere for all else. */
export function expression(text: string, scope: Scope): Converted {
  const reader = new Reader(text, scope);
  const read = reader.value();
  reader.end();
  return read;
}

class Reader {
  readonly #tokens: Token[];
  readonly #text: string;
  readonly #scope: Scope;
  #at = 0;

  constructor(text: string, scope: Scope) {
    this.#text = text.trim();
    this.#scope = scope;
    this.#tokens = tokensOf(this.#text);
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#odd();
  }

  value(): Converted {
    let value = this.#primary();
    while (this.#take("|")) value = this.#filtered(value);
    return value;
  }

  #primary(): Converted {
    const token = this.#next();
    if (token?.type === "text") return { cel: JSON.stringify(token.text), parsed: false, date: token.text === "now" };
    if (token?.type === "number") return { cel: token.text, parsed: true };
    if (token?.type !== "name") throw this.#odd();
    if (!this.#take("(")) return resolved(this.#path(token.text), this.#scope);
    if (token.text !== "json_decode") throw new LeftOutHere(`“${token.text}()” has no counterpart.`);
    const inside = this.value();
    this.#expect(")");
    return inside.parsed ? inside : { cel: `parse_json(${inside.cel})`, parsed: true };
  }

  #path(root: string): (string | number)[] {
    const path: (string | number)[] = [root];
    for (;;) {
      if (this.#take(".")) {
        const key = this.#next();
        if (key?.type !== "name" && key?.type !== "number") throw this.#odd();
        path.push(key.type === "number" ? Number(key.text) : key.text);
      } else if (this.#take("[")) {
        const key = this.#next();
        if (key?.type !== "text" && key?.type !== "number") throw this.#odd();
        path.push(key.type === "number" ? Number(key.text) : key.text);
        this.#expect("]");
      } else return path;
    }
  }

  #filtered(value: Converted): Converted {
    const name = this.#next();
    if (name?.type !== "name") throw this.#odd();
    const given = this.#arguments();
    switch (name.text) {
      case "json_encode":
      case "json_pretty":
        // What is JSON text already is only set out anew.
        return value.inner?.filter === "json"
          ? value
          : { cel: `to_json(${value.cel})`, parsed: false, inner: { filter: "json", of: value } };
      case "url_encode":
        return { cel: `url_encode(${value.cel})`, parsed: false, inner: { filter: "url", of: value } };
      case "default":
        return { cel: `default(${value.cel}, ${given[0]?.cel ?? '""'})`, parsed: value.parsed };
      case "join":
        return { cel: `join(${value.cel}, ${given[0]?.cel ?? '""'})`, parsed: false };
      case "date":
        return dated(
          value,
          given.map(({ cel }) => cel),
        );
      default: {
        const filter = given.length === 0 && Object.hasOwn(FILTERS, name.text) ? FILTERS[name.text] : undefined;
        if (!filter) throw new LeftOutHere(`The filter “${name.text}” has no counterpart.`);
        return { cel: filter(value.cel), parsed: value.parsed };
      }
    }
  }

  #arguments(): Converted[] {
    const given: Converted[] = [];
    if (!this.#take("(")) return given;
    if (this.#take(")")) return given;
    do given.push(this.value());
    while (this.#take(","));
    this.#expect(")");
    return given;
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #take(mark: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== "mark" || token.text !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw this.#odd();
  }

  #odd(): LeftOutHere {
    return new LeftOutHere(`The script “${this.#text.slice(0, 80)}” is more than can be carried over.`);
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (!found) throw new LeftOutHere(`The script “${text.slice(0, 80)}” is more than can be carried over.`);
    const [, name, single, double, number, mark] = found;
    const quoted = single ?? double;
    if (name !== undefined) tokens.push({ type: "name", text: name });
    else if (quoted !== undefined) tokens.push({ type: "text", text: quoted.replace(/\\(.)/gs, "$1") });
    else if (number !== undefined) tokens.push({ type: "number", text: number });
    else tokens.push({ type: "mark", text: mark! });
  }
  return tokens;
}
