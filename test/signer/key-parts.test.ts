import { describe, expect, test } from "vitest";
import { apiKey } from "../../src/signer/kinds/api-key.ts";
import { MASK } from "../../src/signer/kind.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";
import { THEN } from "./provider.ts";

// Keys of several parts, and keys that stand in a path.

const KEY = "4eC39HqLyjWDarjtT1zdp7dc";
const APP = "Zq0Lm4Xv7Rn2Kt9Bw5Yh8Pd3";

function request(url: string): OutgoingRequest {
  return { method: "GET", url: new URL(url), headers: [], body: null };
}

const set = (settings: object) => apiKey.settingsSchema.parse(settings);

describe("a key of several parts", () => {
  const settings = set({
    name: "X-Auth-Token",
    headers: { "X-App-Secret": "{app_secret}", "X-Mail": "{email}", "X-Both": "{email}:{key}", "X-Fixed": "developer" },
    query: { app: "{app_id}" },
    open_parts: ["email", "app_id"],
  });
  const secret = { key: KEY, app_secret: APP, email: "a@b.co", app_id: "app-1" };

  test("is asked for part by part, the secret ones hidden", () => {
    expect(apiKey.secret(settings).map(({ name, label, hidden }) => [name, label, hidden === true])).toEqual([
      ["key", "Key", true],
      ["app_secret", "App secret", true],
      ["email", "Email", false],
      ["app_id", "App ID", false],
    ]);
    expect(apiKey.secret(set({ name: "X" }))).toHaveLength(1);
  });

  test.each([
    [{ key: KEY }, false],
    [{ ...secret, app_secret: "short" }, false],
    [{ ...secret, email: "" }, false],
    [{ ...secret, email: "a\r\nb" }, false],
    [{ ...secret, more: "unknown-part" }, false],
    [secret, true],
  ])("is whole or not taken: %j", (given, good) => {
    expect(apiKey.secretSchemaFor!(settings).safeParse(given).success).toBe(good);
  });

  test("goes out with every part in its place", () => {
    const { headers, url } = apiKey.sign(request("https://api.example.com/v1?app=mine"), secret, settings, THEN);
    expect(Object.fromEntries(headers)).toEqual({
      "X-Auth-Token": KEY,
      "X-App-Secret": APP,
      "X-Mail": "a@b.co",
      "X-Both": `a@b.co:${KEY}`,
      "X-Fixed": "developer",
    });
    expect(url.search).toBe("?app=app-1");
    expect(apiKey.slots(settings)).toEqual({
      headers: ["X-Auth-Token", "X-App-Secret", "X-Mail", "X-Both", "X-Fixed"],
      query: ["app"],
      body: [],
    });
  });

  test("shows of itself what is no secret", () => {
    expect(apiKey.sensitive(secret, settings)).toEqual([KEY, APP]);
    expect(apiKey.facts(secret, settings)).toEqual([
      { label: "Key", value: "ends in p7dc" },
      { label: "App secret", value: "ends in 8Pd3" },
      { label: "Email", value: "a@b.co" },
      { label: "App ID", value: "app-1" },
    ]);
    const { headers } = apiKey.preview(request("https://api.example.com/v1"), settings, THEN);
    expect(Object.fromEntries(headers)).toMatchObject({
      "X-App-Secret": MASK,
      "X-Mail": "{email}",
      "X-Both": `{email}:${MASK}`,
    });
  });

  test("asks for a person when the service learned of a part that the account has not", () => {
    expect(() => apiKey.sign(request("https://api.example.com/v1"), { key: KEY }, settings, THEN)).toThrow(
      expect.objectContaining({ code: "needs_reconnect" }),
    );
  });

  test("may stand in one header whole", () => {
    const one = set({ name: "Authorization", format: 'OAuth key="{app_id}", token="{key}"', open_parts: ["app_id"] });
    const { headers } = apiKey.sign(request("https://api.example.com/v1"), { key: KEY, app_id: "app-1" }, one, THEN);
    expect(headers).toEqual([["Authorization", `OAuth key="app-1", token="${KEY}"`]]);
  });
});

describe("a key in the path", () => {
  const settings = set({ in: "path" });
  const sent = (url: string, key = KEY) => apiKey.sign(request(url), { key }, settings, THEN).url.href;

  test("stands where the path says so, and nowhere else", () => {
    expect(sent("https://api.example.com/bot{key}/getMe?q={key}")).toBe(
      `https://api.example.com/bot${KEY}/getMe?q={key}`,
    );
    expect(sent("https://api.example.com/file/bot%7bkey%7d/%7Bother%7D")).toBe(
      `https://api.example.com/file/bot${KEY}/%7Bother%7D`,
    );
    expect(apiKey.slots(settings)).toEqual({ headers: [], query: [], body: [], path: ["key"] });
  });

  test("stays within its segment, whatever it holds", () => {
    expect(sent("https://api.example.com/bot{key}/x", "123:ab/../c?d#e%2F")).toBe(
      "https://api.example.com/bot123:ab%2F..%2Fc%3Fd%23e%252F/x",
    );
  });

  test("is masked for those who may only look", () => {
    const { url } = apiKey.preview(request("https://api.example.com/bot{key}/getMe"), settings, THEN);
    expect(decodeURIComponent(url.pathname)).toBe(`/bot${MASK}/getMe`);
  });

  test.each([
    "https://api.example.com/getMe",
    "https://api.example.com/?x={key}",
    "https://api.example.com/%257Bkey%257D",
  ])("is not sent to a path that has no place for it: %s", (url) => {
    expect(() => sent(url)).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
