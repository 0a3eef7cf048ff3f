import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SignetError } from "../../src/errors.ts";
import type { Ask, Circumstances } from "../../src/signer/kind.ts";
import { oauth1 } from "../../src/signer/kinds/oauth1.ts";
import type { Settings } from "../../src/signer/oauth1/settings.ts";
import { json, text, type Answer } from "../support/echo.ts";
import { form, newOAuth1Provider, type OAuth1Provider } from "../support/oauth1-provider.ts";
import { NOW } from "./provider.ts";

let provider: OAuth1Provider;
let time: Date;

beforeAll(async () => {
  provider = await newOAuth1Provider();
  provider.clock = () => NOW;
});
afterAll(() => provider.close());
beforeEach(() => {
  time = NOW;
  provider.instead.clear();
  provider.confirms = true;
  provider.methods = ["HMAC-SHA1", "PLAINTEXT", "HMAC-SHA256"];
});

const REDIRECT = "https://signet.example/oauth/callback";
const REQUEST_TOKEN = "/oauth/request_token";

let number = 0;
const circumstances = (): Circumstances => ({ now: time, nonce: () => `nonce${number++}`, challenge: undefined });

const ask: Ask = async ({ method, url, headers = {}, body }) => {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }), redirect: "manual" });
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
};

const settings = (more: object = {}): Settings => oauth1.settingsSchema.parse({ ...provider.settings, ...more });

function begin(more: object = {}) {
  const set = settings(more);
  const round = { state: "the-state", verifier: "unused", redirectUri: REDIRECT };
  return oauth1.consent!(set)!.begin(set, round, ask, circumstances());
}

/** From the first leg to what the last one answers. */
async function link(more: object = {}, back: Record<string, string> = {}) {
  const set = settings(more);
  const { url, kept } = await begin(more);
  const returned = new URL(await provider.consent(url.href, { as: "ann", back }));
  const query = Object.fromEntries(returned.searchParams);
  const consent = oauth1.consent!(set)!;
  consent.checkReturn(set, query);
  const round = { query, verifier: "unused", redirectUri: REDIRECT, kept: kept! };
  return consent.finish(set, round, ask, circumstances());
}

async function refusal(work: () => Promise<unknown>): Promise<SignetError> {
  const error = await work().then(
    () => undefined,
    (cause: SignetError) => cause,
  );
  expect(error?.name).toBe("SignetError");
  return error!;
}

describe("the three legs", () => {
  test("begin with a token for a callback that carries the state, which is kept for later", async () => {
    const { url, scopes, kept } = await begin({ authorize_params: { perms: "read", oauth_token: "forged" } });
    expect(provider.last.protocol.get("oauth_callback")).toBe(`${REDIRECT}?state=the-state`);
    expect(provider.last.protocol.has("oauth_token")).toBe(false);
    expect(url.origin + url.pathname).toBe(provider.settings.authorize_url);
    expect(Object.fromEntries(url.searchParams)).toEqual({ perms: "read", oauth_token: kept!.token });
    expect(url.href).not.toContain(kept!.token_secret);
    expect(scopes).toEqual([]);
  });

  test.each([
    {},
    { in: "query" },
    { in: "body" },
    { in: "body", request_token_method: "GET", access_token_method: "GET" },
    { signature_method: "PLAINTEXT", realm: "Photos", version: false },
    { signature_method: "HMAC-SHA256", body_hash: true },
  ])("end with a token and its secret, with %j", async (more) => {
    const grant = await link({ ...more, identity_id: "user_id", identity_label: "screen_name" });
    expect(grant).toEqual({
      secret: { token: expect.stringMatching(/^canary-/), token_secret: expect.stringMatching(/^canary-/) },
      scopes: undefined,
      expiresAt: undefined,
      refreshable: false,
      baseUrl: undefined,
      identity: { id: "id of ann", label: "ann" },
    });
    expect(provider.last.protocol.has("oauth_body_hash")).toBe(false);
  });

  test("tell an end, and where the account lives, where the answer does", async () => {
    const fields = { oauth_token: "t", oauth_token_secret: "", oauth_expires_in: "3600", shard: "https://s1.example" };
    provider.instead.set("/oauth/access_token", form(fields));
    expect(await link({ base_url_from: "shard", identity_label: "missing" })).toMatchObject({
      secret: { token: "t", token_secret: "" },
      expiresAt: new Date("2026-11-05T13:00:00Z"),
      baseUrl: "https://s1.example",
      identity: { id: null, label: null },
    });
  });

  test("do not go on for a server that confirms no callback", async () => {
    provider.confirms = false;
    expect((await refusal(() => begin())).message).toContain("did not confirm the callback address");
    const fields = { oauth_token: "t", oauth_token_secret: "s", oauth_callback_confirmed: "false" };
    provider.instead.set(REQUEST_TOKEN, form(fields));
    expect((await refusal(() => begin())).message).toContain("did not confirm the callback address");
  });

  test("do not go on with another token than the one that was asked for", async () => {
    const other = (await begin()).kept!.token!;
    const asked = provider.echo.requests.length;
    const error = await refusal(() => link({}, { oauth_token: other }));
    expect([error.code, error.message]).toEqual(["invalid", expect.stringContaining("belongs to another sign-in")]);
    // The request token and the page of consent, but no access token.
    expect(provider.echo.requests.length).toBe(asked + 2);
  });

  test("do not end with a verifier that is made up", async () => {
    const error = await refusal(() => link({}, { oauth_verifier: "guessed" }));
    expect(error.message).toBe("Consent was declined at the provider. Nothing was saved.");
  });
});

describe("a browser that comes back", () => {
  const check = (query: Record<string, string>) => () => oauth1.consent!(settings())!.checkReturn(settings(), query);

  test("passes with a token and a verifier", () => {
    expect(check({ state: "s", oauth_token: "t", oauth_verifier: "v" })).not.toThrow();
  });

  test.each([
    [{ denied: "t" }, "Consent was declined at the provider. Nothing was saved."],
    [{ oauth_problem: "user_refused" }, "Consent was declined at the provider. Nothing was saved."],
    [{ oauth_problem: "permission_denied" }, "Consent was declined at the provider. Nothing was saved."],
    [{ oauth_problem: "token_expired" }, "The provider refused the sign-in (token_expired). Nothing was saved."],
    [{ oauth_problem: "<b>words of a stranger" }, "The provider refused the sign-in. Nothing was saved."],
    [{ oauth_token: "t" }, "The provider sent neither a verifier nor a refusal. Start the link again."],
    [
      { oauth_token: "t", oauth_verifier: "" },
      "The provider sent neither a verifier nor a refusal. Start the link again.",
    ],
    [{ oauth_verifier: "v" }, "The provider sent neither a verifier nor a refusal. Start the link again."],
  ])("with %j is told: %s", (query: Record<string, string>, message) => {
    expect(check(query)).toThrow(expect.objectContaining({ code: "invalid", message }));
  });
});

describe("a provider that refuses", () => {
  test.each([
    [{ consumer_secret: "another" }, "signature wrong. An admin can check the consumer key, the consumer secret"],
    [{ consumer_key: "unknown" }, "does not know the consumer key of this service"],
    [
      { signature_method: "PLAINTEXT" },
      "does not take PLAINTEXT. An admin can choose HMAC-SHA1, HMAC-SHA256, RSA-SHA1",
    ],
  ])("the settings %j gets a sentence that says what to change", async (more, words) => {
    provider.methods = ["HMAC-SHA1"];
    const error = await refusal(() => begin(more));
    expect(error.code).toBe("upstream_invalid");
    expect(error.message).toContain(words);
  });

  test.each([
    [7 * 60, "Signet's clock is 7 minutes ahead of the provider's. Set the clock of the machine"],
    [-3600, "Signet's clock is 60 minutes behind the provider's."],
    [86_400, "Signet's clock is 24 hours ahead of the provider's."],
    [-10 * 86_400, "Signet's clock is 10 days behind the provider's."],
  ])("a clock that is %i seconds off is told by how much", async (seconds, words) => {
    time = new Date(NOW.getTime() + seconds * 1000);
    expect((await refusal(() => begin())).message).toContain(words);
  });

  test("a nonce that was there before", async () => {
    await begin();
    number--;
    expect((await refusal(() => begin())).message).toContain("got this request before");
  });

  test("a sign-in that was used already", async () => {
    const set = settings();
    const { url, kept } = await begin();
    const query = Object.fromEntries(new URL(await provider.consent(url.href, { as: "ann" })).searchParams);
    const round = { query, verifier: "unused", redirectUri: REDIRECT, kept: kept! };
    await oauth1.consent!(set)!.finish(set, round, ask, circumstances());
    const error = await refusal(() => oauth1.consent!(set)!.finish(set, round, ask, circumstances()));
    expect(error.message).toBe(
      "The provider no longer accepts this sign-in: it was used already or took too long. Start the link again.",
    );
  });

  const problem = (name: string, more: object = {}): Answer => form({ oauth_problem: name, ...more }, 400);
  const challenge = (value: string | string[]): Answer => json({}, 401, { "www-authenticate": value });
  const cases: [what: string, answer: Answer, words: string][] = [
    ["in the body", problem("consumer_key_refused"), "takes no requests with this consumer key at the moment"],
    ["in the body, with 200", form({ oauth_problem: "signature_invalid" }), "found the signature wrong"],
    ["in a challenge", challenge('OAuth realm="x", oauth_problem="version_rejected"'), "turn off “Send oauth_version”"],
    ["in one of several challenges", challenge(["Basic", "OAuth oauth_problem=nonce_used"]), "got this request before"],
    [
      "with the parameters it misses",
      problem("parameter_absent", { oauth_parameters_absent: "oauth_callback&<b>&oauth_nonce" }),
      "misses a parameter (oauth_callback, oauth_nonce)",
    ],
    ["without them", problem("parameter_rejected"), "does not take a parameter."],
    ["that asks for a person", problem("additional_authorization_required"), "wants a person to decide first"],
    ["that nobody knows", problem("moon_phase"), "refused the request (answer 400, moon_phase). An admin"],
    ["of the provider's own words", problem("words of a <stranger>"), "refused the request (answer 400)"],
    [
      "without a name",
      text("Failed to validate oauth signature", "text/plain", 401),
      "refused the request (answer 401)",
    ],
    ["of its own", text("<html>", "text/html", 503), "The provider answered 503. Try again later."],
    ["with a page", text("<html>hello</html>", "text/html"), "holds no token that can be used"],
    ["with nothing", text("", "text/html"), "holds no token that can be used"],
    ["with half a token", form({ oauth_token: "t" }), "holds no token that can be used"],
    ["with an empty token", form({ oauth_token: "", oauth_token_secret: "s" }), "holds no token that can be used"],
    [
      "with a token that would be two headers",
      form({ oauth_token: "a\r\nX: 1", oauth_token_secret: "s" }),
      "holds no token that can be used",
    ],
    ["with a redirect", json({}, 302, { location: "/elsewhere" }), "answered 302 instead of a token"],
    ["as if there were no such address", text("", "text/html", 404), "answered 404 instead of a token"],
  ];
  test.each(cases)("tells a problem %s", async (_what, answer, words) => {
    provider.instead.set(REQUEST_TOKEN, answer);
    const error = await refusal(() => begin());
    expect(error.message).toContain(words);
    expect(error.message).not.toMatch(/[<>]|stranger|hello/);
    expect(error.code).toBe(words.includes("503") ? "upstream_unreachable" : "upstream_invalid");
  });

  test("by codes of its own is understood by what the service says of them", async () => {
    const codes = {
      problem_path: "errors.0.code",
      problem_codes: { 135: "timestamp_refused", 415: "callback_rejected" },
    };
    const told = (code: unknown) => json({ errors: [{ code, message: "words of a stranger" }] }, 403);
    provider.instead.set(REQUEST_TOKEN, told(415));
    expect((await refusal(() => begin(codes))).message).toContain("does not know this callback address");
    provider.instead.set(REQUEST_TOKEN, told("135"));
    expect((await refusal(() => begin(codes))).message).toContain("refused the time of the request");
    for (const code of [32, "constructor", null, { a: 1 }, "<b>"]) {
      provider.instead.set(REQUEST_TOKEN, told(code));
      expect((await refusal(() => begin(codes))).message).toContain("refused the request (answer 403");
    }
  });

  test("without a reason is compared with our clock by its Date", async () => {
    const late = new Date(NOW.getTime() + 10 * 60_000).toUTCString();
    provider.instead.set(REQUEST_TOKEN, text("no", "text/plain", 401));
    expect((await refusal(() => begin())).message).not.toContain("0 minutes");
    provider.instead.set(REQUEST_TOKEN, json({}, 401, { date: late }));
    expect((await refusal(() => begin())).message).toContain("Signet's clock is 10 minutes behind the provider's.");
  });
});

describe("a refused request to the API", () => {
  const refused = (headers: Record<string, string>, text = "") =>
    oauth1.refused!({ status: 401, headers, text }, settings(), NOW);

  test("is explained where the provider gives a reason", () => {
    expect(refused({ "www-authenticate": "OAuth oauth_problem=token_revoked" })).toBe(
      "The provider no longer accepts this token: it ended or was taken back. Reconnect to continue.",
    );
    expect(refused({}, "oauth_problem=signature_invalid&debug_sbs=GET%26x")).toContain(
      "A token secret that belongs to",
    );
    expect(refused({ "www-authenticate": "OAuth oauth_problem=permission_denied" })).toContain(
      "Reconnect to grant more",
    );
    expect(refused({ "www-authenticate": 'OAuth realm="x"' }, "{}")).toBeUndefined();
    expect(refused({ "www-authenticate": "Bearer oauth_problem=nonce_used" })).toBeUndefined();
  });
});

describe("a revocation", () => {
  test("is a signed request to the provider's own address", async () => {
    const token = provider.issue("ann");
    expect(await oauth1.revoke!(settings(), token, ask, circumstances())).toBe(true);
    expect(provider.revoked).toContain(token.token);
    const again = await refusal(() => oauth1.revoke!(settings(), token, ask, circumstances()));
    expect(again.message).toBe("The provider answered 401 to the revocation.");
  });

  test("may name the token in its address", async () => {
    const token = { token: "a/b c?", token_secret: "s" };
    provider.instead.set("/tokens/a%2Fb%20c%3F", json({}));
    const revoke_url = `${provider.echo.url}/tokens/{token}`;
    expect(await oauth1.revoke!(settings({ revoke_url, revoke_method: "DELETE" }), token, ask, circumstances())).toBe(
      true,
    );
    expect([provider.echo.last.method, provider.echo.last.path]).toEqual(["DELETE", "/tokens/a%2Fb%20c%3F"]);
  });

  test("is impossible without an address", async () => {
    const set = settings({ revoke_url: undefined });
    expect(await oauth1.revoke!(set, provider.issue("ann"), ask, circumstances())).toBe(false);
  });
});
