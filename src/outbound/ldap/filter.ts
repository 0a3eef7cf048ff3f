import { boolean, element, octets, SEQUENCE } from "../../signer/ber.ts";

/** What is wrong with a filter, in a sentence with the place. */
export class FilterProblem extends Error {}

const AND = 0xa0;
const OR = 0xa1;
const NOT = 0xa2;
const EQUAL = 0xa3;
const SUBSTRINGS = 0xa4;
const PRESENT = 0x87;
const EXTENSIBLE = 0xa9;
const COMPARISONS = new Map([
  [">=", 0xa5],
  ["<=", 0xa6],
  ["~=", 0xa8],
]);

/** A name or number of an attribute with options, such as `userCertificate;binary` (RFC 4512 section 2.5). */
const ATTRIBUTE = /^([a-z][a-z0-9_-]*|\d+(\.\d+)+)(;[a-z0-9-]+)*$/i;
const RULE = /^([a-z][a-z0-9-]*|\d+(\.\d+)+)$/i;
const MAX_DEPTH = 50;

/**
 * Reads a search filter (RFC 4515, with `(&)` and `(|)` of RFC 4526) and gives it as directories take it. Spaces and line
 * breaks may stand between its parts. Throws FilterProblem.
 */
export function encodeFilter(text: string): Buffer {
  const reader = new Reader(text);
  const filter = reader.filter(0);
  reader.space();
  if (!reader.done) throw reader.wrong("the filter is over; put several into (&…) or (|…)");
  return filter;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  wrong(sentence: string, at = this.#at): FilterProblem {
    return new FilterProblem(`At character ${at + 1}: ${sentence}.`);
  }

  space(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  filter(depth: number): Buffer {
    if (depth > MAX_DEPTH) throw this.wrong(`filters are nested more than ${MAX_DEPTH} deep`);
    this.space();
    if (this.#text[this.#at] !== "(") throw this.wrong("a filter begins with “(”, such as (cn=Ada)");
    const opened = this.#at++;
    this.space();
    const filter = this.#inner(depth);
    if (this.#text[this.#at] !== ")") throw this.wrong("the “)” that ends this filter is missing", opened);
    this.#at++;
    return filter;
  }

  #inner(depth: number): Buffer {
    switch (this.#text[this.#at]) {
      case "&":
        return this.#list(AND, depth);
      case "|":
        return this.#list(OR, depth);
      case "!": {
        this.#at++;
        const inner = this.filter(depth + 1);
        this.space();
        return element(NOT, inner);
      }
      default:
        return this.#item();
    }
  }

  #list(tag: number, depth: number): Buffer {
    this.#at++;
    const parts: Buffer[] = [];
    for (this.space(); this.#text[this.#at] === "("; this.space()) parts.push(this.filter(depth + 1));
    return element(tag, ...parts);
  }

  #item(): Buffer {
    const start = this.#at;
    const rest = /^[^()]*/.exec(this.#text.slice(start))![0];
    const equals = rest.indexOf("=");
    if (equals < 0) throw this.wrong("an attribute and a value are compared with “=”, such as cn=Ada");
    this.#at += rest.length;
    const value = { text: rest.slice(equals + 1), at: start + equals + 1 };
    const before = rest.slice(0, equals);
    if (before.endsWith(":")) return this.#extensible(before.slice(0, -1), value, start);
    const sign = /[<>~]$/.exec(before)?.[0] ?? "";
    const attribute = this.#named(sign === "" ? before : before.slice(0, -1), ATTRIBUTE, "an attribute", start);
    const comparison = COMPARISONS.get(`${sign}=`);
    if (comparison !== undefined) return element(comparison, octets(attribute), octets(this.#value(value)));
    if (value.text === "*") return octets(attribute, PRESENT);
    if (!value.text.includes("*")) return element(EQUAL, octets(attribute), octets(this.#value(value)));
    return element(SUBSTRINGS, octets(attribute), element(SEQUENCE, ...this.#pieces(value)));
  }

  /** `attribute:dn:rule:=value`, of which attribute or rule may be missing. */
  #extensible(before: string, value: { text: string; at: number }, start: number): Buffer {
    const [attribute = "", ...flags] = before.split(":");
    const inDn = flags[0]?.toLowerCase() === "dn";
    if (inDn) flags.shift();
    const [rule, ...more] = flags;
    if (more.length > 0 || (attribute === "" && rule === undefined))
      throw this.wrong("write an extensible match as attribute:dn:rule:=value", start);
    return element(
      EXTENSIBLE,
      ...(rule === undefined ? [] : [octets(this.#named(rule, RULE, "a matching rule", start), 0x81)]),
      ...(attribute === "" ? [] : [octets(this.#named(attribute, ATTRIBUTE, "an attribute", start), 0x82)]),
      octets(this.#value(value), 0x83),
      ...(inDn ? [boolean(true, 0x84)] : []),
    );
  }

  #pieces({ text, at }: { text: string; at: number }): Buffer[] {
    const pieces = text.split("*");
    let place = at;
    return pieces.flatMap((piece, index) => {
      const tag = index === 0 ? 0x80 : index === pieces.length - 1 ? 0x82 : 0x81;
      const bytes = this.#value({ text: piece, at: place });
      place += piece.length + 1;
      if (bytes.length > 0) return [octets(bytes, tag)];
      if (tag === 0x81) throw this.wrong("two “*” stand side by side", place - 1);
      return [];
    });
  }

  #named(name: string, shape: RegExp, what: string, at: number): string {
    const trimmed = name.trim();
    if (!shape.test(trimmed)) throw this.wrong(`“${trimmed.slice(0, 40)}” is not the name of ${what}`, at);
    return trimmed;
  }

  /** The bytes that are meant: characters as UTF-8, and `\hh` for single ones. */
  #value({ text, at }: { text: string; at: number }): Buffer {
    const parts: Buffer[] = [];
    for (let index = 0; index < text.length;) {
      const char = String.fromCodePoint(text.codePointAt(index)!);
      if (char === "\\") {
        const hex = text.slice(index + 1, index + 3);
        if (!/^[0-9a-f]{2}$/i.test(hex))
          throw this.wrong(
            "after “\\” two hexadecimal digits are needed: \\28 is “(”, \\2a is “*”, \\5c is “\\”",
            at + index,
          );
        parts.push(Buffer.from(hex, "hex"));
        index += 3;
        continue;
      }
      if (char === "*") throw this.wrong("a “*” has no place here; write \\2a for the character", at + index);
      if (char === "\0") throw this.wrong("write \\00 for a null character", at + index);
      parts.push(Buffer.from(char, "utf8"));
      index += char.length;
    }
    return Buffer.concat(parts);
  }
}
