import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oauth2 } from "../../src/signer/kinds/oauth2.ts";
import { json, text } from "../support/echo.ts";
import { ask, CLIENT_SECRET, consent, newProvider, ROUND, THEN, type Provider } from "./provider.ts";

let provider: Provider;
beforeAll(async () => {
  provider = await newProvider();
});
afterAll(() => provider.close());
beforeEach(() => {
  provider.echo.answer(json({ access_token: "at-1", token_type: "Bearer" }));
});

const finish = (settings: object = {}) => consent.finish(provider.settings(settings), ROUND, ask, THEN);

describe("the address that a browser is sent to", () => {
  const begin = (more: object = {}) =>
    consent.begin(
      provider.settings(more),
      { state: "the-state", verifier: ROUND.verifier, redirectUri: ROUND.redirectUri },
      ask,
      THEN,
    );

  test("asks for a code with a challenge, and holds no secret and no verifier", async () => {
    const { url, scopes } = await begin({ scopes: "read write" });
    expect(url.origin + url.pathname).toBe(`${provider.echo.url}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: "code",
      client_id: "the client:id",
      redirect_uri: ROUND.redirectUri,
      state: "the-state",
      scope: "read write",
      // RFC 7636 appendix B.
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    expect(scopes).toEqual(["read", "write"]);
    expect(url.href).not.toContain(ROUND.verifier);
  });

  test("has a challenge that is the hash of the verifier", async () => {
    const digest = createHash("sha256").update(ROUND.verifier).digest("base64url");
    expect((await begin()).url.searchParams.get("code_challenge")).toBe(digest);
  });

  test("has no challenge only where the service turned it off", async () => {
    expect((await begin({ pkce: false })).url.searchParams.has("code_challenge")).toBe(false);
    expect((await begin({ pkce: "on" })).url.searchParams.has("code_challenge")).toBe(true);
  });

  test("separates scopes as the service says, and knows a second list of them", async () => {
    const { url, scopes } = await begin({
      scopes: ["a", "b"],
      scope_delimiter: ",",
      user_scopes: "c d",
      user_scopes_param: "user_scope",
    });
    expect(url.searchParams.get("scope")).toBe("a,b");
    expect(url.searchParams.get("user_scope")).toBe("c,d");
    expect(scopes).toEqual(["a", "b", "c", "d"]);
    expect((await begin()).url.searchParams.has("scope")).toBe(false);
  });

  test("keeps the query of the endpoint and takes extra parameters, which can not replace its own", async () => {
    const extra = {
      access_type: "offline",
      state: "forged",
      redirect_uri: "https://evil.example",
      response_type: "token",
      client_id: "x",
    };
    const { url } = await begin({
      authorize_url: `${provider.echo.url}/authorize?tenant=7`,
      authorize_params: { ...extra, code_challenge_method: "plain", code_challenge: "x" },
      resource: "https://api.example.com",
    });
    const sent = Object.fromEntries(url.searchParams);
    expect(sent).toMatchObject({ tenant: "7", access_type: "offline", resource: "https://api.example.com" });
    expect(sent).toMatchObject({ state: "the-state", redirect_uri: ROUND.redirectUri, response_type: "code" });
    expect(sent).toMatchObject({ client_id: "the client:id", code_challenge_method: "S256" });
    expect(url.searchParams.getAll("state")).toEqual(["the-state"]);
  });
});

describe("what comes back to the callback", () => {
  const check = (settings: object, query: Record<string, string>) => () =>
    consent.checkReturn(provider.settings(settings), query);

  test("passes without an issuer where none is expected, or with one of the provider's own", () => {
    expect(check({}, { code: "c" })).not.toThrow();
    expect(check({}, { code: "c", iss: provider.echo.url })).not.toThrow();
    expect(check({ issuer: "https://as.example" }, { code: "c", iss: "https://as.example" })).not.toThrow();
  });

  test.each([
    [{}, { code: "" }],
    [{}, { iss: "https://evil.example" }],
    [{}, { iss: "" }],
    [{}, { iss: "not an address" }],
    [{ issuer: "https://as.example" }, {}],
    [{ issuer: "https://as.example" }, { iss: "https://as.example/" }],
    [{ issuer: "https://as.example" }, { iss: "https://AS.example" }],
    [{ issuer: "https://as.example" }, { iss: "https://as.example.evil.example" }],
  ])("is refused for %j with %j", (settings, query) => {
    expect(check(settings, { code: "c", ...query })).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});

describe("a code is traded", () => {
  const pair = `${encodeURIComponent("the client:id").replace("%20", "+")}:Zq0Lm4Xv7Rn2Kt9B%3A%26%C3%A9+w%2B%2F%3D`;

  test("once, by POST, with its verifier and the same callback address", async () => {
    const before = provider.echo.requests.length;
    await finish({
      token_params: { audience: "x", grant_type: "forged", code: "forged" },
      resource: "https://api.example.com",
    });
    expect(provider.echo.requests.length).toBe(before + 1);
    expect([provider.echo.last.method, provider.echo.last.path]).toEqual(["POST", "/token"]);
    expect(provider.echo.last.header("accept")).toBe("application/json");
    expect(provider.form()).toEqual({
      audience: "x",
      grant_type: "authorization_code",
      code: "the-code",
      redirect_uri: ROUND.redirectUri,
      code_verifier: ROUND.verifier,
      resource: "https://api.example.com",
    });
  });

  test("by a client that signs in with Basic, both parts form-encoded first (RFC 6749 section 2.3.1)", async () => {
    await finish({ token_auth: "basic" });
    expect(provider.echo.last.header("authorization")).toBe(`Basic ${Buffer.from(pair).toString("base64")}`);
    expect(provider.form()).not.toHaveProperty("client_secret");
    expect(provider.form()).not.toHaveProperty("client_id");
  });

  test("by a client that signs in within the body", async () => {
    await finish({ token_auth: "body" });
    expect(provider.echo.last.header("authorization")).toBeUndefined();
    expect(provider.form()).toMatchObject({ client_id: "the client:id", client_secret: CLIENT_SECRET });
  });

  test("by a public client, that says only who it is", async () => {
    for (const settings of [{ token_auth: "none" }, { client_secret: undefined }]) {
      await finish(settings);
      expect(provider.echo.last.header("authorization")).toBeUndefined();
      expect(provider.form()).toMatchObject({ client_id: "the client:id", code_verifier: ROUND.verifier });
      expect(provider.form()).not.toHaveProperty("client_secret");
    }
  });

  test("without a verifier only where the service turned PKCE off", async () => {
    await finish({ pkce: false });
    expect(provider.form()).not.toHaveProperty("code_verifier");
  });

  test("never with a secret in the address", async () => {
    for (const token_auth of ["basic", "body", "none"]) {
      await finish({ token_auth });
      expect(provider.echo.last.path).toBe("/token");
    }
  });
});

describe("what a token answer does not tell", () => {
  const settings = { metadata_url: "", metadata: { tenant: "0.id", name: "0.names.1" } };
  const answer = (metadata: Parameters<typeof provider.echo.answer>[0]) => {
    provider.echo.answer((request, response) =>
      request.path === "/token" ? json({ access_token: "at-1" })(request, response) : metadata(request, response),
    );
    return finish({ ...settings, metadata_url: `${provider.echo.url}/resources` });
  };

  test("is asked for once with the new token, and kept with it", async () => {
    const grant = await answer(json([{ id: 7, names: ["x", "Acme"] }, { id: 8 }]));
    expect(grant.secret.metadata).toEqual({ tenant: "7", name: "Acme" });
    expect(provider.echo.last).toMatchObject({ method: "GET", path: "/resources" });
    expect(provider.echo.last.header("authorization")).toBe("Bearer at-1");
  });

  const odd: [what: string, given: Parameters<typeof provider.echo.answer>[0]][] = [
    ["nothing to work with", json([])],
    ["an object where a name belongs", json([{ id: {}, names: ["x", "y"] }])],
    ["only what every object inherits", json({ 0: { id: 1, names: {} } })],
    ["a refusal", json({ error: "secret-words" }, 403)],
    ["a page", text("<html>secret-words", "text/html")],
    ["nothing", text("", "application/json")],
  ];
  test.each(odd)("fails the link in our own words when the answer is %s", async (_what, given) => {
    const error = await answer(given).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ name: "SignetError", code: "upstream_invalid" });
    expect(String(error)).not.toContain("secret-words");
  });
});

test("the service's own secret goes to the token endpoint and the revocation endpoint only", () => {
  const hosts = oauth2.controlHosts!(
    provider.settings({
      token_url: "https://token.example:8443/x",
      revoke_url: "https://revoke.example/x",
      metadata_url: "https://api.example/x",
    }),
  );
  expect(hosts).toEqual(["token.example:8443", "revoke.example"]);
});
