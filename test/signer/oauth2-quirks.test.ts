import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oauth2 } from "../../src/signer/kinds/oauth2.ts";
import { refresh as renewal } from "../../src/signer/oauth2/refresh.ts";
import { revoke as revokeGrant } from "../../src/signer/oauth2/revoke.ts";
import { json, type Answer } from "../support/echo.ts";
import { ask, CLIENT_SECRET, consent, newProvider, ROUND, THEN, type Provider } from "./provider.ts";

// Ways in which token endpoints differ from RFC 6749, each of them a setting.

let provider: Provider;
beforeAll(async () => {
  provider = await newProvider();
});
afterAll(() => provider.close());
beforeEach(() => {
  provider.echo.requests.length = 0;
  provider.echo.answer(json({ access_token: "at-1", token_type: "Bearer" }));
});

const held = { access_token: "at-1", refresh_token: "rt-1", metadata: { tenant: "t-7", company: "acme" } };
const finish = (more: object = {}, query: object = {}) =>
  consent.finish(provider.settings(more), { ...ROUND, query: { ...ROUND.query, ...query } }, ask, THEN);
const refresh = (more: object = {}, secret: object = held) =>
  renewal.renew(provider.settings(more), secret as typeof held, ROUND, ask, THEN);
const revoke = (more: object = {}, secret: object = held) =>
  revokeGrant(
    provider.settings({ revoke_url: `${provider.echo.url}/revoke`, ...more }),
    secret as typeof held,
    ask,
    THEN,
  );
const address = (path: string) => `${provider.echo.url}${path}`;
const query = () => Object.fromEntries(new URL(provider.echo.last.path, provider.echo.url).searchParams);
const sentJson = () => JSON.parse(provider.echo.last.body.toString()) as Record<string, unknown>;

/** Answers each path in its own way. */
function answering(paths: Record<string, Answer>): void {
  provider.echo.answer((request, response) =>
    (paths[request.path.split("?")[0]!] ?? json({ error: "not_here" }, 404))(request, response),
  );
}

describe("a token request", () => {
  test("may be JSON", async () => {
    await finish({ token_body: "json", token_auth: "body" });
    expect(provider.echo.last.header("content-type")).toBe("application/json");
    expect(sentJson()).toEqual({
      grant_type: "authorization_code",
      code: "the-code",
      redirect_uri: ROUND.redirectUri,
      code_verifier: ROUND.verifier,
      client_id: "the client:id",
      client_secret: CLIENT_SECRET,
    });
    await refresh({ token_body: "json" });
    expect(sentJson()).toEqual({ grant_type: "refresh_token", refresh_token: "rt-1" });
    expect(provider.echo.last.header("authorization")).toMatch(/^Basic /);
  });

  test("may leave out what the provider refuses", async () => {
    await finish({ token_omit: "redirect_uri grant_type client_id", token_auth: "body", pkce: false });
    expect(provider.form()).toEqual({ code: "the-code", client_secret: CLIENT_SECRET });
  });

  test("may have headers of its own", async () => {
    await finish({ token_headers: { "user-agent": "acme/1.0", "x-client": "{client.id}" } });
    expect(provider.echo.last.header("user-agent")).toBe("acme/1.0");
    expect(provider.echo.last.header("x-client")).toBe("the client:id");
    expect(provider.echo.last.header("accept")).toBe("application/json");
  });

  test("may prove the client's secret by a hash, and then holds no secret", async () => {
    const settings = { client_hash_param: "hash", client_hash_of: "{client.secret}|{code}" };
    const hash = (code: string) => createHash("sha256").update(`${CLIENT_SECRET}|${code}`).digest("hex");
    for (const token_auth of ["body", "basic"]) {
      await finish({ ...settings, token_auth });
      expect(provider.form()).toMatchObject({ client_id: "the client:id", hash: hash("the-code") });
      expect(provider.form()).not.toHaveProperty("client_secret");
      expect(provider.echo.last.header("authorization")).toBeUndefined();
    }
    await refresh({ ...settings, token_auth: "body" });
    expect(provider.form()).toMatchObject({ hash: hash("rt-1") });
  });
});

describe("a token answer", () => {
  const granted = (answer: object, settings: object) => {
    provider.echo.answer(json(answer));
    return finish(settings, { ...("issuer" in settings && { iss: settings.issuer }) });
  };

  test("may have other names for everything", async () => {
    const settings = {
      token_path: "body",
      token_field: "accessToken",
      refresh_token_field: "refreshToken",
      expires_in_field: "expires",
      scope_field: "permissions",
    };
    const answer = { accessToken: "at", refreshToken: "rt", expires: "60", permissions: ["a", "b"] };
    expect(await granted({ body: answer }, settings)).toMatchObject({
      secret: { access_token: "at", refresh_token: "rt" },
      scopes: ["a", "b"],
      expiresAt: new Date("2026-11-05T12:01:00Z"),
    });
  });

  test.each([
    ["2026-11-05T13:30:00Z", "2026-11-05T13:30:00.000Z"],
    ["2026-11-05T14:30:00+01:00", "2026-11-05T13:30:00.000Z"],
    [1793885400, "2026-11-05T13:30:00.000Z"],
    ["1793885400", "2026-11-05T13:30:00.000Z"],
    [1793885400000, "2026-11-05T13:30:00.000Z"],
    ["tomorrow", undefined],
    [0, undefined],
    [null, undefined],
  ])("may name the end itself: %j is %s", async (expires_at, end) => {
    const grant = await granted({ access_token: "at", expires_at }, { expires_at_field: "expires_at" });
    expect(grant.expiresAt?.toISOString()).toBe(end);
  });

  test("may say how long the refresh token lasts, which is when a person is needed again", async () => {
    const settings = { refresh_expires_in_field: "refresh_token_expires_in", consent_days: 5 };
    const answer = { access_token: "at", refresh_token: "rt", refresh_token_expires_in: 86_400 };
    expect((await granted(answer, settings)).endsAt).toEqual(new Date("2026-11-06T12:00:00Z"));
    expect((await granted({ access_token: "at" }, settings)).endsAt).toEqual(new Date("2026-11-10T12:00:00Z"));
    provider.echo.answer(json({ access_token: "at-2" }));
    expect((await refresh(settings)).endsAt).toBeUndefined();
  });

  test("may name another type than Bearer where the service knows it", async () => {
    const answer = { access_token: "at", token_type: "Acme" };
    await expect(granted(answer, {})).rejects.toThrow("token type");
    expect(await granted(answer, { token_types: "acme" })).toMatchObject({ secret: { access_token: "at" } });
    await expect(granted({ ...answer, token_type: "mac" }, { token_types: "acme" })).rejects.toThrow("token type");
  });

  test("may tell what is kept, and whom it belongs to", async () => {
    const settings = {
      token_metadata: { site: "installation.host", company: "realm", none: "nowhere", odd: "object", split: "lines" },
      label_from: "user.name",
      identity_from: "user.id",
    };
    const answer = {
      access_token: "at",
      installation: { host: "eu.acme.example" },
      realm: 7,
      object: { a: 1 },
      lines: "a\r\nX-Evil: 1",
      user: { id: 42, name: "Ada" },
    };
    const grant = await granted(answer, settings);
    expect(grant.secret.metadata).toEqual({ site: "eu.acme.example", company: "7" });
    expect(grant.metadata).toEqual(grant.secret.metadata);
    expect(grant.identity).toEqual({ id: "42", label: "Ada" });
  });

  test("keeps what was known of the account when a refresh tells less, and takes what is new", async () => {
    provider.echo.answer(json({ access_token: "at-2", realm: "b-corp" }));
    const grant = await refresh({ token_metadata: { company: "realm", tenant: "tid" } });
    expect(grant.metadata).toEqual({ tenant: "t-7", company: "b-corp" });
  });

  test("may carry an ID token, which names the account when it is this client's own", async () => {
    const idToken = (claims: object) =>
      `${part({ alg: "RS256" })}.${part({ sub: "u-1", email: "ada@example.com", aud: "the client:id", ...claims })}.c2ln`;
    const settings = { identity_from: "id_token.sub", label_from: "id_token.email" };
    const named = async (claims: object, more: object = {}) =>
      (await granted({ access_token: "at", id_token: idToken(claims) }, { ...settings, ...more })).identity;
    expect(await named({})).toEqual({ id: "u-1", label: "ada@example.com" });
    expect(await named({ aud: ["x", "the client:id"] })).toEqual({ id: "u-1", label: "ada@example.com" });
    expect(await named({ aud: "another client" })).toBeUndefined();
    expect(await named({ iss: "https://as.example" }, { issuer: "https://as.example" })).toMatchObject({ id: "u-1" });
    expect(await named({ iss: "https://evil.example" }, { issuer: "https://as.example" })).toBeUndefined();
    for (const id_token of ["x", "a.b.c", "..", 7, null, `${part([])}.${part([])}.`])
      expect((await granted({ access_token: "at", id_token }, settings)).identity).toBeUndefined();
  });

  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
});

describe("an answer with status 200 that is none", () => {
  const failed = async (answer: object, settings: object) => {
    provider.echo.answer(json(answer));
    return finish(settings).then(
      () => "",
      (error: Error) => error.message,
    );
  };

  test("is told by what a good one says", async () => {
    const settings = { token_path: "body", answer_success: "status=0", error_field: "status" };
    expect(await failed({ status: 0, body: { access_token: "at" } }, settings)).toBe("");
    expect(await failed({ status: 503, body: {} }, settings)).toContain("(503)");
    expect(await failed({ status: 0, error: "x", body: { access_token: "at" } }, settings)).toBe("");
    expect(await failed({ body: { access_token: "at" } }, { answer_success: "code=0" })).toContain("(refused)");
    expect(await failed({ code: 20037, error: "invalid_grant" }, { answer_success: "code=0" })).toContain(
      "Start the link",
    );
  });

  test("is told by its error, wherever that sits", async () => {
    expect(
      await failed({ error: { code: 190, message: "words-of-a-stranger" } }, { error_field: "error.code" }),
    ).toContain("(190)");
    expect(await failed({ error: { code: "a b <script>" } }, { error_field: "error.code" })).toContain("unreadable");
  });

  test("asks for a person when the service says that its error is final", async () => {
    provider.echo.answer(json({ error: { code: 190 } }, 400));
    const settings = { error_field: "error.code", final_errors: "190 191" };
    await expect(refresh(settings)).rejects.toMatchObject({ code: "needs_reconnect" });
    await expect(refresh({ error_field: "error.code" })).rejects.toMatchObject({ code: "upstream_unreachable" });
  });
});

describe("a short-lived token", () => {
  const params = {
    grant_type: "exchange_token",
    client_secret: "{client.secret}",
    exchange: "{token.access}",
  };
  const first = { data: [{ access_token: "short", user_id: 7, permissions: "a,b", expires_in: 3600 }] };
  const settings = () => ({
    token_path: "data.0",
    scope_field: "permissions",
    identity_from: "data.0.user_id",
    exchange_url: address("/exchange"),
    exchange_params: params,
    token_metadata: { user: "data.0.user_id" },
  });

  test("is swapped for a lasting one by GET", async () => {
    answering({ "/token": json(first), "/exchange": json({ access_token: "long", expires_in: 5_184_000 }) });
    const grant = await finish(settings());
    expect(provider.echo.last).toMatchObject({ method: "GET" });
    expect(query()).toEqual({ grant_type: "exchange_token", client_secret: CLIENT_SECRET, exchange: "short" });
    expect(grant).toMatchObject({
      secret: { access_token: "long", metadata: { user: "7" } },
      scopes: ["a", "b"],
      identity: { id: "7" },
      expiresAt: new Date("2027-01-04T12:00:00Z"),
    });
  });

  test("is swapped by POST where the provider wants that", async () => {
    answering({ "/token": json(first), "/exchange": json({ access_token: "long" }) });
    await finish({ ...settings(), exchange_method: "POST" });
    expect(provider.echo.last).toMatchObject({ method: "POST", path: "/exchange" });
    expect(provider.form()).toEqual({ grant_type: "exchange_token", client_secret: CLIENT_SECRET, exchange: "short" });
  });

  test.each([
    [json({ error: "invalid_request" }, 400), "upstream_invalid"],
    [json({ error: "invalid_request" }), "upstream_invalid"],
    [json({}), "upstream_invalid"],
    [json({}, 503), "upstream_unreachable"],
  ] as const)("that is not swapped is not kept", async (answer, code) => {
    answering({ "/token": json(first), "/exchange": answer });
    await expect(finish(settings())).rejects.toMatchObject({ code });
  });
});

describe("a renewal", () => {
  test("may have an address, a client's sign-in and a grant type of its own", async () => {
    await finish({ token_auth: "body" });
    expect(provider.form()).toHaveProperty("client_secret");
    await refresh({
      token_auth: "body",
      refresh_url: address("/renew"),
      refresh_auth: "basic",
      refresh_grant: "renewal",
      refresh_token_param: "renewal_token",
      refresh_params: { tenant: "{tenant}" },
    });
    expect(provider.echo.last).toMatchObject({ method: "POST", path: "/renew" });
    expect(provider.echo.last.header("authorization")).toMatch(/^Basic /);
    expect(provider.form()).toEqual({ grant_type: "renewal", renewal_token: "rt-1", tenant: "t-7" });
  });

  test("may trade the access token itself, by GET, without a word of the client", async () => {
    const settings = {
      refresh_url: address("/renew"),
      refresh_method: "GET",
      refresh_with: "access_token",
      refresh_token_param: "access_token",
      refresh_grant: "ig_refresh_token",
    };
    provider.echo.answer(json({ access_token: "at-2", expires_in: 60 }));
    const grant = await refresh(settings, { access_token: "at-1" });
    expect(provider.echo.last.method).toBe("GET");
    expect(query()).toEqual({ grant_type: "ig_refresh_token", access_token: "at-1" });
    expect(grant).toMatchObject({ secret: { access_token: "at-2" }, refreshable: true });
    expect((await finish(settings)).refreshable).toBe(true);
  });

  test("may be answered without the wrap that a traded code comes in", async () => {
    const settings = { token_path: "authed_user" };
    provider.echo.answer(json({ ok: true, access_token: "at-2", refresh_token: "rt-2", token_type: "user" }));
    expect((await refresh(settings)).secret).toMatchObject({ access_token: "at-2", refresh_token: "rt-2" });
    provider.echo.answer(json({ ok: true, access_token: "bot", authed_user: { access_token: "at-3" } }));
    expect((await refresh(settings)).secret.access_token).toBe("at-3");
    provider.echo.answer(json({ ok: true, access_token: "bot" }));
    await expect(finish(settings)).rejects.toMatchObject({ code: "upstream_invalid" });
  });

  test("repeats the provider's name of the callback address where it has one", async () => {
    await refresh({ repeat_redirect_uri_on_refresh: true, redirect_uri_alias: "Acme-App-1" });
    expect(provider.form().redirect_uri).toBe("Acme-App-1");
  });
});

describe("a revocation", () => {
  test("may be a DELETE with Basic and a JSON body, at an address with the client's id", async () => {
    provider.echo.answer((_request, response) => response.writeHead(204).end());
    const settings = {
      revoke_url: address("/applications/{client.id}/token"),
      revoke_method: "DELETE",
      revoke_auth: "basic",
      revoke_body: "json",
      revoke_params: { access_token: "{token}" },
      token_auth: "body",
    };
    expect(await revoke(settings, { access_token: "at-1" })).toBe(true);
    expect(provider.echo.last).toMatchObject({ method: "DELETE", path: "/applications/the%20client:id/token" });
    expect(provider.echo.last.header("authorization")).toMatch(/^Basic /);
    expect(sentJson()).toEqual({ access_token: "at-1" });
  });

  test("may be a DELETE with the token, as requests carry it", async () => {
    expect(await revoke({ revoke_method: "DELETE", revoke_auth: "token" })).toBe(true);
    expect(provider.echo.requests).toHaveLength(1);
    expect(provider.echo.last).toMatchObject({ method: "DELETE", path: "/revoke" });
    expect(provider.echo.last.header("authorization")).toBe("Bearer at-1");
    await revoke({ revoke_method: "DELETE", revoke_auth: "token", token_query_param: "key" });
    expect(query()).toEqual({ key: "at-1" });
  });

  test("may be a GET with the token in its query", async () => {
    await revoke({ revoke_method: "GET", revoke_auth: "nothing", revoke_tokens: "refresh" });
    expect(provider.echo.last.method).toBe("GET");
    expect(query()).toEqual({ token: "rt-1" });
  });

  test("may be a method call, whose answer tells by its body that it was refused", async () => {
    provider.echo.answer(json({ ok: true, revoked: true }));
    expect(await revoke({ revoke_auth: "token" })).toBe(true);
    for (const [answer, settings] of [
      [{ ok: false, error: "invalid_auth" }, {}],
      [{ status: 500 }, { answer_success: "status=0" }],
    ] as const) {
      provider.echo.answer(json(answer));
      await expect(revoke({ revoke_auth: "token", ...settings })).rejects.toMatchObject({ code: "upstream_invalid" });
    }
  });

  test("may name the account instead of the token, and the client's secret in a header", async () => {
    await revoke({
      revoke_auth: "nothing",
      revoke_params: { client_id: "{client.id}", user: "{tenant}" },
      revoke_headers: { authorization: "Client {client.secret}" },
      client_secret: "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    });
    expect(provider.form()).toEqual({ client_id: "the client:id", user: "t-7" });
    expect(provider.echo.last.header("authorization")).toBe("Client sk_test_4eC39HqLyjWDarjtT1zdp7dc");
    expect(provider.echo.requests).toHaveLength(1);
  });

  test("by RFC 7009 signs the client in as the service says, or only names it, or not at all", async () => {
    for (const [revoke_auth, authorization, form] of [
      ["basic", true, {}],
      ["body", false, { client_id: "the client:id", client_secret: CLIENT_SECRET }],
      ["none", false, { client_id: "the client:id" }],
      ["nothing", false, {}],
    ] as const) {
      await revoke({ revoke_auth, revoke_tokens: "refresh" });
      expect(provider.echo.last.header("authorization") !== undefined).toBe(authorization);
      expect(provider.form()).toEqual({ token: "rt-1", ...form });
    }
  });

  test("is not sent to an address that stays incomplete", async () => {
    const settings = { revoke_url: address("/tenants/{nobody}/revoke") };
    await expect(revoke(settings)).rejects.toMatchObject({ code: "upstream_invalid" });
    await expect(
      revoke({ revoke_url: address("/{tenant}") }, { ...held, metadata: { tenant: ".." } }),
    ).rejects.toMatchObject({ code: "upstream_invalid" });
    expect(provider.echo.requests).toHaveLength(0);
  });
});

test("what is asked after linking carries the token as requests do, and may need what is known already", async () => {
  answering({ "/token": json({ access_token: "at-1", realm: "t/7" }), "/sites/t%2F7": json([{ id: 815 }]) });
  const grant = await finish({
    token_metadata: { tenant: "realm" },
    metadata_url: address("/sites/{tenant}"),
    metadata: { cloud: "0.id" },
    header: "X-Token",
    prefix: "",
    request_query: { client: "{client.id}" },
  });
  expect(provider.echo.last.header("x-token")).toBe("at-1");
  expect(query()).toEqual({ client: "the client:id" });
  expect(grant.metadata).toEqual({ tenant: "t/7", cloud: "815" });
  await expect(finish({ metadata_url: address("/{nobody}") })).rejects.toMatchObject({ code: "upstream_invalid" });
});

test("the service's own secret goes to every endpoint of the provider's and to no other host", () => {
  const hosts = oauth2.controlHosts!(
    provider.settings({
      token_url: "https://token.example/x",
      refresh_url: "https://refresh.example/x",
      exchange_url: "https://exchange.example/x",
      revoke_url: "https://revoke.example/{client.id}",
      token_host_from: "server",
      token_hosts: ["token.eu.example"],
      metadata_url: "https://api.example/x",
    }),
  );
  const endpoints = ["token.example", "exchange.example", "refresh.example", "revoke.example", "token.eu.example"];
  expect(hosts).toEqual(endpoints);
});
