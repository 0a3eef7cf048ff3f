import { describe, expect, test } from "vitest";
import { MASK } from "../../src/signer/kind.ts";
import { kindOf } from "../../src/signer/kinds.ts";
import { headerValue, type Header, type OutgoingRequest } from "../../src/signer/request.ts";
import vectors from "../vectors/hmac.json" with { type: "json" };
import { THEN } from "./provider.ts";

// Signatures that a service declares: the examples that providers publish, and what is refused at once.

const kind = kindOf("hmac");
const SECRET = "4eC39HqLyjWDarjtT1zdp7dc";

interface Vector {
  name: string;
  settings: object;
  secret: object;
  nonce?: string;
  date: string;
  method: string;
  url: string;
  headers?: string[][];
  body?: string;
  signed: { headers?: Record<string, string>; query?: Record<string, string> };
}

function request(url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { method: "GET", url: new URL(url), headers: [], body: null, ...more };
}

function sign(of: OutgoingRequest, settings: object, secret: object = { secret: SECRET }): OutgoingRequest {
  return kind.sign(of, kind.secretSchema.parse(secret), kind.settingsSchema.parse(settings), THEN);
}

/** The values that templates have for a request, one on each line. */
function filled(template: string, of: OutgoingRequest): string {
  const settings = { string_to_sign: template, headers: { "X-S": "{signature}" } };
  return kind.explain!(of, kind.settingsSchema.parse(settings), THEN).string_to_sign!;
}

test.each(vectors.vectors as unknown as Vector[])("$name", ({ settings, secret, nonce, date, signed, ...of }) => {
  const set = kind.settingsSchema.parse(settings);
  const sent = kind.sign(
    request(of.url, {
      method: of.method,
      headers: (of.headers ?? []) as unknown as Header[],
      body: of.body === undefined ? null : Buffer.from(of.body),
    }),
    kind.secretSchema.parse(secret),
    set,
    { ...THEN, now: new Date(date), nonce: () => nonce ?? THEN.nonce() },
  );
  for (const [name, value] of Object.entries(signed.headers ?? {}))
    expect(headerValue(sent, name.toLowerCase()), name).toBe(value);
  for (const [name, value] of Object.entries(signed.query ?? {}))
    expect(sent.url.searchParams.getAll(name), name).toEqual([value]);
});

test.each(vectors.algorithms)("$name", ({ algorithm, secret, data, signature }) => {
  const settings = {
    algorithm,
    key_encoding: "hex",
    string_to_sign: "{body}",
    headers: { "X-Signature": "{signature}" },
  };
  const signed = sign(request("https://a.example/", { body: Buffer.from(data) }), settings, { secret });
  expect(headerValue(signed, "x-signature")).toBe(signature);
});

describe("a template", () => {
  const of = request("https://api.example:8443/a%20b/c?b=2&a=1&b=1&flag", {
    method: "PUT",
    headers: [["Content-Type", "text/plain"]],
    body: Buffer.from("é"),
  });

  test.each([
    ["{method} {url}", "PUT https://api.example:8443/a%20b/c?b=2&a=1&b=1&flag"],
    ["{host}|{path}|{query}", "api.example:8443|/a%20b/c|b=2&a=1&b=1&flag"],
    ["{path_and_query}", "/a%20b/c?b=2&a=1&b=1&flag"],
    ["{sorted_query}", "a=1&b=1&b=2&flag"],
    ["{timestamp} {timestamp_ms}", "1793880000 1793880000000"],
    ["{iso_date} {iso_date_ms}", "2026-11-05T12:00:00Z 2026-11-05T12:00:00.000Z"],
    ["{http_date}", "Thu, 05 Nov 2026 12:00:00 GMT"],
    ["{nonce}", "0123456789abcdef0123456789abcdef"],
    ["{content_type}\\n{body}", "text/plain\né"],
    ["{body_md5_base64} {body_sha1_hex}", "Zt3Nl8/eq7L2+4qZm0vHbw== bf15be717ac1b080b4f1c456692825891ff5073d"],
    ["{body_sha256_hex}", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"],
    ["{key_id}", MASK],
    ["a literal text", "a literal text"],
  ])("of %s is %s", (template, text) => {
    expect(filled(template, of)).toBe(text);
  });

  test("may have line breaks as people and forms write them", () => {
    for (const written of ["{method}\\n{path}", "{method}\n{path}", "{method}\r\n{path}"])
      expect(filled(written, of)).toBe("PUT\n/a%20b/c");
  });

  test("keeps a line break at its end, whatever a form cuts off", () => {
    const settings = { string_to_sign: "{method}\n\n", headers: { "X-S": "{signature}" } };
    const stored = kind.settingsSchema.parse(settings) as { string_to_sign: string };
    expect(stored.string_to_sign).toBe("{method}\\n\\n");
    expect(kind.settingsSchema.parse({ ...settings, string_to_sign: stored.string_to_sign.trim() })).toEqual(stored);
    expect(filled("{method}\n\n", of)).toBe("PUT\n\n");
  });

  test("covers bytes that are no text at all", () => {
    const settings = { string_to_sign: "{body}", headers: { "X-S": "{signature}" } };
    const [one, other] = [0xfe, 0xff].map((byte) =>
      headerValue(sign(request("https://a.example/", { body: Buffer.from([byte]) }), settings), "x-s"),
    );
    expect(one).not.toBe(other);
  });
});

test("what holds no signature is signed along, and replaces what the caller wrote there", () => {
  const settings = {
    string_to_sign: "{query}",
    query: { ts: "{timestamp}", sig: "{signature}" },
    headers: { "X-Nonce": "{nonce}" },
  };
  const signed = sign(request("https://a.example/?ts=1&a=b&sig=x", { headers: [["x-nonce", "mine"]] }), settings);
  expect(signed.url.search).toMatch(/^\?a=b&ts=1793880000&sig=[0-9a-f]{64}$/);
  expect(signed.headers).toEqual([["X-Nonce", THEN.nonce()]]);
});

test("what is signed is shown with a mask for the key id, also inside the address", () => {
  const settings = kind.settingsSchema.parse({
    string_to_sign: "{key_id}:{query}",
    query: { key: "{key_id}", sig: "{signature}" },
  });
  expect(kind.explain!(request("https://a.example/?a=1"), settings, THEN)).toEqual({
    algorithm: "HMAC-SHA256",
    string_to_sign: `${MASK}:a=1&key=${MASK}`,
  });
});

test("what is made of the body is left out where there is none", () => {
  const settings = {
    string_to_sign: "{method}{body_md5_hex}",
    headers: { "X-Sig": "{signature}", "Content-MD5": "{body_md5_base64}" },
  };
  const names = (of: OutgoingRequest) => sign(of, settings).headers.map(([name]) => name);
  expect(names(request("https://a.example/"))).toEqual(["X-Sig"]);
  expect(names(request("https://a.example/", { body: Buffer.from("x") }))).toEqual(["Content-MD5", "X-Sig"]);
});

test("a stream is read first only where its bytes are signed", () => {
  const covers = (string_to_sign: string, headers = { "X-S": "{signature}" }) =>
    kind.coversBody!(kind.settingsSchema.parse({ string_to_sign, headers }), request("https://a.example/"));
  expect(covers("{timestamp}{body}")).toBe(true);
  expect(covers("{body_sha256_hex}")).toBe(true);
  expect(covers("{timestamp}", { "X-S": "{signature}", ...{ Digest: "{body_sha256_base64}" } })).toBe(true);
  expect(covers("{timestamp}{path}")).toBe(false);
});

describe("settings", () => {
  const good = { string_to_sign: "{timestamp}", headers: { "X-S": "{signature}" } };

  test.each([
    [
      "an unknown name",
      { ...good, string_to_sign: "{time}" },
      /There is no \{time\}\. Did you mean \{timestamp\} or \{timestamp_ms\}\?/,
    ],
    ["a name like no other", { ...good, string_to_sign: "{x}" }, /There is no \{x\}\. The names that exist are listed/],
    ["a brace alone", { ...good, string_to_sign: "{timestamp" }, /A brace stands alone/],
    ["nothing to sign", { ...good, string_to_sign: "" }, /Enter what is signed/],
    ["a signature of itself", { ...good, string_to_sign: "{signature}" }, /can not hold the \{signature\} itself/],
    ["no place for the signature", { ...good, headers: { "X-S": "{nonce}" } }, /Say where the \{signature\} goes/],
    ["a body in a header", { ...good, headers: { "X-S": "{signature}", "X-B": "{body}" } }, /X-B: A body has no room/],
    ["a header that is none", { ...good, headers: { "X S": "{signature}" } }, /"X S" is not the name of a header/],
    ["a header of the connection's", { ...good, headers: { Host: "{signature}" } }, /Host is set by Signet itself/],
    ["a line break in a header", { ...good, headers: { "X-S": "{signature}\nX: y" } }, /plain characters only/],
    ["an unknown algorithm", { ...good, algorithm: "sha3" }, /./],
  ])("with %s are refused in words", (_, settings, words) => {
    const { error } = kind.settingsSchema.safeParse(settings);
    expect(error?.issues.map(({ message }) => message).join(" ")).toMatch(words);
  });

  test("ask for a key id only where something is made of it", () => {
    const asked = (settings: object) => kind.secret(kind.settingsSchema.parse(settings)).map(({ name }) => name);
    expect(asked(good)).toEqual(["secret"]);
    expect(asked({ ...good, query: { key: "{key_id}" } })).toEqual(["key_id", "secret"]);
  });
});

describe("a secret", () => {
  const settings = { string_to_sign: "{key_id}", headers: { "X-S": "{signature}" } };
  const of = request("https://a.example/");

  test("that is not written as its service says is refused in words", () => {
    const keys = { key_id: "k", secret: "not hexadecimal" };
    expect(() => sign(of, { ...settings, key_encoding: "hex" }, keys)).toThrow(/written in hexadecimal/);
    expect(() => sign(of, { ...settings, key_encoding: "base64" }, keys)).toThrow(/written in base64/);
  });

  test("without the key id that is signed is refused in words", () => {
    expect(() => sign(of, settings)).toThrow(/signs with a key id/);
  });
});
