import { createHmac, createPublicKey, createVerify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { baseString, baseUri, normalized, type Parameter } from "../../src/signer/oauth1/base-string.ts";
import { percentEncode } from "../../src/signer/percent.ts";
import { settingsSchema } from "../../src/signer/oauth1/settings.ts";
import { signRequest } from "../../src/signer/oauth1/sign.ts";
import { signature } from "../../src/signer/oauth1/signature.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";

// What others have published: RFC 5849, OAuth Core 1.0a, the wiki of oauth.net, a provider's documentation.

const FOLDER = join(import.meta.dirname, "../vectors/oauth1");

interface Case {
  name: string;
  method: string;
  url: string;
  content_type?: string;
  body?: string;
  settings: { consumer_secret?: string; private_key?: string };
  token?: { token: string; token_secret: string };
  timestamp: number;
  nonce: string;
  more?: [string, string][];
  base_string?: string;
  signature?: string;
  header?: Record<string, string>;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as T;
}

function requestOf(given: Pick<Case, "method" | "url"> & Partial<Case>): OutgoingRequest {
  return {
    method: given.method,
    url: new URL(given.url),
    headers: given.content_type === undefined ? [] : [["Content-Type", given.content_type]],
    body: given.body === undefined ? null : Buffer.from(given.body),
  };
}

/** The parameters of an Authorization header, as they stand there. */
function parametersOf(header: string): [string, string][] {
  return [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]);
}

const cases = readdirSync(FOLDER).flatMap((file) =>
  read<{ cases: Case[] }>(file).cases.map((given) => ({ file, ...given })),
);

describe.each(cases)("$file, $name", (given) => {
  const request = requestOf(given);
  const settings = settingsSchema.parse(given.settings);
  const circumstances = { now: new Date(given.timestamp * 1000), nonce: () => given.nonce, challenge: undefined };
  const signed = signRequest(request, settings, given.token, circumstances, given.more);
  const header = signed.headers.find(([name]) => name === "Authorization")![1];
  const sent = parametersOf(header);
  const protocol = sent
    .filter(([name]) => name !== "realm" && name !== "oauth_signature")
    .map(([name, value]): Parameter => [name, decodeURIComponent(value)]);

  test("is signed as printed", () => {
    const printed = given.signature ?? signature(settings, given.base_string!, given.token?.token_secret ?? "");
    expect(decodeURIComponent(Object.fromEntries(sent).oauth_signature!)).toBe(printed);
    if (given.header !== undefined) expect(Object.fromEntries(sent)).toEqual(given.header);
  });

  test("has the base string that is printed, which belongs to that signature", () => {
    const base = given.base_string ?? baseString(request, protocol);
    expect(baseString(request, protocol)).toBe(base);
    if (settings.signature_method === "RSA-SHA1") {
      const key = createPublicKey(given.settings.private_key!);
      expect(createVerify("RSA-SHA1").update(base).verify(key, given.signature!, "base64")).toBe(true);
    } else if (settings.signature_method === "HMAC-SHA1" && given.signature !== undefined) {
      const key = `${given.settings.consumer_secret}&${given.token?.token_secret ?? ""}`;
      expect(createHmac("sha1", key).update(base).digest("base64")).toBe(given.signature);
    }
  });
});

describe("RFC 5849", () => {
  const { uris } = read<{ uris: { url: string; base: string }[] }>("rfc5849.json");

  test.each(uris)("section 3.4.1.2: $url", ({ url, base }) => {
    expect(baseUri(new URL(url))).toBe(base);
  });
});

describe("the wiki of oauth.net", () => {
  const wiki = read<{
    encoding: { text: string; encoded: string }[];
    normalizing: { query: string; normalized: string }[];
    concatenating: { method: string; url: string; base_string: string }[];
    hmac_sha1: { consumer_secret: string; token_secret: string; base_string: string; signature: string }[];
  }>("oauth-wiki.json");

  test.each(wiki.encoding)("encodes $text as $encoded", ({ text, encoded }) => {
    expect(percentEncode(text)).toBe(encoded);
  });

  test.each(wiki.normalizing)("normalizes $query to $normalized", (given) => {
    const request = requestOf({ method: "GET", url: `http://example.com/?${given.query}` });
    expect(normalized(request, [])).toBe(given.normalized);
    const form = { content_type: "application/x-www-form-urlencoded", body: given.query };
    expect(normalized(requestOf({ method: "POST", url: "http://example.com/", ...form }), [])).toBe(given.normalized);
  });

  test.each(wiki.concatenating)("concatenates $method $url", ({ base_string, ...given }) => {
    expect(baseString(requestOf(given), [])).toBe(base_string);
  });

  test.each(wiki.hmac_sha1)("signs with $consumer_secret and “$token_secret”", (given) => {
    const keys = { signature_method: "HMAC-SHA1" as const, consumer_secret: given.consumer_secret };
    expect(signature(keys, given.base_string, given.token_secret)).toBe(given.signature);
  });
});
