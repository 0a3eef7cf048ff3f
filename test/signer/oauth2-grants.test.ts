import { generateKeyPairSync } from "node:crypto";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { kindOf } from "../../src/signer/kinds.ts";
import { wayOf } from "../../src/signer/oauth2/grants.ts";
import { settingsSchema, type Settings } from "../../src/signer/oauth2/settings.ts";
import type { Secret } from "../../src/signer/oauth2/token-answer.ts";
import { json, newEcho, type Answer, type Echo } from "../support/echo.ts";
import { CLIENTS, newOidc, type Oidc } from "../support/oidc.ts";
import { ask, NOW, THEN } from "./provider.ts";

// The grants besides the code: against a server that nobody here wrote where it knows them, against a scripted one
// where it does not.

let oidc: Oidc;
let echo: Echo;
let number = 0;
beforeAll(async () => {
  [oidc, echo] = await Promise.all([newOidc(), newEcho()]);
});
afterAll(() => Promise.all([oidc?.close(), echo?.close()]));
beforeEach(() => {
  echo.requests.length = 0;
});

/** Real time, because the server has a clock; a nonce that did not come before. */
const now = () => ({ ...THEN, now: new Date(), nonce: () => String(++number).padStart(32, "0") });
const ROUND = { redirectUri: "https://signet.example/oauth/callback" };

function settings(grant: Settings["grant"], more: object = {}, at = `${oidc.url}`): Settings {
  return settingsSchema.parse({ grant, token_url: `${at}/token`, device_url: `${at}/device/auth`, ...more });
}

function renew(set: Settings, entered: Secret, circumstances = now()) {
  const { renewal } = wayOf(set);
  return renewal.renew(set, renewal.accept(entered, set).secret, ROUND, ask, circumstances);
}

async function whoIs({ access_token }: Secret): Promise<unknown> {
  const answer = await fetch(`${oidc.url}/me`, { headers: { authorization: `Bearer ${access_token}` } });
  return ((await answer.json()) as { id?: string }).id;
}

const pem = (key: { export(options: object): unknown }) => key.export({ type: "pkcs8", format: "pem" }) as string;
const sent = () => Object.fromEntries(new URLSearchParams(echo.last.body.toString()));

describe("client credentials", () => {
  const basic = (more: object = {}) => {
    const client = { client_id: CLIENTS.basic.id, client_secret: CLIENTS.basic.secret };
    return settings("client_credentials", { ...client, scopes: "read write", ...more });
  };

  test("of the service win a token that stands for the client", async () => {
    const set = basic();
    expect(kindOf("oauth2").secret(set)).toEqual([]);
    expect(wayOf(set).renewal.accept({}, set)).toMatchObject({ ready: false, renewable: true });
    const before = Date.now();
    const grant = await renew(set, {});
    expect(await whoIs(grant.secret)).toBe(CLIENTS.basic.id);
    expect(grant).toMatchObject({ scopes: ["read", "write"], refreshable: true });
    expect(grant.expiresAt!.getTime()).toBeGreaterThanOrEqual(before + 600_000);
  });

  test("of an account win one too, and are kept for the next", async () => {
    const set = settings("client_credentials");
    expect(kindOf("oauth2").secret(set)).toMatchObject([
      { name: "client_id", required: true },
      { name: "client_secret", required: true, hidden: true },
    ]);
    const own = { client_id: CLIENTS.basic.id, client_secret: CLIENTS.basic.secret };
    const grant = await renew(set, own);
    expect(await whoIs(grant.secret)).toBe(CLIENTS.basic.id);
    expect(grant.secret).toMatchObject({ ...own, token_host: oidc.host });
    const again = await wayOf(set).renewal.renew(set, grant.secret, ROUND, ask, now());
    expect(again.secret.access_token).not.toBe(grant.secret.access_token);
    expect(again.secret).toMatchObject(own);
  });

  test("that are refused say whose they are", async () => {
    await expect(renew(basic({ client_secret: "wrong-wrong-wrong" }), {})).rejects.toMatchObject({
      code: "upstream_invalid",
      message: expect.stringContaining("An admin can correct them"),
    });
    const wrong = { client_id: CLIENTS.basic.id, client_secret: "wrong-wrong-wrong" };
    await expect(renew(settings("client_credentials"), wrong)).rejects.toMatchObject({ code: "needs_reconnect" });
  });

  test("of an account go to no other host than the one they were entered for", async () => {
    const set = settings("client_credentials", {}, echo.url);
    const secret: Secret = { client_id: "a", client_secret: "b-secret-b", token_host: "before.example" };
    await expect(wayOf(set).renewal.renew(set, secret, ROUND, ask, now())).rejects.toMatchObject({
      code: "needs_reconnect",
    });
    expect(echo.requests).toHaveLength(0);
  });

  test.each([
    [{}, "client_id"],
    [{ client_id: "a" }, "client_secret"],
  ])("that are missing are asked for: %j", (entered, name) => {
    const set = settings("client_credentials");
    expect(() => wayOf(set).renewal.accept(entered, set)).toThrow(
      expect.objectContaining({ code: "invalid", issues: [expect.objectContaining({ path: `secret.${name}` })] }),
    );
  });

  test("can be imported as a token alone, which ends when it ends", () => {
    const set = settings("client_credentials");
    expect(wayOf(set).renewal.accept({ access_token: "at-imported" }, set)).toMatchObject({
      ready: true,
      renewable: false,
    });
  });
});

describe("a client signs in by an assertion", () => {
  test.each(["RS256", "PS256", "ES256", "EdDSA"] as const)("with its private key, by %s", async (algorithm) => {
    const grant = await renew(
      settings("client_credentials", {
        client_id: CLIENTS.keyJwt.id,
        token_auth: "private_key_jwt",
        client_key: pem(oidc.keys[algorithm]),
        client_key_id: algorithm,
        client_assertion_algorithm: algorithm,
      }),
      {},
    );
    expect(await whoIs(grant.secret)).toBe(CLIENTS.keyJwt.id);
  });

  test("with its secret", async () => {
    const client = { client_id: CLIENTS.secretJwt.id, client_secret: CLIENTS.secretJwt.secret };
    const grant = await renew(settings("client_credentials", { ...client, token_auth: "client_secret_jwt" }), {});
    expect(await whoIs(grant.secret)).toBe(CLIENTS.secretJwt.id);
  });

  test("of an account with a key of its own", async () => {
    const set = settings("client_credentials", { token_auth: "private_key_jwt" });
    expect(kindOf("oauth2").secret(set)).toMatchObject([{ name: "client_id" }, { name: "client_key", hidden: true }]);
    const jwk = { ...oidc.keys.RS256.export({ format: "jwk" }), kid: "RS256" };
    const grant = await renew(set, { client_id: CLIENTS.keyJwt.id, client_key: JSON.stringify(jwk) });
    expect(await whoIs(grant.secret)).toBe(CLIENTS.keyJwt.id);
    expect(() => wayOf(set).renewal.accept({ client_id: "a", client_key: "no key" }, set)).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: "secret.client_key" })] }),
    );
  });

  test("that the server takes once, and only from who holds the key", async () => {
    const set = settings("client_credentials", {
      client_id: CLIENTS.keyJwt.id,
      token_auth: "private_key_jwt",
      client_key: pem(oidc.keys.RS256),
    });
    const once = now();
    const replayed = { ...once, nonce: () => "the same each time" };
    await renew(set, {}, replayed);
    await expect(renew(set, {}, replayed)).rejects.toMatchObject({ code: "upstream_invalid" });
    const stranger = pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
    await expect(renew({ ...set, client_key: stranger }, {})).rejects.toMatchObject({ code: "upstream_invalid" });
  });
});

describe("a user name and password", () => {
  const set = (more: object = {}) => settings("password", { scopes: "a b", ...more }, echo.url);
  const entered = { username: "ben", password: "opens everything" };

  test("are traded for a token, without a client or with one", async () => {
    echo.answer(json({ access_token: "at-1", refresh_token: "rt-1", expires_in: 60 }));
    const grant = await renew(set(), entered);
    expect(sent()).toEqual({ grant_type: "password", ...entered, scope: "a b" });
    expect(echo.last.header("authorization")).toBeUndefined();
    expect(grant.secret).toMatchObject({ ...entered, access_token: "at-1", refresh_token: "rt-1" });
    await renew(set({ client_id: "c", client_secret: "s", token_auth: "body" }), entered);
    expect(sent()).toMatchObject({ client_id: "c", client_secret: "s", username: "ben" });
  });

  test("stay at rest while the refresh token works, and are sent again when it does not", async () => {
    const { renewal } = wayOf(set());
    const held = { ...entered, access_token: "at-1", refresh_token: "rt-1" };
    echo.answer(json({ access_token: "at-2", refresh_token: "rt-2" }));
    const second = await renewal.renew(set(), held, ROUND, ask, now());
    expect(sent()).toEqual({ grant_type: "refresh_token", refresh_token: "rt-1" });
    expect(second).toMatchObject({ refreshable: true, secret: { ...entered, refresh_token: "rt-2" } });
    echo.requests.length = 0;
    echo.answer((request, response) => {
      const renewing = request.body.toString().includes("grant_type=refresh_token");
      json(renewing ? { error: "invalid_grant" } : { access_token: "at-3" }, renewing ? 400 : 200)(request, response);
    });
    const third = await renewal.renew(set(), second.secret, ROUND, ask, now());
    expect(echo.requests).toHaveLength(2);
    expect(third.secret).toEqual({ ...entered, access_token: "at-3", token_host: echo.host });
  });

  test("that are wrong are told so, and an outage is not", async () => {
    echo.answer(json({ error: "invalid_grant", error_description: "no ben" }, 400));
    await expect(renew(set(), entered)).rejects.toMatchObject({
      code: "needs_reconnect",
      message: "The provider does not accept this user name or password. Enter them again.",
    });
    echo.answer((_request, response) => response.writeHead(502).end());
    await expect(renew(set(), entered)).rejects.toMatchObject({ code: "upstream_unreachable" });
  });

  test("may be left out where tokens are imported, and then only those are used", async () => {
    const { renewal } = wayOf(set());
    expect(renewal.accept({ access_token: "a", refresh_token: "r" }, set())).toMatchObject({
      ready: true,
      renewable: true,
    });
    expect(renewal.accept({ access_token: "a" }, set())).toMatchObject({ ready: true, renewable: false });
    expect(() => renewal.accept({ username: "ben" }, set())).toThrow(expect.objectContaining({ code: "invalid" }));
    echo.answer(json({ error: "invalid_grant" }, 400));
    const imported = { access_token: "a", refresh_token: "r" };
    await expect(renewal.renew(set(), imported, ROUND, ask, now())).rejects.toMatchObject({ code: "needs_reconnect" });
    expect(echo.requests).toHaveLength(1);
  });
});

describe("a signed assertion", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const issued: Answer = json({ access_token: "at-1", expires_in: 3600 });
  const set = (more: object = {}) => settings("jwt_bearer", more, echo.url);
  const claims = async (key = publicKey, algorithms = ["RS256"]) => {
    const { payload, protectedHeader } = await jwtVerify(sent().assertion!, key, { algorithms, currentDate: NOW });
    return { ...payload, header: protectedHeader };
  };

  test("out of a service account's file speaks for itself, and carries the scopes where they belong", async () => {
    echo.answer(issued);
    const file = { private_key: pem(privateKey), private_key_id: "k7", client_email: "robot@project.example" };
    const google = set({ scopes_in_assertion: true, scopes: "mail calendar", assertion_seconds: 3600 });
    const grant = await renew(google, { private_key: JSON.stringify(file) }, THEN);
    const { assertion, ...form } = sent();
    expect(form).toEqual({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer" });
    expect(assertion).toBeDefined();
    const seconds = NOW.getTime() / 1000;
    expect(await claims()).toEqual({
      iss: "robot@project.example",
      scope: "mail calendar",
      aud: `${echo.url}/token`,
      iat: seconds,
      exp: seconds + 3600,
      jti: THEN.nonce(),
      header: { alg: "RS256", typ: "JWT", kid: "k7" },
    });
    expect(grant).toMatchObject({ refreshable: true, secret: { private_key: JSON.stringify(file) } });
    await renew(google, { private_key: JSON.stringify(file), subject: "ben@project.example" }, THEN);
    expect(await claims()).toMatchObject({ sub: "ben@project.example" });
  });

  test("by the service's key speaks for each account's subject", async () => {
    echo.answer(issued);
    const docusign = set({
      client_id: "integration-key",
      token_auth: "none",
      scopes: "signature impersonation",
      assertion_key_from: "service",
      assertion_key: pem(privateKey),
      assertion_audience: "account.example",
      assertion_claims: "box_sub_type=enterprise\nlevel=7\nroles=[1,2]\niss=forged",
    });
    expect(kindOf("oauth2").secret(docusign)).toMatchObject([{ name: "subject", required: true }]);
    await renew(docusign, { subject: "user-guid" }, THEN);
    expect(sent()).toMatchObject({ client_id: "integration-key", scope: "signature impersonation" });
    expect(await claims()).toMatchObject({
      iss: "integration-key",
      sub: "user-guid",
      aud: "account.example",
      box_sub_type: "enterprise",
      level: 7,
      roles: [1, 2],
    });
    expect(() => wayOf(docusign).renewal.accept({}, docusign)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  test.each([
    ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["EdDSA", generateKeyPairSync("ed25519")],
  ] as const)("by %s speaks for its issuer when nobody else is named", async (algorithm, pair) => {
    echo.answer(issued);
    const more = { assertion_algorithm: algorithm, assertion_issuer: "me", assertion_key_id: "k1" };
    await renew(set(more), { private_key: pem(pair.privateKey) }, THEN);
    expect(await claims(pair.publicKey, [algorithm])).toMatchObject({
      iss: "me",
      sub: "me",
      header: { alg: algorithm, kid: "k1" },
    });
  });

  test("by a shared secret", async () => {
    echo.answer(issued);
    const secret = "a shared secret of more than 32 bytes";
    await renew(set({ assertion_algorithm: "HS256", assertion_issuer: "me" }), { private_key: secret }, THEN);
    const checked = await jwtVerify(sent().assertion!, Buffer.from(secret), { currentDate: NOW });
    expect(checked.payload.iss).toBe("me");
  });

  test("that is refused asks for a person; a key of another kind, or none, is refused at once", async () => {
    echo.answer(json({ error: "invalid_grant" }, 400));
    const entered = { private_key: pem(privateKey) };
    await expect(renew(set({ assertion_issuer: "me" }), entered)).rejects.toMatchObject({ code: "needs_reconnect" });
    expect(() => wayOf(set()).renewal.accept({}, set())).toThrow("Paste the private key.");
    const es = set({ assertion_algorithm: "ES256" });
    expect(() => wayOf(es).renewal.accept(entered, es)).toThrow(/ES256 needs an elliptic-curve key on P-256/);
  });
});

describe("a device's code", () => {
  const device = (more: object = {}, at?: string) =>
    settings("device_code", { client_id: CLIENTS.device.id, token_auth: "none", scopes: "read", ...more }, at);
  const consent = (set: Settings) => wayOf(set).consent!;
  const begin = (set: Settings) =>
    consent(set).begin(set, { state: "s", verifier: "v", redirectUri: ROUND.redirectUri }, ask, now());
  const poll = (set: Settings, kept: Record<string, string>, seconds = 5) =>
    consent(set).poll!(set, { kept, seconds }, ask, now());

  test("is typed at the provider, and wins a grant that renews", async () => {
    const set = device();
    const begun = await begin(set);
    const { code, address } = begun.wait!;
    expect(begun).toMatchObject({ scopes: ["read"], wait: { seconds: 5, lasts: 600 } });
    expect(begun.url.href).toContain(code);
    expect(address).not.toContain(code);
    expect(await poll(set, begun.kept!)).toEqual({ again: 5 });
    await oidc.enterCode(address, code, "ben@example.com");
    const grant = await poll(set, begun.kept!);
    if ("again" in grant) throw new Error("The server still waits.");
    expect(await whoIs(grant.secret)).toBe("ben@example.com");
    expect(grant).toMatchObject({ refreshable: true, scopes: ["read"] });
    const next = await wayOf(set).renewal.renew(set, grant.secret, ROUND, ask, now());
    expect(await whoIs(next.secret)).toBe("ben@example.com");
    await expect(poll(set, begun.kept!)).rejects.toMatchObject({ code: "upstream_invalid" });
  });

  test("that was declined says so", async () => {
    const set = device();
    const begun = await begin(set);
    await oidc.enterCode(begun.wait!.address, begun.wait!.code, "ben@example.com", { decline: true });
    await expect(poll(set, begun.kept!)).rejects.toMatchObject({
      code: "invalid",
      message: "Consent was declined at the provider. Nothing was saved.",
    });
  });

  test("is asked about more seldom when the server says so, or does not answer", async () => {
    const set = device({}, echo.url);
    echo.answer(json({ error: "slow_down" }, 400));
    expect(await poll(set, { device_code: "dc" }, 7)).toEqual({ again: 12 });
    expect(sent()).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: "dc",
      client_id: CLIENTS.device.id,
    });
    echo.answer((_request, response) => response.writeHead(503).end());
    expect(await poll(set, { device_code: "dc" }, 7)).toEqual({ again: 14 });
    expect(await poll(set, { device_code: "dc" }, 50)).toEqual({ again: 60 });
  });

  test.each([
    ["expired_token", "The code was not entered in time. Start the link again."],
    ["access_denied", "Consent was declined at the provider. Nothing was saved."],
    ["invalid_client", expect.stringContaining("does not accept the client id or secret")],
  ])("ends with %s", async (error, message) => {
    echo.answer(json({ error }, 400));
    await expect(poll(device({}, echo.url), { device_code: "dc" })).rejects.toMatchObject({ message });
  });

  const usual = {
    device_code: "dc",
    user_code: "WDJB-MJHT",
    verification_uri: "https://x.example/d",
    expires_in: 1800,
  };

  test("is read as early servers wrote it, and asked about every five seconds where none are named", async () => {
    const { verification_uri: verification_url, ...rest } = usual;
    echo.answer(json({ ...rest, verification_url, expires_in: "1800" }));
    const { wait, url } = await begin(device({}, echo.url));
    expect(wait).toEqual({ code: "WDJB-MJHT", address: verification_url, seconds: 5, lasts: 1800 });
    expect(url.href).toBe(verification_url);
  });

  test.each([
    [{ verification_uri: "javascript:alert(1)" }, "verification_uri"],
    [{ verification_uri_complete: "data:text/html,x" }, "verification_uri_complete"],
    [{ user_code: "" }, "user_code"],
    [{ user_code: "a\nb" }, "user_code"],
    [{ device_code: undefined }, "device_code"],
    [{ expires_in: 0 }, "expires_in"],
  ])("is not taken as %j", async (more, what) => {
    echo.answer(json({ ...usual, ...more }));
    await expect(begin(device({}, echo.url))).rejects.toMatchObject({
      code: "upstream_invalid",
      message: `The device authorization answer has no usable ${what}.`,
    });
  });

  test("has no way back by a browser", () => {
    expect(() => consent(device()).checkReturn(device(), { code: "c" })).toThrow(
      expect.objectContaining({ code: "invalid" }),
    );
  });
});

describe("the settings of a grant", () => {
  const key = pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const token_url = "https://provider.example/token";

  test.each([
    [{}, ["authorize_url", "client_id"]],
    [{ grant: "device_code" }, ["device_url", "client_id"]],
    [{ grant: "client_credentials" }, []],
    [{ grant: "password" }, []],
    [{ grant: "jwt_bearer" }, []],
    [{ grant: "jwt_bearer", assertion_key_from: "service" }, ["assertion_key"]],
    [{ grant: "jwt_bearer", assertion_key_from: "service", assertion_key: key }, ["assertion_key"]],
    [{ grant: "client_credentials", client_id: "a", token_auth: "private_key_jwt" }, ["client_key"]],
    [{ grant: "client_credentials", client_id: "a", token_auth: "private_key_jwt", client_key: key }, ["client_key"]],
    [{ grant: "client_credentials", client_id: "a", token_auth: "client_secret_jwt" }, ["client_secret"]],
  ])("%j lack %j", (given, missing) => {
    const result = kindOf("oauth2").settingsSchema.safeParse({ token_url, ...given });
    expect(result.error?.issues.map((issue) => issue.path.join(".")) ?? []).toEqual(missing);
  });

  test("of a service that was set up before there was a choice mean the code", () => {
    const { grant: _none, ...old } = settings("authorization_code", { authorize_url: token_url, client_id: "a" });
    const kind = kindOf("oauth2");
    expect(kind.consent!(old)).toBe(kind.consent!({ ...old, grant: "authorization_code" }));
    expect(kind.renewal!(old)).toBeDefined();
    expect(kind.secret(old)).toEqual([]);
  });

  test("let their secrets go to the device's endpoint, too", () => {
    const set = settings("device_code", { device_url: "https://device.example/x" });
    expect(kindOf("oauth2").controlHosts!(set)).toContain("device.example");
  });

  test("and what was entered for them is kept out of answers, and out of sight", () => {
    const secret = {
      password: "opens everything",
      client_secret: "own-client-secret",
      private_key: key,
      username: "ben",
    };
    const hidden = kindOf("oauth2").sensitive(secret, settings("password", { assertion_key: "service-shared-key" }));
    const body = key.replace(/-----[A-Z ]+-----|\s/g, "");
    for (const one of ["opens everything", "own-client-secret", "service-shared-key", key, body])
      expect(hidden).toContain(one);
    const facts = JSON.stringify(kindOf("oauth2").facts(secret, settings("password")));
    expect(facts).toContain("ben");
    for (const one of hidden) expect(facts).not.toContain(one);
  });
});
