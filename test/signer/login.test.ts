import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { login } from "../../src/signer/kinds/login.ts";
import type { Secret, Settings } from "../../src/signer/login/settings.ts";
import { json, newEcho, text, type Answer, type Echo } from "../support/echo.ts";
import { ask, NOW, THEN } from "./provider.ts";

// What goes out to a login address, and what is made of its answer, over real sockets.

const ENTERED = { username: 'Ben "B" \\ ü&=', password: 'b{tenant}& +%41"\\' };
const SESSION = "s-4eC39HqLyjWDarjtT1zdp7dc";

let echo: Echo;

beforeAll(async () => {
  echo = await newEcho();
});

afterAll(() => echo?.close());

beforeEach(() => {
  echo.requests.length = 0;
  echo.answer(json({ session: { id: SESSION } }));
});

function settings(more: object = {}): Settings {
  return login.settingsSchema.parse({
    login_url: `${echo.url}/login`,
    body: '{"user":"{username}","deep":[{"password":"{password}"}]}',
    session_path: "session.id",
    ...more,
  });
}

const renewal = (set: Settings) => login.renewal!(set)!;
const accepted = (set: Settings, entered: object = ENTERED): Secret =>
  renewal(set).accept(login.secretSchemaFor!(set).parse(entered), set).secret;
const signIn = (set: Settings, secret = accepted(set)) =>
  renewal(set).renew(set, secret, { redirectUri: "" }, ask, THEN);

/** The header with which a session won so goes out. */
async function header(more: object, answer?: Answer): Promise<readonly [string, string]> {
  if (answer) echo.answer(answer);
  const set = settings(more);
  const { secret } = await signIn(set);
  const request = { method: "GET", url: new URL("https://api.example.com/"), headers: [], body: null };
  const signed = login.sign(request, secret, set, THEN);
  expect(signed.headers.map(([name]) => name)).toEqual(login.preview(request, set, THEN).headers.map(([name]) => name));
  expect(login.slots(set).headers).toEqual(signed.headers.map(([name]) => name));
  return signed.headers[0]!;
}

describe("a login", () => {
  test("in JSON holds what was entered, whatever characters it is made of", async () => {
    await signIn(settings());
    expect(echo.last.header("content-type")).toBe("application/json");
    expect(JSON.parse(echo.last.body.toString())).toEqual({
      user: ENTERED.username,
      deep: [{ password: ENTERED.password }],
    });
  });

  test("as a form too", async () => {
    await signIn(settings({ body_format: "form", body: "user={username}\npass = {password}\nfixed=a=b" }));
    const form = Object.fromEntries(new URLSearchParams(echo.last.body.toString()));
    expect(form).toEqual({ user: ENTERED.username, "pass ": ` ${ENTERED.password}`, fixed: "a=b" });
  });

  test("by HTTP Basic, with headers of its own, a tenant in its path and the application's secret", async () => {
    const set = settings({
      login_url: `${echo.url}/t/{tenant}/session`,
      login_auth: "basic",
      login_headers: { "X-App": "{client_secret}", "X-Fixed": "1" },
      client_secret: "application-secret",
      body: undefined,
    });
    await signIn(set, accepted(set, { ...ENTERED, tenant: "a/b" }));
    const basic = Buffer.from(`${ENTERED.username}:${ENTERED.password}`).toString("base64");
    expect(echo.last.path).toBe("/t/a%2Fb/session");
    expect(echo.last.header("authorization")).toBe(`Basic ${basic}`);
    expect([echo.last.header("x-app"), echo.last.header("x-fixed")]).toEqual(["application-secret", "1"]);
    expect(echo.last.body).toHaveLength(0);
  });

  test("asks an account only for what it sends", () => {
    const asked = (more: object) =>
      login.secret(settings(more)).map(({ name, label, hidden }) => [name, label, hidden]);
    expect(asked({})).toEqual([
      ["username", "User name", false],
      ["password", "Password", true],
    ]);
    const body = '{"key":"{api_key}","site":"{site}","of":"{api_key}"}';
    expect(asked({ body, labels: { api_key: "API key" }, open_parts: "site" })).toEqual([
      ["api_key", "API key", true],
      ["site", "Site", false],
    ]);
    expect(asked({ login_auth: "basic", body: undefined })).toEqual([
      ["username", "User name", false],
      ["password", "Password", true],
    ]);
  });
});

describe("a session", () => {
  test("is found in JSON, in a header or in a cookie, and goes out as the service says", async () => {
    expect(await header({})).toEqual(["Authorization", `Bearer ${SESSION}`]);
    expect(await header({ header: "X-Auth", format: "token {session}" })).toEqual(["X-Auth", `token ${SESSION}`]);
    expect(await header({ session_path: "" }, json(SESSION))).toEqual(["Authorization", `Bearer ${SESSION}`]);
    expect(
      await header({ session_in: "header", session_path: "X-Session" }, json({}, 200, { "x-session": SESSION })),
    ).toEqual(["Authorization", `Bearer ${SESSION}`]);
    expect(await header({ attach: "cookie", cookie_name: "sid" }, json({ session: { id: SESSION } }))).toEqual([
      "Cookie",
      `sid=${SESSION}`,
    ]);
  });

  test("may be one cookie or all of them, also of a redirect, but none that is taken back", async () => {
    const cookies = [`sid=${SESSION}; Path=/; HttpOnly`, "old=gone; Max-Age=0", "empty=; Path=/", "csrf=0123456789"];
    const answer: Answer = (_request, response) =>
      response.writeHead(302, { "set-cookie": cookies, location: "/" }).end();
    const cookie = { session_in: "cookie", attach: "cookie", session_path: "" };
    expect(await header(cookie, answer)).toEqual(["Cookie", `sid=${SESSION}; csrf=0123456789`]);
    expect(await header({ ...cookie, session_path: "sid" })).toEqual(["Cookie", `sid=${SESSION}`]);
    expect(await header({ ...cookie, session_path: "sid", cookie_name: "other" })).toEqual([
      "Cookie",
      `other=${SESSION}`,
    ]);
    expect(await header({ ...cookie, session_path: "sid", attach: "header" })).toEqual([
      "Authorization",
      `Bearer ${SESSION}`,
    ]);
    await expect(signIn(settings({ ...cookie, session_path: "old" }))).rejects.toMatchObject({
      code: "needs_reconnect",
    });
  });

  test("lasts as the answer or the service says, and brings along what is to be kept", async () => {
    echo.answer(json({ session: { id: SESSION, ttl: "120" }, site: { id: 7 }, at: "https://eu.example.com" }));
    const more = { expires_path: "session.ttl", metadata: { site_id: "site.id" }, base_url_from: "at" };
    expect(await signIn(settings(more))).toMatchObject({
      secret: { session: SESSION, metadata: { site_id: "7" } },
      expiresAt: new Date(NOW.getTime() + 120_000),
      baseUrl: "https://eu.example.com",
      refreshable: true,
    });
    expect((await signIn(settings({ lifetime_seconds: 60 }))).expiresAt).toEqual(new Date(NOW.getTime() + 60_000));
    expect((await signIn(settings())).expiresAt).toBeUndefined();
    await expect(signIn(settings({ metadata: { site_id: "nowhere" } }))).rejects.toMatchObject({
      code: "upstream_invalid",
    });
  });

  test("and password and every cookie are kept out of answers", async () => {
    const answer: Answer = (_request, response) =>
      response.writeHead(200, { "set-cookie": [`sid=${SESSION}`, "csrf=0123456789"] }).end();
    echo.answer(answer);
    const set = settings({
      session_in: "cookie",
      attach: "cookie",
      session_path: "",
      client_secret: "application-secret",
    });
    const { secret } = await signIn(set);
    const basic = Buffer.from(`${ENTERED.username}:${ENTERED.password}`).toString("base64");
    expect(login.sensitive(secret, set)).toEqual(
      expect.arrayContaining([ENTERED.password, SESSION, "0123456789", "application-secret", basic]),
    );
  });
});

describe("a login that fails", () => {
  test.each([
    [json({ error: ENTERED.password }, 401), "needs_reconnect"],
    [json({}, 400), "needs_reconnect"],
    [json({}, 403), "needs_reconnect"],
    [json({ error: "wrong password" }), "needs_reconnect"],
    [text("<html>Sign in</html>", "text/html"), "needs_reconnect"],
    [json({ session: { id: { nested: true } } }), "needs_reconnect"],
    [json({ session: { id: "with\nbreak" } }), "needs_reconnect"],
    [json({}, 429, { "retry-after": "5" }), "upstream_unreachable"],
    [json({}, 503), "upstream_unreachable"],
  ])("with answer %# is repeated only when that can help", async (answer, code) => {
    echo.answer(answer);
    const failure = (await signIn(settings()).catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ code });
    expect(failure.message).not.toContain(ENTERED.password);
  });

  test("because its address moved to another host sends nothing there", async () => {
    const secret = accepted(settings());
    const moved = settings({ login_url: "https://elsewhere.example/login" });
    await expect(signIn(moved, secret)).rejects.toMatchObject({ code: "needs_reconnect" });
    await expect(signIn(settings(), ENTERED as Secret)).rejects.toMatchObject({ code: "needs_reconnect" });
    expect(echo.requests).toEqual([]);
  });

  test("before anything was won leaves nothing to sign with", () => {
    const request = { method: "GET", url: new URL("https://api.example.com/"), headers: [], body: null };
    expect(() => login.sign(request, ENTERED as Secret, settings(), THEN)).toThrow(/not signed in/);
  });
});

describe("a logout", () => {
  const logout = (set: Settings, secret: Secret) => login.revoke!(set, secret, ask, THEN);

  test("goes out with the session", async () => {
    const set = settings({ logout_url: `${echo.url}/logout`, logout_method: "DELETE" });
    expect(await logout(set, { ...ENTERED, session: SESSION })).toBe(true);
    expect([echo.last.method, echo.last.path, echo.last.header("authorization")]).toEqual([
      "DELETE",
      "/logout",
      `Bearer ${SESSION}`,
    ]);
  });

  test("is not possible without address or session, needless when the session has ended, and may be refused", async () => {
    const set = settings({ logout_url: `${echo.url}/logout` });
    expect(await logout(settings(), { ...ENTERED, session: SESSION })).toBe(false);
    expect(await logout(set, ENTERED as Secret)).toBe(false);
    echo.answer(json({}, 401));
    expect(await logout(set, { ...ENTERED, session: SESSION })).toBe(true);
    echo.answer(json({}, 500));
    await expect(logout(set, { ...ENTERED, session: SESSION })).rejects.toMatchObject({ code: "upstream_invalid" });
    expect(login.controlHosts!(set)).toEqual([echo.host]);
  });
});

describe("settings", () => {
  const problem = (more: object) =>
    login.settingsSchema
      .safeParse({ login_url: "https://a.example/login", body: '{"u":"{username}"}', ...more })
      .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)
      .join();

  test.each([
    [{ body: "{username}" }, "body: Write JSON"],
    [{ body: "user", body_format: "form" }, "body: Write one field on each line"],
    [{ body: '{"u":"{session}"}' }, "{session} stands for something else"],
    [{ login_headers: { "X-App": "{client_secret}" } }, "client_secret: Enter what {client_secret} stands for"],
    [{ body: undefined }, "body: Nothing of an account is sent"],
    [{ body: '{"u":"{client_secret}"}', client_secret: "of the application" }, "body: Nothing of an account is sent"],
    [{ login_url: "https://{tenant}.example.com/" }, "login_url: The host"],
    [{ session_in: "header" }, "session_path: Enter the name of the header"],
    [{ session_in: "cookie" }, "session_path: Enter the name of the cookie"],
    [{ attach: "cookie" }, "cookie_name: Enter the name"],
    [{ format: "Bearer" }, "format: Write {session}"],
  ])("%j are refused", (more, words) => {
    expect(problem(more)).toContain(words);
  });

  test("that are right are taken", () => {
    for (const more of [{}, { session_in: "cookie", attach: "cookie" }, { body: undefined, login_auth: "basic" }]) {
      expect(problem(more)).toBeUndefined();
    }
  });
});
