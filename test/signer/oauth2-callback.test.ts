import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { refresh } from "../../src/signer/oauth2/refresh.ts";
import { revoke } from "../../src/signer/oauth2/revoke.ts";
import { json } from "../support/echo.ts";
import { ask, CLIENT_SECRET, consent, newProvider, NOW, ROUND, THEN, type Provider } from "./provider.ts";

// What providers ask of a browser on its way there, and what they hand it for the way back.

let provider: Provider;
beforeAll(async () => {
  provider = await newProvider();
});
afterAll(() => provider.close());
beforeEach(() => {
  provider.echo.answer(json({ access_token: "at-1", token_type: "Bearer" }));
});

const STATE = "the-state";

async function begun(more: object) {
  const round = { state: STATE, verifier: ROUND.verifier, redirectUri: ROUND.redirectUri };
  const { url, scopes } = await consent.begin(provider.settings(more), round, ask, THEN);
  return { url, scopes, sent: Object.fromEntries(url.searchParams) };
}

function finish(more: object, query: Record<string, string>) {
  return consent.finish(provider.settings(more), { ...ROUND, query: { state: STATE, ...query } }, ask, THEN);
}

function refused(more: object, query: Record<string, string>): string {
  try {
    consent.checkReturn(provider.settings(more), { state: STATE, ...query });
    return "";
  } catch (error) {
    expect(error).toMatchObject({ name: "SignetError", code: "invalid" });
    return (error as Error).message;
  }
}

describe("a browser is sent to the provider", () => {
  test("with the scope for offline use besides the others, of which nobody is told that it was not granted", async () => {
    const { sent, scopes } = await begun({ scopes: "read offline", offline_scopes: "offline" });
    expect(sent.scope).toBe("read offline");
    expect((await begun({ scopes: "read", offline_scopes: "offline_access" })).sent.scope).toBe("read offline_access");
    expect((await begun({ offline_scopes: "offline_access" })).sent.scope).toBe("offline_access");
    expect(scopes).toEqual(["read", "offline"]);
    expect((await begun({ scopes: "read", offline_scopes: "offline_access" })).scopes).toEqual(["read"]);
  });

  test("with a plus between scopes, as it is written in addresses", async () => {
    const { url } = await begun({ scopes: "read write", scope_delimiter: "+" });
    expect(url.search).toContain("scope=read+write&");
  });

  test("with another name for the client, at every door", async () => {
    const { sent } = await begun({ client_id_param: "client_key" });
    expect(sent).toMatchObject({ client_key: "the client:id" });
    expect(sent).not.toHaveProperty("client_id");
    await finish(
      { client_id_param: "client_key", client_secret_param: "client_word", token_auth: "body" },
      { code: "c" },
    );
    expect(provider.form()).toMatchObject({ client_key: "the client:id", client_word: CLIENT_SECRET });
    expect(provider.form()).not.toHaveProperty("client_id");
    expect(provider.form()).not.toHaveProperty("client_secret");
  });

  test("without what the provider refuses", async () => {
    const all = { authorize_omit: "scope redirect_uri client_id response_type", scopes: "read", pkce: false };
    expect((await begun(all)).sent).toEqual({ state: STATE });
    expect((await begun(all)).scopes).toEqual(["read"]);
  });

  test("with the name that the provider gave the callback address, also when the code is traded", async () => {
    expect((await begun({ redirect_uri_alias: "Acme-App-1" })).sent.redirect_uri).toBe("Acme-App-1");
    await finish({ redirect_uri_alias: "Acme-App-1" }, { code: "c" });
    expect(provider.form().redirect_uri).toBe("Acme-App-1");
  });

  test("with the state within the callback address where the provider brings nothing else back", async () => {
    const settings = { state_in_redirect_uri: true, redirect_uri_param: "redirectUrl" };
    const { sent } = await begun(settings);
    expect(sent.redirectUrl).toBe(`${ROUND.redirectUri}?state=${STATE}`);
    expect(sent).not.toHaveProperty("state");
    await finish(settings, { code: "c" });
    expect(provider.form().redirect_uri).toBe(`${ROUND.redirectUri}?state=${STATE}`);
  });
});

describe("what comes back", () => {
  test("may name the code otherwise", async () => {
    expect(refused({ code_param: "spapi_code" }, { code: "c" })).toContain("neither a code nor an error");
    await finish({ code_param: "spapi_code" }, { code: "forged", spapi_code: "the-real-one" });
    expect(provider.form().code).toBe("the-real-one");
  });

  test("may be the token itself, and then nothing is asked", async () => {
    const before = provider.echo.requests.length;
    const settings = {
      token_in_callback: "token",
      token_url: undefined,
      token_path: "ignored",
      answer_success: "ok=1",
    };
    const grant = await finish(settings, { token: "grant-token-1" });
    expect(grant).toMatchObject({ secret: { access_token: "grant-token-1" }, refreshable: false });
    expect(grant.secret).not.toHaveProperty("token_host");
    expect(provider.echo.requests.length).toBe(before);
    expect(refused(settings, {})).toContain("neither a code nor an error");
  });

  test("must say what the service expects", () => {
    const settings = { callback_expect: { shop: "acme.shops.example" } };
    expect(refused(settings, { code: "c", shop: "acme.shops.example" })).toBe("");
    for (const shop of ["evil.shops.example", "ACME.shops.example", "acme.shops.example.evil", ""])
      expect(refused(settings, { code: "c", shop })).toContain('does not say "shop"');
    expect(refused(settings, { code: "c" })).toContain('does not say "shop"');
  });

  test("may tell what is to be kept, in the form that the service describes", async () => {
    const settings = {
      callback_metadata: { company: "realmId #", account: "scope harvest:*", store: "context stores/*" },
    };
    const query = { code: "c", realmId: "4620816365", scope: "harvest:815", context: "stores/abc1x" };
    const grant = await finish(settings, query);
    expect(grant.secret.metadata).toEqual({ company: "4620816365", account: "815", store: "abc1x" });
    expect(grant.metadata).toEqual(grant.secret.metadata);
  });

  test.each([
    ["realmId #", "46x"],
    ["realmId #", ""],
    ["realmId", "a/b"],
    ["realmId", "a b"],
    ["realmId", "a?b"],
    ["realmId", "a\r\nb"],
    ["realmId", "x".repeat(201)],
    ["realmId stores/*", "abc"],
    ["realmId stores/*", "stores/a/b"],
    ["realmId https://*/", "http://a.example/"],
    ["realmId https://*/", "https://a.example/evil/"],
  ])("keeps nothing of another form: %j is not %j", (from, value) => {
    expect(refused({ callback_metadata: { company: from } }, { code: "c", realmId: value })).toContain(
      'does not tell "realmId"',
    );
  });

  test("goes into the token request where the service says so", async () => {
    const settings = {
      callback_metadata: { store: "context stores/*" },
      token_params: { context: "stores/{store}", state: "{callback.state}", unknown: "{nobody}" },
      scopes: "a b",
      scope_in_token_call: true,
    };
    await finish(settings, { code: "c", context: "stores/abc1x" });
    expect(provider.form()).toMatchObject({ context: "stores/abc1x", state: STATE, scope: "a b" });
    expect(provider.form()).not.toHaveProperty("unknown");
  });
});

describe("a callback that is signed", () => {
  const settings = { callback_hmac_param: "hmac" };
  const query = { code: "c", shop: "acme.shops.example", state: STATE, timestamp: "1793880000" };
  const text = "code=c&shop=acme.shops.example&state=the-state&timestamp=1793880000";
  const hmac = createHmac("sha256", CLIENT_SECRET).update(text).digest("hex");

  test("passes with the provider's signature over all that it says", () => {
    expect(refused(settings, { ...query, hmac })).toBe("");
    expect(refused(settings, { ...query, hmac: hmac.toUpperCase() })).toBe("");
  });

  test("is refused when a word of it was changed, added or taken away, or by another's signature", () => {
    const { timestamp: _, ...less } = query;
    const forged = createHmac("sha256", "another secret").update(text).digest("hex");
    for (const bad of [
      { ...query, hmac, shop: "evil.shops.example" },
      { ...query, hmac, host: "x" },
      { ...less, hmac },
      { ...query, hmac: forged },
      { ...query, hmac: hmac.slice(2) },
      { ...query, hmac: "" },
      query,
    ])
      expect(refused(settings, bad)).toContain("signature is wrong");
  });

  test("is refused by a service that has no secret to check it with", () => {
    const empty = createHmac("sha256", "").update(text).digest("hex");
    expect(refused({ ...settings, client_secret: undefined }, { ...query, hmac: empty })).toContain(
      "signature is wrong",
    );
  });
});

describe("a provider with data centres", () => {
  test("has the code traded at the one that the callback names, and everything later there too", async () => {
    const there = await newProvider(json({ access_token: "at-2", refresh_token: "rt-2", expires_in: 60 }));
    const settings = {
      token_host_from: "accounts-server",
      token_hosts: [there.echo.host],
      refresh_url: `${provider.echo.url}/refresh`,
      revoke_url: `${provider.echo.url}/revoke`,
    };
    const before = provider.echo.requests.length;
    for (const told of [there.echo.url, `${there.echo.url}/`, there.echo.host]) {
      const grant = await finish(settings, { code: "c", "accounts-server": told });
      expect(grant.secret.token_host).toBe(there.echo.host);
      expect(there.echo.last.path).toBe("/token");
    }
    const { renewed, revoked } = await later(settings, there.echo.host);
    expect(there.echo.requests.map(({ path }) => path).slice(3)).toEqual(["/refresh", "/revoke", "/revoke"]);
    expect(renewed.secret.token_host).toBe(there.echo.host);
    expect(revoked).toBe(true);
    expect(provider.echo.requests.length).toBe(before);
    await there.close();
  });

  test("is asked at its usual address when the callback names none", async () => {
    const settings = { token_host_from: "accounts-server", token_hosts: ["accounts.provider.example"] };
    expect((await finish(settings, { code: "c" })).secret.token_host).toBe(provider.echo.host);
  });

  test("never gets the code or the secret at a host that the service does not list", async () => {
    const before = provider.echo.requests.length;
    const settings = { token_host_from: "accounts-server", token_hosts: ["accounts.provider.example"] };
    for (const told of [
      "https://evil.example",
      "https://accounts.provider.example.evil.example",
      "https://accounts.provider.example@evil.example/",
      "https://accounts.provider.example:8443",
      "//accounts.provider.example",
      "",
    ])
      await expect(finish(settings, { code: "c", "accounts-server": told })).rejects.toThrow("token host");
    expect(provider.echo.requests.length).toBe(before);
  });

  async function later(more: object, token_host: string) {
    const settings = provider.settings(more);
    const secret = { access_token: "at-2", refresh_token: "rt-2", token_host };
    const renewed = await refresh.renew(settings, secret, ROUND, ask, THEN);
    return { renewed, revoked: await revoke(settings, secret, ask, THEN) };
  }
});

test("the end of a consent is known where the provider names it for all", async () => {
  const grant = await finish({ consent_days: 180 }, { code: "c" });
  expect(grant.endsAt).toEqual(new Date(NOW.getTime() + 180 * 86_400_000));
});
