import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiKey } from "../../src/signer/kinds/api-key.ts";
import { basic } from "../../src/signer/kinds/basic.ts";
import { bearer } from "../../src/signer/kinds/bearer.ts";
import type { Kind } from "../../src/signer/kind.ts";
import { withQuery, type OutgoingRequest } from "../../src/signer/request.ts";
import { THEN } from "./provider.ts";

const KEY = "4eC39HqLyjWDarjtT1zdp7dc";

function request(url = "https://api.example.com/v1", more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { method: "GET", url: new URL(url), headers: [], body: null, ...more };
}

/** Signs with settings and secret as they are entered. */
function signed<S, T>(kind: Kind<S, T>, settings: object, secret: object, plain = request()): OutgoingRequest {
  return kind.sign(plain, kind.secretSchema.parse(secret), kind.settingsSchema.parse(settings), THEN);
}

/** The first thing that is wrong with an input: where and what. */
function problem(schema: Kind["settingsSchema"], input: object): string {
  const result = schema.safeParse(input);
  if (result.success) return "";
  const [issue] = result.error.issues;
  return `${issue!.path.join(".")}: ${issue!.message}`;
}

describe("an API key", () => {
  const at = (settings: object, plain?: OutgoingRequest) => signed(apiKey, settings, { key: KEY }, plain);

  test("goes into a header, in place of what stood there in any case", () => {
    const plain = request(undefined, {
      headers: [
        ["x-API-key", "mine"],
        ["X-Api-Key", "mine too"],
        ["accept", "*/*"],
      ],
    });
    expect(at({ name: "X-Api-Key" }, plain).headers).toEqual([
      ["accept", "*/*"],
      ["X-Api-Key", KEY],
    ]);
  });

  test("goes in as its format says", () => {
    expect(at({ name: "Authorization", format: "Token token={key}" }).headers).toEqual([
      ["Authorization", `Token token=${KEY}`],
    ]);
    expect(at({ name: "X", format: "{key}:{key}" }).headers).toEqual([["X", `${KEY}:${KEY}`]]);
  });

  test("is put in as it is, also where it looks like a pattern", () => {
    const key = "$&$1$$`{key}'%20+/=";
    expect(signed(apiKey, { name: "X" }, { key }).headers).toEqual([["X", key]]);
  });

  test("goes into the query, in place of what stood there, and nothing else changes", () => {
    const { url } = at(
      { in: "query", name: "key" },
      request("https://a.example/x?a=1&key=mine&b=%20+&KEY=2&k%65y=3#f"),
    );
    expect(url.search).toBe(`?a=1&b=%20+&KEY=2&key=${KEY}`);
    expect(
      signed(apiKey, { in: "query", name: "api key&x".replace(" ", "-") }, { key: "a+b/c=d&e f#g" }).url.search,
    ).toBe("?api-key%26x=a%2Bb%2Fc%3Dd%26e%20f%23g");
  });

  test("goes into a cookie, which is then the only one", () => {
    const plain = request(undefined, { headers: [["cookie", "session=mine"]] });
    expect(at({ in: "cookie", name: "sid" }, plain).headers).toEqual([["Cookie", `sid=${KEY}`]]);
  });

  test("goes into a JSON body, in place of what stood there", () => {
    const plain = request(undefined, { body: Buffer.from('{"a":[1,"é"],"key":"mine"}') });
    expect(JSON.parse(at({ in: "body", name: "key" }, plain).body!.toString())).toEqual({ a: [1, "é"], key: KEY });
    expect(at({ in: "body", name: "key" }).body!.toString()).toBe(`{"key":"${KEY}"}`);
  });

  test("goes into a form", () => {
    const headers = [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"] as const];
    const plain = request(undefined, { headers, body: Buffer.from("a=1&a=2&key=mine") });
    expect(at({ in: "body", name: "key" }, plain).body!.toString()).toBe(`a=1&a=2&key=${KEY}`);
  });

  test.each(["[1]", '"text"', "null", "7", "not json", "{"])("does not go into a body that is %s", (body) => {
    const plain = request(undefined, { body: Buffer.from(body) });
    expect(() => at({ in: "body", name: "key" }, plain)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  test("does not become a prototype when its field is called so", () => {
    const body = at({ in: "body", name: "__proto__" }, request(undefined, { body: Buffer.from("{}") })).body!;
    expect(body.toString()).toBe(`{"__proto__":"${KEY}"}`);
    expect(Object.hasOwn(Object.prototype, "key")).toBe(false);
  });

  test("owns its slot and no other", () => {
    const slots = (place: string) => apiKey.slots(apiKey.settingsSchema.parse({ in: place, name: "k" }));
    expect(slots("header")).toEqual({ headers: ["k"], query: [], body: [] });
    expect(slots("query")).toEqual({ headers: [], query: ["k"], body: [] });
    expect(slots("cookie")).toEqual({ headers: ["Cookie"], query: [], body: [] });
    expect(slots("body")).toEqual({ headers: [], query: [], body: ["k"] });
  });

  test.each([
    [{}, "name: "],
    [{ name: "" }, "name: Enter the name."],
    [{ name: "a b" }, "name: Use letters, digits and dashes only."],
    [{ name: "X\r\nHost" }, "name: Use letters, digits and dashes only."],
    [{ name: "a:b" }, "name: Use letters, digits and dashes only."],
    [{ name: "a[b]" }, "name: The name of a header or cookie has no brackets."],
    [{ name: "a[b]", in: "cookie" }, "name: The name of a header or cookie has no brackets."],
    [{ name: "k", in: "url" }, "in: "],
    [{ name: "k", format: "Token" }, "format: Write {key} where the key goes."],
    [{ name: "k", format: "{key}\r\nX: 1" }, "format: Use plain characters only."],
    [{ name: "x".repeat(101) }, "name: "],
    [{ name: "k", headers: { "a[b]": "{key}" } }, "headers: The name of a header has no brackets."],
    [{ name: "k", headers: { a: "x\r\nHost: y" } }, "headers: Use letters, digits and dashes in names"],
    [{ name: "k", query: { "a b": "1" } }, "query: Use letters, digits and dashes in names"],
  ])("refuses the settings %j", (settings, message) => {
    expect(problem(apiKey.settingsSchema, settings)).toContain(message);
  });

  test("may have brackets in the name of a parameter or field", () => {
    for (const place of ["query", "body"]) expect(problem(apiKey.settingsSchema, { name: "a[b]", in: place })).toBe("");
  });
});

describe("a bearer token", () => {
  test("goes behind a word into Authorization, or where the service says", () => {
    expect(signed(bearer, {}, { token: KEY }).headers).toEqual([["Authorization", `Bearer ${KEY}`]]);
    expect(signed(bearer, { header: "X-Token", prefix: "" }, { token: KEY }).headers).toEqual([["X-Token", KEY]]);
    const plain = request(undefined, { headers: [["AUTHORIZATION", "Bearer mine"]] });
    expect(signed(bearer, {}, { token: KEY }, plain).headers).toEqual([["Authorization", `Bearer ${KEY}`]]);
  });

  test.each([
    { header: "X:" },
    { header: "" },
    { header: "a\nb" },
    { prefix: "a b" },
    { prefix: "Bearer\r" },
    { header: 7 },
  ])("refuses the settings %j", (settings) => {
    expect(problem(bearer.settingsSchema, settings)).not.toBe("");
  });

  test.each([
    ["", "token: Enter the secret."],
    ["short", "fewer than 8 characters"],
    [`${KEY}\n`, "copy it again"],
    [` ${KEY}`, "copy it again"],
    [`${KEY}\r\nX-Injected: 1`, "copy it again"],
    [`${KEY}\u0000`, "copy it again"],
    [`${KEY}é`, "copy it again"],
    ["x".repeat(16_385), "longer than any known credential"],
  ])("refuses the token %j in words that do not repeat it", (token, message) => {
    const told = problem(bearer.secretSchema, { token });
    expect(told).toContain(message);
    expect(told).not.toContain(KEY);
  });
});

describe("a user name and password", () => {
  const header = (settings: object, secret: object) => signed(basic, settings, secret).headers[0]![1];
  const pair = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

  test("are signed as RFC 7617 section 2 shows it", () => {
    expect(header({}, { username: "Aladdin", password: "open sesame" })).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  });

  test("are in UTF-8, as RFC 7617 section 2.1 shows it", () => {
    expect(header({}, { username: "test", password: "123£" })).toBe("Basic dGVzdDoxMjPCow==");
  });

  test("may hold colons in the password, and may have a blank one", () => {
    expect(header({}, { username: "ann", password: "a:b:" })).toBe(pair("ann:a:b:"));
    expect(header({}, { username: "key-only" })).toBe(pair("key-only:"));
  });

  test("are what the service fixes, whatever was entered", () => {
    expect(header({ password_fixed: "X" }, { username: KEY, password: "other" })).toBe(pair(`${KEY}:X`));
    expect(header({ username_fixed: "api" }, { username: "other", password: KEY })).toBe(pair(`api:${KEY}`));
    expect(header({ password_fixed: "" }, { username: KEY })).toBe(pair(`${KEY}:`));
  });

  test("are asked only where the service does not fix them, and under its words", () => {
    const asked = (settings: object) => basic.secret(basic.settingsSchema.parse(settings)).map(({ name }) => name);
    expect(asked({})).toEqual(["username", "password"]);
    expect(asked({ username_fixed: "api" })).toEqual(["password"]);
    expect(asked({ password_fixed: "" })).toEqual(["username"]);
    expect(basic.secret({ password_fixed: "x", username_label: "API key" })[0]).toMatchObject({
      label: "API key",
      hidden: true,
    });
  });

  test.each([{ username: "a:b" }, { username: "a\nb" }, { username: "a", password: "b\u0000" }, { username: 7 }])(
    "are refused as %j",
    (secret) => {
      expect(problem(basic.secretSchema, secret)).not.toBe("");
    },
  );
});

test("a parameter that is set changes none of the others, however they are written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 30 }), (query) => {
      const plain = request(`https://a.example/x?${query.replace(/[#]/g, "")}`);
      const { url } = withQuery(plain, "key", "v");
      const others = (params: URLSearchParams) => [...params].filter(([name]) => name !== "key");
      expect(others(url.searchParams)).toEqual(others(plain.url.searchParams));
      expect(url.searchParams.getAll("key")).toEqual(["v"]);
      if (!plain.url.searchParams.has("key")) expect(url.search.startsWith(plain.url.search)).toBe(true);
    }),
  );
});
