import { afterAll, beforeAll, expect, test } from "vitest";
import { setupToken } from "../../src/people/setup.ts";
import { Browser } from "../support/app.ts";
import { newCanaryHub, SECRETS, type CanaryHub } from "../support/provider-canary-hub.ts";
import type { Called } from "../support/provider-hub.ts";
import { newSessionServer } from "../support/session-server.ts";

// One story with a secret of every sort in it, told from the first admin to the last disconnect with all that can go
// wrong between. Afterwards nothing that anybody could see or steal holds one of them (statements V-9, O-15, E-13).

const tokens: Record<"ada" | "ben" | "bot", string> = { ada: "", ben: "", bot: "" };
let hub: CanaryHub;
let canary: CanaryHub["canary"];
let ada: Browser;
let ben: Browser;
let clientSecret: string;

beforeAll(async () => {
  hub = await newCanaryHub();
  canary = hub.canary;
  for (const [kind, value] of Object.entries(SECRETS)) canary.plant(kind, value);
  clientSecret = canary.plant("client secret", String(hub.provider.settings.client_secret));
  [ada, ben] = [new Browser(hub.app), new Browser(hub.app)];
});

afterAll(() => hub?.close());

const api = (method: string, path: string, body?: unknown, by = tokens.ben): Promise<Called> =>
  hub.api(method, path, body, by);
const SLUGS = ["header", "query", "cookie", "body", "basic", "bearer", "jwt", "login", "password", "my-crm"];
const whoever = () => ({ browser: ben, tokens: [tokens.ben, tokens.bot] });
const sql = (text: string) => hub.world.database.knex.raw(text);

/** Signs in or joins; the cookie is a secret, and Set-Cookie where it belongs. */
function plantCookie(browser: Browser): void {
  const allowed = /^header set-cookie of (POST \/(sign-in|setup|invitations)|GET \/)/;
  canary.plant("session cookie", browser.cookie("signet")!, allowed);
}

async function account(kind: string, settings: object, secret: object, name: string): Promise<string> {
  const made = await api("POST", "/services", { kind, name, settings, base_url: hub.provider.echo.url }, tokens.ada);
  expect(made.status, made.text).toBe(201);
  const connected = await api("POST", "/accounts", { service: made.body.id, name, secret });
  expect(connected.status, connected.text).toBe(201);
  return connected.body.slug as string;
}

test("people come, and get their tokens", async () => {
  const setup = canary.plant("setup token", (await setupToken(hub.world))!, /^body of \w+ \/setup\//);
  await ada.get(`/setup/${setup}`);
  await ada.post(`/setup/${setup}`, { name: "Ada", email: "ada@", password: SECRETS.adaPassword });
  const form = { name: "Ada", email: "ada@example.com", password: SECRETS.adaPassword };
  expect((await ada.post(`/setup/${setup}`, form)).status).toBe(303);
  plantCookie(ada);
  const shown = /^body of POST (\/settings\/tokens|\/bots\/[^/]+\/tokens|\/api\/v1\/(me|bots\/[^/]+)\/tokens)$/;
  const all = { name: "All", scopes: ["execute", "manage", "read"] };
  const page = await ada.post("/settings/tokens", all);
  tokens.ada = canary.plant("worker token", /sgw_[\w-]{43}/.exec(page.text)![0], shown);

  const invited = await api("POST", "/workers", { email: "ben@example.com", name: "Ben" }, tokens.ada);
  const invitation = (invited.body.invitation.url as string).split("/").at(-1)!;
  canary.plant("invitation token", invitation, /^body of (POST \/api\/v1\/workers|\w+ \/invitations\/)/);
  await ben.get(`/invitations/${invitation}`);
  await ben.post(`/invitations/${invitation}`, { name: "", password: SECRETS.benPassword });
  expect((await ben.post(`/invitations/${invitation}`, { name: "Ben", password: SECRETS.benPassword })).status).toBe(
    303,
  );
  plantCookie(ben);
  for (const password of [`${SECRETS.benPassword} wrong`, SECRETS.adaPassword, SECRETS.benPassword]) {
    await ben.post("/sign-in", { email: "ben@example.com", password });
  }
  plantCookie(ben);
  await ben.post("/settings/password", { current: SECRETS.adaPassword, password: SECRETS.benPassword });
  tokens.ben = canary.plant(
    "worker token",
    /sgw_[\w-]{43}/.exec((await ben.post("/settings/tokens", all)).text)![0],
    shown,
  );
  const bot = await api("POST", "/bots", { name: "Helper" });
  const issued = await api("POST", `/bots/${bot.body.id}/tokens`, { name: "Bot" });
  tokens.bot = canary.plant("bot token", issued.body.token, shown);
});

test("credentials of every kind are entered, wrongly and rightly, and used against an API that tells all", async () => {
  const { settings } = hub.provider;
  const entered = { username: "signet", password: SECRETS.password };
  await ada.post("/services/build", { kind: "oauth2", name: "", "settings.client_secret": clientSecret });
  const sessions = await newSessionServer();
  sessions.password = SECRETS.login;
  const body = '{"user":"{username}","password":"{password}"}';
  const login = { login_url: `${sessions.echo.url}/login`, body, session_path: "token" };
  const slugs = [
    await account("api_key", { name: "X-Api-Key" }, { key: SECRETS.apiKey }, "Header"),
    await account("api_key", { in: "query", name: "key" }, { key: SECRETS.queryKey }, "Query"),
    await account("api_key", { in: "cookie", name: "sid" }, { key: SECRETS.cookieKey }, "Cookie"),
    await account("api_key", { in: "body", name: "key" }, { key: SECRETS.bodyKey }, "Body"),
    await account("basic", {}, { username: "signet", password: SECRETS.basic }, "Basic"),
    await account("bearer", {}, { token: SECRETS.bearer }, "Bearer"),
    await account("jwt", { algorithm: "HS256", issuer: "signet" }, { key: SECRETS.jwt }, "Jwt"),
    await account("login", login, { username: sessions.username, password: SECRETS.login }, "Login"),
    await account("oauth2", { ...settings, grant: "password" }, entered, "Password"),
  ];
  for (const session of sessions.sessions) canary.plant("session", session);
  hub.plantRound();
  const assertion = { ...settings, grant: "jwt_bearer", assertion_algorithm: "EdDSA" };
  const refused = await account("oauth2", assertion, { private_key: SECRETS.privateKey }, "Assertion");
  const { body: services } = await api("GET", "/services");
  const bearer = services.items.find((one: { name: string }) => one.name === "Bearer").id as string;
  await ben.post("/accounts/new", { service: bearer, name: "", "secret.token": SECRETS.replaced });
  await ben.post("/accounts/bearer/secret", { "secret.token": `${SECRETS.replaced}\n` });
  await api("POST", "/accounts", {
    service: bearer,
    name: "x",
    secret: { token: SECRETS.replaced, extra: SECRETS.bearer },
  });
  await api("POST", "/accounts", { service: bearer, name: "x", secret: { token: [SECRETS.replaced] } });
  await api("PATCH", "/accounts/bearer", { secret: { tokn: SECRETS.replaced } });
  await api("PATCH", "/accounts/bearer", { secret: { token: SECRETS.replaced } });
  const half = { "secret.username": "", "secret.password": SECRETS.password };
  await ben.post("/accounts/password/secret", half);
  await ben.post("/accounts/assertion/secret", {
    "secret.private_key": SECRETS.privateKey.replace(/=*\n-----END/, ""),
  });
  await ben.post("/accounts/assertion/secret", { "secret.private_key": SECRETS.privateKey });
  for (const slug of slugs) await hub.useEverywhere(slug, whoever());
  await hub.useEverywhere(refused, whoever(), 424);
  for (const request of hub.provider.echo.requests) {
    const sent = `${request.header("authorization")} ${request.body}`;
    const [jwt] = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/.exec(sent) ?? [];
    if (jwt !== undefined) canary.plant("JWT", jwt);
  }
  expect(canary.kinds).toContain("JWT");
  await sessions.close();
});

test("accounts are linked, renewed, linked again and ended; and it fails in every way it can", async () => {
  const settings = hub.provider.settings;
  const test = { method: "GET", url: "/me", identity: { id: "id", label: "email" } };
  const made = await api(
    "POST",
    "/services",
    { kind: "oauth2", name: "CRM", settings, base_url: hub.provider.echo.url, test },
    tokens.ada,
  );
  const start = async () => (await ben.post("/accounts/link", { service: made.body.id, name: "My CRM" })).location!;

  await ben.get(await hub.consentTo(await start(), { error: "access_denied" }));
  for (const change of [
    (url: URL) => url.searchParams.set("state", "somebody-elses-state"),
    (url: URL) => url.searchParams.append("code", "twice"),
    (url: URL) => url.searchParams.set("access_token", clientSecret),
    (url: URL) => url.searchParams.set("error", clientSecret),
    () => undefined,
  ]) {
    const back = new URL(await hub.consentTo(await start()));
    change(back);
    hub.provider.instead = (request, response) =>
      response.writeHead(400, { "content-type": "application/json" }).end(
        JSON.stringify({
          error: "invalid_grant",
          error_description: `${request.header("authorization")} ${request.body}`,
        }),
      );
    const landed = await ben.get(back.href);
    if (landed.location) await ben.follow(landed);
    hub.provider.instead = undefined;
  }
  const back = await hub.consentTo(await start());
  const landed = await ben.get(back);
  await ben.follow(landed);
  expect((await ben.post(`${landed.location}/save`, { name: "My CRM" })).status).toBe(303);
  await ben.get(back);
  await hub.useEverywhere("my-crm", whoever());
  const begun = await api("POST", "/links", { service: made.body.id, name: "Second" });
  const link = (begun.body.url as string).split("/").at(-1)!;
  canary.plant("link token", link, /^body of (POST \/api\/v1\/links|GET \/connect\/)/);
  const stranger = new Browser(hub.app);
  await stranger.get(`/connect/${link}`);
  const away = await stranger.post(`/connect/${link}`);
  const done = await stranger.get(await hub.consentTo(away.location));
  await stranger.follow(done);
  await api("GET", `/links/${begun.body.id}`);
  expect((await api("POST", `/links/${begun.body.id}/save`, {})).status).toBe(201);

  for (const instead of [undefined, "broken", "refused"]) {
    await sql("update accounts set expires_at = now() where slug = 'my-crm'");
    hub.world.memory.drop("account", (await api("GET", "/accounts/my-crm")).body.id);
    if (instead) {
      hub.provider.instead = (request, response) => {
        const error = instead === "broken" ? `trouble with ${request.body}` : "invalid_grant";
        const answer = JSON.stringify({ error, error_description: String(request.body), access_token: 7 });
        response.writeHead(instead === "broken" ? 500 : 400, { "content-type": "application/json" }).end(answer);
      };
    }
    const { status } = await api("POST", "/execute", { account: "my-crm", url: "/echo" });
    expect(status).toBe(instead === undefined ? 200 : instead === "broken" ? 502 : 424);
  }
  hub.provider.instead = undefined;
  const again = await ben.post("/accounts/my-crm/reconnect");
  const returned = await ben.get(await hub.consentTo(again.location));
  await ben.follow(returned);
  expect((await ben.post(`${returned.location}/save`, {})).status).toBe(303);
  await hub.useEverywhere("my-crm", whoever());
});

test("behaviors use every account, call each other, fail and are simulated, and keep what they did", async () => {
  const bot = await api("POST", "/bots", { name: "Runner", config: { accounts: SLUGS } });
  const ask = {
    id: "asked",
    do: "http_request",
    account: "{{ vars.slug }}",
    method: "POST",
    url: "/echo",
    body: { a: 1 },
  };
  const program = {
    steps: [{ do: "loop", over: "config.accounts", as: "slug", steps: [ask] }],
    output: "{{ steps.asked.body }}",
  };
  const made = await api("POST", "/behaviors", { bot: bot.body.id, slug: "all", title: "All", ...program });
  expect(made.status, made.text).toBe(201);
  const call = { id: "called", do: "run_behavior", behavior: "runner/all", inputs: { unknown: 1 } };
  const caught = { ...call, on_error: [{ ...call, id: "again", inputs: {} }] };
  const more = { steps: [caught], output: "{{ steps.again.output }}" };
  const caller = await api("POST", "/behaviors", { bot: bot.body.id, slug: "caller", title: "Caller", ...more });
  for (const { body } of [made, caller]) {
    for (const simulate of [false, true]) {
      const run = await api("POST", `/behaviors/${body.id}/runs`, { wait_ms: 20_000, simulate });
      expect([run.status, run.body.state], run.text).toEqual([201, "succeeded"]);
      const seen = await api("GET", `/runs/${run.body.id}`);
      expect(seen.body.steps.length).toBeGreaterThan(0);
      await ben.get(`/runs/${run.body.id}`);
    }
  }
  const failing = [{ ...ask, account: "bearer", url: "/status/500", fail_on: "4xx" }];
  const broken = await api("POST", "/behaviors", { bot: bot.body.id, slug: "no", title: "No", steps: failing });
  await api("POST", `/behaviors/${broken.body.id}/runs`, { wait_ms: 20_000 });
  await api("POST", "/behaviors", {
    bot: bot.body.id,
    title: "{{",
    steps: [{ do: "set", name: "x", value: "{{ ( }}" }],
  });
});

test("a ciphertext under another row, and a database that fails, tell nothing", async () => {
  const swap = `update secrets set sealed = other.sealed from secrets other join accounts on accounts.secret_id = other.id
    where accounts.slug = 'bearer' and secrets.id = (select secret_id from accounts where slug = 'header')`;
  const moves = [
    swap,
    "update accounts set secret_id = (select secret_id from accounts where slug = 'query') where slug = 'header'",
  ];
  for (const move of moves) {
    await sql(move);
    const { body: header } = await api("GET", "/accounts/header");
    hub.world.memory.drop("account", header.id);
    const before = hub.provider.echo.requests.length;
    const answer = await api("POST", "/execute", { account: "header", url: "/echo" });
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    await hub.useEverywhere("header", whoever(), 503);
    expect(hub.provider.echo.requests.length).toBe(before);
  }
  const setup = await api("POST", "/workers", { email: "eve@example.com", name: "Eve" }, tokens.ada);
  const path = new URL(setup.body.invitation.url).pathname;
  canary.plant("invitation token", path.split("/").at(-1)!, /^body of (POST \/api\/v1\/workers|\w+ \/invitations\/)/);
  for (const table of ["invitations", "links", "tokens", "sessions", "secrets"]) {
    await sql(`alter table ${table} rename to hidden_away`);
    hub.world.memory.close();
    await new Browser(hub.app).get(path);
    await new Browser(hub.app).get(path.replace("invitations", "connect"));
    await new Browser(hub.app).get(path.replace("invitations", "setup"));
    await ben.get("/oauth/callback?code=abc&state=abc");
    await ben.get("/accounts");
    expect((await api("POST", "/execute", { account: "bearer", url: "/echo" })).status).toBeGreaterThan(0);
    await sql(`alter table hidden_away rename to ${table}`);
  }
  hub.world.memory.open();
});

test("what is malformed is not repeated", async () => {
  const authorization = `Bearer ${tokens.ben}`;
  const broken = [`{"token":"${SECRETS.bearer}`, `"${SECRETS.bearer}"`, `{"__proto__":"${SECRETS.bearer}"}`];
  for (const body of broken) {
    const headers = { authorization, "content-type": "application/json" };
    await fetch(`${hub.app.url}/api/v1/accounts`, { method: "POST", body, headers });
    await fetch(`${hub.app.url}/api/v1/accounts`, { method: "POST", body, headers: { authorization } });
  }
  for (const path of ["/accounts", "/execute", "/services/x", "/nothing"]) {
    await api("GET", `${path}?access_token=${tokens.bot}`);
    await api("GET", path, undefined, `${tokens.bot}x`);
  }
  await ben.get(`/accounts/${SECRETS.bearer}`);
});

test("nothing of all this is found anywhere but where it belongs", async () => {
  expect(await hub.crawl(ada)).toBeGreaterThan(40);
  expect(await hub.crawl(ben)).toBeGreaterThan(20);
  for (const path of ["/accounts", "/services", "/audit?limit=200", "/links", "/me/tokens", "/workers", "/bots"]) {
    await api("GET", path);
    await api("GET", path, undefined, tokens.ada);
  }
  hub.plantRound();
  await canary.dump(hub.world);
  hub.provider.instead = undefined;
  for (const slug of ["my-crm", "basic"]) await ben.post(`/accounts/${slug}/disconnect`);
  await api("DELETE", "/accounts/second");
  expect(hub.provider.revoked.length).toBeGreaterThan(0);
  await canary.dump(hub.world);
  expect(canary.leaks()).toEqual([]);
  const shown = "bot token, invitation token, link token, session cookie, setup token, state, worker token";
  expect(canary.found().join(", ")).toBe(shown);
  for (const kind of ["access token", "authorization code", "refresh token", "verifier"])
    expect(canary.kinds).toContain(kind);
});
