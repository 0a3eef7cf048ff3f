import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SignetError } from "../../src/errors.ts";
import { json, text } from "../support/echo.ts";
import { ask, consent, newProvider, ROUND, THEN, type Provider } from "./provider.ts";

let provider: Provider;
beforeAll(async () => {
  provider = await newProvider();
});
afterAll(() => provider.close());

/** What becomes of a code when the token endpoint answers so. */
function finish(answer: Parameters<typeof provider.echo.answer>[0], settings: object = {}) {
  provider.echo.answer(answer);
  return consent.finish(provider.settings(settings), ROUND, ask, THEN);
}

async function refusal(
  answer: Parameters<typeof provider.echo.answer>[0],
  settings: object = {},
): Promise<SignetError> {
  const error = await finish(answer, settings).then(
    () => undefined,
    (cause: SignetError) => cause,
  );
  expect(error?.name).toBe("SignetError");
  return error!;
}

const FORM = "application/x-www-form-urlencoded; charset=utf-8";

describe("a token answer", () => {
  test("is kept as far as it is known, with its end by our own clock", async () => {
    const answer = {
      access_token: "at-1",
      token_type: "bearer",
      expires_in: 3600,
      refresh_token: "rt-1",
      scope: "read write",
      id_token: "x",
    };
    expect(await finish(json(answer))).toEqual({
      secret: { access_token: "at-1", refresh_token: "rt-1", scope: "read write", token_host: provider.echo.host },
      scopes: ["read", "write"],
      expiresAt: new Date("2026-11-05T13:00:00Z"),
      refreshable: true,
      baseUrl: undefined,
    });
  });

  test("may tell the token alone", async () => {
    expect(await finish(json({ access_token: "at-1" }))).toMatchObject({
      secret: { access_token: "at-1" },
      scopes: undefined,
      expiresAt: undefined,
      refreshable: false,
    });
  });

  test.each([
    ["a form", "access_token=a%2Bb&expires_in=60&scope=read%2Cwrite", FORM],
    ["a form that says it is text", "access_token=a%2Bb&expires_in=60&scope=read,write", "text/plain"],
    ["JSON that says it is text", '{"access_token":"a+b","expires_in":"60","scope":["read","write"]}', "text/html"],
    ["JSON of its own kind", '{"access_token":"a+b","expires_in":60,"scope":"read,write"}', "application/vnd.x+json"],
    [
      "JSON with space around",
      '\n {"access_token":"a+b","expires_in":60,"scope":"read\\nwrite read"}\n',
      "application/json",
    ],
  ])("may be %s", async (_what, body, contentType) => {
    expect(await finish(text(body, contentType))).toMatchObject({
      secret: { access_token: "a+b" },
      scopes: ["read", "write"],
      expiresAt: new Date("2026-11-05T12:01:00Z"),
    });
  });

  test("may hold the token further in, and a base URL elsewhere", async () => {
    const answer = {
      ok: true,
      access_token: "bot",
      authed_user: { access_token: "user", expires_in: 60, scope: "a" },
      site: [{ url: "https://a.example" }],
    };
    const grant = await finish(json(answer), { token_path: "authed_user", base_url_from: "site.0.url" });
    expect(grant).toMatchObject({ secret: { access_token: "user" }, scopes: ["a"], baseUrl: "https://a.example" });
    expect(grant.expiresAt).toEqual(new Date("2026-11-05T12:01:00Z"));
  });

  test.each([
    [3600, "2026-11-05T13:00:00.000Z"],
    ["3600", "2026-11-05T13:00:00.000Z"],
    [0, undefined],
    [-5, undefined],
    ["soon", undefined],
    ["", undefined],
    [null, undefined],
    [[3600], undefined],
    [1e300, undefined],
    [315_360_001, undefined],
  ])("that is to last %j seconds ends at %s", async (expires_in, end) => {
    expect((await finish(json({ access_token: "at-1", expires_in }))).expiresAt?.toISOString()).toBe(end);
  });

  test("that names no lifetime lasts as long as the service says", async () => {
    const grant = await finish(json({ access_token: "at-1" }), { lifetime_seconds: 60 });
    expect(grant.expiresAt).toEqual(new Date("2026-11-05T12:01:00Z"));
  });

  test("may name another type where the service names another word", async () => {
    const answer = { access_token: "at-1", token_type: "zoho-oauthtoken" };
    expect((await refusal(json(answer))).message).toBe("The token answer names a token type other than Bearer.");
    expect(await finish(json(answer), { prefix: "Zoho-oauthtoken" })).toMatchObject({
      secret: { access_token: "at-1" },
    });
  });

  const useless: [what: string, answer: Parameters<typeof provider.echo.answer>[0], settings: object][] = [
    ["an empty object", json({}), {}],
    ["a list", json([{ access_token: "at-1" }]), {}],
    ["null", json(null), {}],
    ["a number", json(7), {}],
    ["half an object", text('{"access_token":"at', "application/json"), {}],
    ["a page", text("<html>hello</html>", "text/html"), {}],
    ["nothing", text("", "application/json"), {}],
    ["a redirect", (_request, response) => response.writeHead(302, { location: "/elsewhere" }).end(), {}],
    ["a token that is none", json({ access_token: 7 }), {}],
    ["an empty token", json({ access_token: "" }), {}],
    ["a token with a line break", json({ access_token: "a\r\nX-Injected: 1" }), {}],
    ["a token with a space", json({ access_token: "a b" }), {}],
    ["a token beyond ASCII", json({ access_token: "é" }), {}],
    ["a token beyond measure", json({ access_token: "x".repeat(16_385) }), {}],
    ["a refresh token with a line break", json({ access_token: "at-1", refresh_token: "a\nb" }), {}],
    ["a token that sits elsewhere", json({ access_token: "at-1" }), { token_path: "authed_user" }],
    ["a path into what every object inherits", json({ access_token: "at-1" }), { token_path: "constructor.prototype" }],
  ];
  test.each(useless)("of no use is refused in our own words: %s", async (_what, answer, settings) => {
    const error = await refusal(answer, settings);
    expect(error.code).toBe("upstream_invalid");
    expect(error.message).toMatch(/^The token (answer|endpoint) [^<{\n]*\.$/);
  });

  test("changes no object's nature", async () => {
    const body = '{"__proto__":{"polluted":1},"access_token":"at-1","constructor":{"prototype":{"polluted":1}}}';
    expect((await finish(text(body, "application/json"))).secret.access_token).toBe("at-1");
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    const inherited = '{"__proto__":{"access_token":"stolen"}}';
    expect((await refusal(text(inherited, "application/json"))).code).toBe("upstream_invalid");
  });
});

describe("an error in a token answer", () => {
  test.each([
    ["invalid_client", "client id or secret"],
    ["unauthorized_client", "client id or secret"],
    ["invalid_grant", "Start the link again"],
    ["bad_verification_code", "Start the link again"],
    ["redirect_uri_mismatch", "callback address"],
    ["invalid_scope", "scope"],
    ["something_else", "The provider refused to give a token (something_else)."],
  ])("is told in words that say what to do: %s", async (error, words) => {
    for (const status of [200, 400, 401]) {
      const told = await refusal(json({ error, error_description: "words-of-a-stranger" }, status));
      expect(told.code).toBe("upstream_invalid");
      expect(told.message).toContain(words);
    }
  });

  test("is one whatever form it has", async () => {
    expect((await refusal(text("error=invalid_client&error_uri=http://x", FORM))).message).toContain(
      "client id or secret",
    );
    expect((await refusal(json({ ok: false, error: "invalid_code" }))).message).toContain("Start the link again");
    expect((await refusal(json({ ok: false }))).message).toContain("(refused)");
    expect((await refusal(json({}, 403))).message).toContain("(status_403)");
    expect((await refusal(json({ access_token: "at-1", error: "invalid_grant" }))).message).toContain("Start the link");
  });

  test("never carries a stranger's text", async () => {
    const words = "words-of-a-stranger <script>";
    const odd = [words, "x".repeat(81), "a\nb", "a b", { message: words }, [words], 7, true, ""];
    for (const error of odd) {
      const told = await refusal(json({ error, error_description: words, error_uri: words, message: words }, 400));
      expect(told.message).toBe("The provider refused to give a token (unreadable_error).");
    }
    for (const body of [words, `<html>${words}`, `{"error": "${words}`]) {
      for (const status of [200, 400, 404]) {
        expect(String((await refusal(text(body, "application/json", status))).stack)).not.toContain("stranger");
        expect(String((await refusal(text(body, "text/html", status))).stack)).not.toContain("stranger");
      }
    }
  });

  test("of the server's own is one that may pass", async () => {
    for (const status of [500, 502, 503]) {
      const told = await refusal(json({ error: "invalid_grant", error_description: "words" }, status));
      expect(told.code).toBe("upstream_unreachable");
      expect(told.message).toBe(`The token endpoint answered ${status}. Try again later.`);
    }
  });
});
