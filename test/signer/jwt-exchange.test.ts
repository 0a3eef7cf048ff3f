import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jwt } from "../../src/signer/kinds/jwt.ts";
import type { Secret } from "../../src/signer/jwt/settings.ts";
import { json, newEcho, text, type Echo } from "../support/echo.ts";
import { ask, NOW, THEN } from "./provider.ts";

// A JWT that is traded for a token, at a token address on loopback.

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/jwt.json"), "utf8")) as {
  entered: { key: string };
}[];
const RSA = vectors[1]!.entered.key;
const FILE = vectors[2]!.entered.key;

let echo: Echo;

beforeAll(async () => {
  echo = await newEcho();
});

afterAll(() => echo?.close());

beforeEach(() => {
  echo.requests.length = 0;
  echo.answer(json({ access_token: "a-token-that-was-won", expires_in: 3600 }));
});

function assertion(more: object = {}) {
  return jwt.settingsSchema.parse({
    exchange: "assertion",
    issuer: "{issuer}",
    audience: "https://oauth2.example.com/token",
    scopes: "read write",
    token_url: `${echo.url}/token`,
    ...more,
  });
}

function bearer(more: object = {}) {
  const asks = { app_id: "App ID", installation_id: "Installation ID" };
  return jwt.settingsSchema.parse({
    exchange: "bearer",
    issuer: "{app_id}",
    asks,
    token_url: `${echo.url}/app/installations/{installation_id}/access_tokens`,
    ...more,
  });
}

/** What an account begins with. */
function accepted(settings: ReturnType<typeof assertion>, entered: object): Secret {
  const examined = jwt.examine!(jwt.secretSchemaFor!(settings).parse(entered), settings);
  return jwt.renewal!(settings)!.accept(examined, settings).secret;
}

const renew = (settings: ReturnType<typeof assertion>, secret: Secret) =>
  jwt.renewal!(settings)!.renew(settings, secret, { redirectUri: "" }, ask, THEN);

function claimsOf(token: string): Record<string, unknown> {
  const [header, claims, signature] = token.split(".") as [string, string, string];
  const bytes = Buffer.from(signature, "base64url");
  expect(verify("sha256", Buffer.from(`${header}.${claims}`), createPublicKey(RSA), bytes)).toBe(true);
  return JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
}

test("as an assertion it is traded as RFC 7523 section 2.1 has it", async () => {
  const settings = assertion({
    token_params: { resource: "x {issuer}", app: "{client_secret}" },
    client_secret: "of the application",
  });
  const secret = accepted(settings, { key: FILE });
  const grant = await renew(settings, secret);
  const form = Object.fromEntries(new URLSearchParams(echo.last.body.toString()));
  expect([echo.last.method, echo.last.path]).toEqual(["POST", "/token"]);
  expect(form).toEqual({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: expect.any(String),
    resource: "x bot@project.example",
    app: "of the application",
  });
  const seconds = NOW.getTime() / 1000;
  expect(claimsOf(form.assertion!)).toEqual({
    iss: "bot@project.example",
    aud: "https://oauth2.example.com/token",
    scope: "read write",
    iat: seconds,
    exp: seconds + 300,
  });
  expect(grant).toMatchObject({ refreshable: true, expiresAt: new Date(NOW.getTime() + 3_600_000) });
  const request = { method: "GET", url: new URL("https://api.example.com/"), headers: [], body: null };
  expect(jwt.sign(request, grant.secret, settings, THEN).headers).toEqual([
    ["Authorization", "Bearer a-token-that-was-won"],
  ]);
  expect(jwt.sensitive(grant.secret, settings)).toEqual(
    expect.arrayContaining(["a-token-that-was-won", "of the application", FILE]),
  );
});

test("as a bearer it asks at an address with the account's own tenant in it", async () => {
  echo.answer(json({ token: "ghs_0123456789", expires_at: "2026-11-05T13:00:00Z", permissions: {} }, 201));
  const settings = bearer({ token_params: { repository: "one" } });
  const grant = await renew(settings, accepted(settings, { key: RSA, app_id: "12", installation_id: "7/../8" }));
  expect(echo.last.path).toBe("/app/installations/7%2F..%2F8/access_tokens");
  expect(claimsOf(echo.last.header("authorization")!.slice(7))).toMatchObject({ iss: "12" });
  expect(JSON.parse(echo.last.body.toString())).toEqual({ repository: "one" });
  expect(grant).toMatchObject({ secret: { token: "ghs_0123456789" }, expiresAt: new Date("2026-11-05T13:00:00Z") });
});

test("by GET, where the provider has it so, with the names that it gives", async () => {
  echo.answer(json({ accessToken: "a-token-that-was-won", expiresInSeconds: 1800 }));
  const settings = bearer({ token_method: "GET", token_path: "accessToken", expires_path: "expiresInSeconds" });
  const grant = await renew(settings, accepted(settings, { key: RSA, app_id: "12", installation_id: "7" }));
  expect([echo.last.method, echo.last.body.length]).toEqual(["GET", 0]);
  expect(grant.expiresAt).toEqual(new Date(NOW.getTime() + 1_800_000));
});

test.each([
  [{ expires_in: "120" }, 120],
  [{ expires_at: NOW.getTime() / 1000 + 60 }, 60],
  [{ expires_at: NOW.getTime() + 60_000 }, 60],
  [{ expires_at: "2026-11-05T13:00:00+01:00" }, 0],
  [{ expires_in: "1:01:01" }, 3661],
  [{ expires_in: 0 }, 900],
  [{ expires_in: -1 }, 900],
  [{ expires_in: "soon" }, 900],
  [{}, 900],
])("an end that is told as %j is understood", async (told, seconds) => {
  echo.answer(json({ access_token: "a-token-that-was-won", ...told }));
  const settings = assertion({ lifetime_seconds: 900 });
  const { expiresAt } = await renew(settings, accepted(settings, { key: FILE }));
  expect((expiresAt!.getTime() - NOW.getTime()) / 1000).toBe(seconds);
});

test("the base URL that the answer tells is the account's", async () => {
  echo.answer(json({ access_token: "a-token-that-was-won", instance_url: "https://eu1.example.com" }));
  const settings = assertion({ base_url_from: "instance_url" });
  expect(await renew(settings, accepted(settings, { key: FILE }))).toMatchObject({
    baseUrl: "https://eu1.example.com",
    expiresAt: undefined,
  });
});

describe("a refusal", () => {
  test.each([
    [json({ error: "invalid_grant", error_description: FILE }, 400), "needs_reconnect"],
    [json({ message: "A JSON web token could not be decoded" }, 401), "needs_reconnect"],
    [json({ message: "Not Found" }, 404), "needs_reconnect"],
    [json({}, 403, { "retry-after": "60" }), "upstream_unreachable"],
    [json({}, 429), "upstream_unreachable"],
    [json({}, 503), "upstream_unreachable"],
    [json({ token_type: "bearer" }), "upstream_invalid"],
    [json({ access_token: "with a space" }), "upstream_invalid"],
    [text("<html>", "text/html"), "upstream_invalid"],
  ])("is final only when it is %#", async (answer, code) => {
    echo.answer(answer);
    const settings = assertion();
    const failure = (await renew(settings, accepted(settings, { key: FILE })).catch(
      (error: unknown) => error,
    )) as Error;
    expect(failure).toMatchObject({ code });
    expect(failure.message).toMatch(/^The .*\.$/);
    expect(failure.message).not.toContain(FILE.slice(0, 50));
  });
});

test("what a key signs goes to the host for which it was entered, and to no other", async () => {
  const settings = assertion();
  const secret = accepted(settings, { key: FILE });
  const moved = { ...settings, token_url: "https://elsewhere.example/token" };
  await expect(renew(moved, secret)).rejects.toMatchObject({ code: "needs_reconnect" });
  const { token_host: _none, ...unbound } = secret;
  await expect(renew(settings, unbound)).rejects.toMatchObject({ code: "needs_reconnect" });
  expect(echo.requests).toEqual([]);
  expect(jwt.controlHosts!(settings)).toEqual([echo.host]);
  expect(jwt.controlHosts!(jwt.settingsSchema.parse({}))).toEqual([]);
});

test("a token that somebody enters is not taken for one that was won", () => {
  const settings = assertion();
  const begun = jwt.renewal!(settings)!.accept({ key: FILE, token: "entered", token_host: "evil.example" }, settings);
  expect(begun).toEqual({ secret: { key: FILE, token_host: echo.host }, ready: false, renewable: true });
});
