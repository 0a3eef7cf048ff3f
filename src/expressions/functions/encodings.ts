import { fits, printed } from "../printed.ts";
import { Refusal } from "../refusal.ts";
import { fromJson, Meter, toPlain } from "../values.ts";
import { TEXT_LENGTH } from "../limits.ts";
import type { Definition } from "./definition.ts";

export const encodings: Definition[] = [
  {
    signature: "to_json(any): string",
    help: "A value as JSON text.",
    ...{ example: 'to_json({"a": [1, true]})', result: '{"a":[1,true]}' },
    run: (value: unknown) => JSON.stringify(toPlain(value, new Meter(TEXT_LENGTH))),
  },
  {
    signature: "parse_json(string): any",
    help: "The value that JSON text describes.",
    ...{ example: `parse_json('{"a": 1}').a`, result: 1 },
    run: parseJson,
  },
  {
    signature: "url_encode(any): string",
    help: "A value as it may stand in any part of an address. Templates of addresses do so by themselves.",
    ...{ example: 'url_encode("a b&c/d")', result: "a%20b%26c%2Fd" },
    run: (value: unknown) => urlEncoded(printed(value)),
  },
  {
    signature: "url_decode(string): string",
    help: "Text from a part of an address.",
    ...{ example: 'url_decode("a%20b+c")', result: "a b+c" },
    run: urlDecode,
  },
  {
    signature: "query_string(map): string",
    help: "Names and values as they follow the ? of an address; lists repeat their name, nulls are left out.",
    ...{ example: 'query_string({"q": "a b", "tag": [1, 2], "none": null})', result: "q=a%20b&tag=1&tag=2" },
    run: queryString,
  },
  {
    signature: "base64_encode(any): string",
    help: "Text (as UTF-8) or bytes in Base64.",
    ...{ example: 'base64_encode("user:pass")', result: "dXNlcjpwYXNz" },
    run: (value: unknown) => bytesOf(value).toString("base64"),
  },
  {
    signature: "base64_decode(string): string",
    help: "The text that Base64 of either alphabet stands for.",
    ...{ example: 'base64_decode("dXNlcjpwYXNz")', result: "user:pass" },
    run: (text: string) => textOf(decoded(text, /^[A-Za-z0-9+/_-]*={0,2}$/, "base64", "Base64")),
  },
  {
    signature: "base64url_encode(any): string",
    help: "Text (as UTF-8) or bytes in Base64 for addresses, without padding.",
    ...{ example: 'base64url_encode("a?b>")', result: "YT9iPg" },
    run: (value: unknown) => bytesOf(value).toString("base64url"),
  },
  {
    signature: "base64url_decode(string): string",
    help: "The text that Base64 of either alphabet stands for, such as a part of a JWT.",
    ...{ example: 'base64url_decode("YT9iPg")', result: "a?b>" },
    run: (text: string) => textOf(decoded(text, /^[A-Za-z0-9+/_-]*={0,2}$/, "base64", "Base64")),
  },
  {
    signature: "hex_encode(any): string",
    help: "Text (as UTF-8) or bytes as pairs of hexadecimal digits.",
    ...{ example: 'hex_encode("Az")', result: "417a" },
    run: (value: unknown) => bytesOf(value).toString("hex"),
  },
  {
    signature: "hex_decode(string): string",
    help: "The text that pairs of hexadecimal digits stand for.",
    ...{ example: 'hex_decode("417a")', result: "Az" },
    run: (text: string) => textOf(decoded(text, /^(?:[0-9a-f]{2})*$/i, "hex", "hexadecimal")),
  },
];

/** The bytes of a text as UTF-8, or bytes as they are; of another value the bytes of its text. */
export function bytesOf(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(printed(value), "utf8");
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(`“${text.slice(0, 40)}” is not JSON.`);
  }
  return fromJson(value);
}

/** Percent-encoded; throws a Refusal for half a character, which has no encoding. */
export function urlEncoded(text: string): string {
  if (!text.isWellFormed()) throw new Refusal("The text holds half a character, which no address can hold.");
  const encoded = encodeURIComponent(text);
  fits(encoded.length);
  return encoded;
}

function urlDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(`“${text.slice(0, 40)}” is not percent-encoded text.`);
  }
}

function queryString(map: ReadonlyMap<unknown, unknown>): string {
  const pairs: string[] = [];
  let length = 0;
  for (const [name, value] of map) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item === null) continue;
      const pair = `${urlEncoded(printed(name))}=${urlEncoded(printed(item))}`;
      fits((length += pair.length + 1));
      pairs.push(pair);
    }
  }
  return pairs.join("&");
}

function decoded(text: string, form: RegExp, encoding: "base64" | "hex", name: string): Buffer {
  if (!form.test(text)) throw new Refusal(`“${text.slice(0, 40)}” is not ${name}.`);
  return Buffer.from(text, encoding);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Refusal("What it stands for is not text.");
  }
}
