// Basic Encoding Rules (X.690), as far as certificates' containers (RFC 7292) and directories (RFC 4511) use them:
// tags of one byte, lengths of up to four.

/** One element: the byte of its tag, and what is in it. */
export interface Element {
  tag: number;
  content: Buffer;
}

/** Bytes that are not what they should be. Holds nothing of them. */
export class BerError extends Error {}

export const INTEGER = 0x02;
export const OCTETS = 0x04;
export const OID = 0x06;
export const ENUMERATED = 0x0a;
export const SEQUENCE = 0x30;
export const SET = 0x31;

const INDEFINITE = 0x80;
const MAX_DEPTH = 32;

/** An element around `parts`, with a definite length. */
export function element(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

/** A number from 0 to 2^31 - 1. */
export function integer(value: number, tag = INTEGER): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  // The shortest form whose first bit is the sign's.
  const from = [0, 1, 2, 3].find((at) => bytes[at] !== 0 || bytes[at + 1]! >= 0x80) ?? 4;
  return element(tag, bytes.subarray(from));
}

export function boolean(value: boolean, tag = 0x01): Buffer {
  return element(tag, Buffer.from([value ? 0xff : 0]));
}

/** An OCTET STRING; text goes as UTF-8. */
export function octets(value: string | Uint8Array, tag = OCTETS): Buffer {
  return element(tag, typeof value === "string" ? Buffer.from(value, "utf8") : value);
}

/** Where an element's content begins, and how long it is; undefined while its head is not whole yet. Throws BerError. */
export function headAt(bytes: Buffer, at: number): { from: number; length: number } | undefined {
  if ((bytes[at]! & 0x1f) === 0x1f) throw new BerError("A tag is longer than a byte.");
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  if (first < INDEFINITE) return { from: at + 2, length: first };
  const count = first - INDEFINITE;
  if (count < 1 || count > 4) throw new BerError("A length is not definite, or longer than four bytes.");
  const from = at + 2 + count;
  return from > bytes.length ? undefined : { from, length: bytes.readUIntBE(at + 2, count) };
}

/** The elements that `content` is made of, whole and without a rest. Throws BerError. */
export function elements(content: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length;) {
    const { element: one, end } = elementAt(content, at, 0);
    found.push(one);
    at = end;
  }
  return found;
}

/** The only element that `bytes` are. Throws BerError for another tag or a rest. */
export function only(bytes: Buffer, tag: number): Buffer {
  const [first, ...rest] = elements(bytes);
  if (rest.length > 0) throw new BerError("Something follows what should be alone.");
  return contentOf(first, tag);
}

/** What is in `one`, if it has that tag. Throws BerError otherwise, also when there is none. */
export function contentOf(one: Element | undefined, tag: number): Buffer {
  if (one?.tag !== tag) throw new BerError("An element is missing or of another type.");
  return one.content;
}

/** A number in at most six bytes. Throws BerError. */
export function numberOf(content: Buffer): number {
  if (content.length < 1 || content.length > 6) throw new BerError("A number is longer than any that is meant.");
  return content.readIntBE(0, content.length);
}

/** An object identifier in dots. */
export function oidOf(content: Buffer): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join(".");
}

function elementAt(bytes: Buffer, at: number, depth: number): { element: Element; end: number } {
  if (depth > MAX_DEPTH) throw new BerError("The elements are nested too deep.");
  const tag = bytes[at]!;
  if (bytes[at + 1] === INDEFINITE) return indefiniteAt(bytes, at, depth);
  const head = headAt(bytes, at);
  if (head === undefined || head.from + head.length > bytes.length) throw new BerError("An element is cut off.");
  const end = head.from + head.length;
  return { element: { tag, content: bytes.subarray(head.from, end) }, end };
}

/** Some programs write containers without lengths: elements follow up to one that is empty (X.690 section 8.1.3.6). */
function indefiniteAt(bytes: Buffer, at: number, depth: number): { element: Element; end: number } {
  let end = at + 2;
  while (bytes[end] !== 0 || bytes[end + 1] !== 0) {
    if (end >= bytes.length) throw new BerError("An element is cut off.");
    end = elementAt(bytes, end, depth + 1).end;
  }
  return { element: { tag: bytes[at]!, content: bytes.subarray(at + 2, end) }, end: end + 2 };
}

function lengthOf(length: number): number[] {
  if (length < INDEFINITE) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [INDEFINITE + bytes.length, ...bytes];
}
