import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listAudit } from "../../src/audit/browse.ts";
import { SignetError } from "../../src/errors.ts";
import { addService } from "../../src/services/add.ts";
import { listServices } from "../../src/services/browse.ts";
import { registerService, type RegisterService } from "../../src/services/register.ts";
import { openSettings } from "../../src/services/secret.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { newAuthorizationServer, type AuthorizationServer } from "../support/authorization-server.ts";
import { json, newEcho, text, type Answer, type Echo } from "../support/echo.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let people: Cast;
let server: AuthorizationServer;
let echo: Echo;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"] });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  server = await newAuthorizationServer();
  echo = await newEcho();
});

afterAll(async () => {
  await Promise.all([server, echo, app].map((one) => one?.close()));
  await hub?.close();
});

const register = (given: Partial<RegisterService> & { url: string }, who = people.ada) =>
  registerService(hub.ctx(who), { name: "Tickets", base_url: "https://api.tickets.example", ...given });

async function refusal(work: Promise<unknown>): Promise<SignetError> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(SignetError);
  return error as SignetError;
}

const names = async () => (await listServices(hub.ctx(people.ada), {})).items.map(({ name }) => name);
const registrations = () => server.asked.filter((line) => line === "POST /reg").length;

describe("a client that registers itself", () => {
  test("is known to the server with this hub's callback address, and its secret only to the vault", async () => {
    const { service, secretEnds } = await register({
      url: server.issuer,
      settings: { scopes: ["openid", "tickets:read"] },
    });
    expect(secretEnds).toBeNull();
    const id = String(service.settings.client_id);
    const client = await server.client(id);
    expect(client).toMatchObject({
      redirect_uris: [`${app.url}/oauth/callback`],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      client_name: `Signet (${new URL(app.url).host})`,
      client_uri: app.url,
      scope: "openid tickets:read",
    });
    expect(service).toMatchObject({
      name: "Tickets",
      baseUrl: "https://api.tickets.example",
      hidden: ["client_secret", "registration_token"],
      settings: {
        issuer: server.issuer,
        token_auth: "basic",
        pkce: true,
        registration_url: `${server.issuer}/reg/${id}`,
      },
    });
    const { settings } = (await openSettings(hub.ctx(), service)) as { settings: Record<string, string> };
    expect(settings.client_secret).toBe(client!.client_secret);
    const { rows } = await hub.world.database.knex.raw<{ rows: object[] }>("select * from services");
    const { items } = await listAudit(hub.ctx(people.ada), { action: "service" });
    for (const secret of [settings.client_secret!, settings.registration_token!]) {
      expect(JSON.stringify([service, rows, items])).not.toContain(secret);
    }
    expect(items.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "service.created ok",
      "service.registered ok",
      "service.registered pending",
      "service.discovered ok",
      "service.discovered pending",
    ]);
    expect(items[1]!.facts).toEqual({
      service: "Tickets",
      host: server.host,
      issuer: server.issuer,
      client: id,
      secret_ends: null,
    });
  });

  test("links accounts like any other", async () => {
    const [service] = (await listServices(hub.ctx(people.ada), { q: "Tickets" })).items;
    const ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
    const away = await ben.post("/accounts/link", { service: service!.id, name: "My tickets" });
    const back = await server.consent(away.location!);
    expect(new URL(back).searchParams.get("iss")).toBe(server.issuer);
    const landed = await ben.get(back);
    const page = await ben.follow(landed);
    expect(page.text).toContain("tickets:read");
    const saved = await ben.post(`${landed.location}/save`, { name: "My tickets" });
    expect([saved.status, saved.location]).toEqual([303, "/accounts/my-tickets"]);
  });

  test("is not made where the service could not be", async () => {
    const before = registrations();
    expect((await refusal(register({ url: server.issuer, name: "tickets" }))).code).toBe("conflict");
    const hosts = await refusal(register({ url: server.issuer, name: "Other", hosts: ["https://x/"] }));
    expect([hosts.code, hosts.issues[0]!.path]).toEqual(["invalid", "hosts.0"]);
    expect((await refusal(register({ url: server.issuer, name: "Other" }, people.ben))).code).toBe("forbidden");
    expect(registrations()).toBe(before);
  });

  test("is refused where the server gives clients to those it knows, in words that say what to do", async () => {
    const closed = await newAuthorizationServer({ initialAccessToken: "only-for-friends" });
    const error = await refusal(register({ url: closed.issuer, name: "Closed" }));
    expect([error.code, error.message]).toEqual([
      "upstream_invalid",
      expect.stringContaining("lets only those register who were given a token"),
    ]);
    const { items } = await listAudit(hub.ctx(people.ada), { action: "service.registered", limit: 1 });
    expect(items[0]).toMatchObject({ outcome: "failed", facts: { code: "upstream_invalid" } });
    await closed.close();
  });
});

/** A server whose registration endpoint answers like this. */
function registering(answer: Answer, more: object = {}): void {
  echo.requests.splice(0);
  const addresses = {
    authorization_endpoint: `${echo.url}/authorize`,
    token_endpoint: `${echo.url}/token`,
    registration_endpoint: `${echo.url}/register`,
  };
  echo.answer((request, response) => {
    if (request.path === "/.well-known/oauth-authorization-server")
      return json({ issuer: echo.url, ...addresses, ...more })(request, response);
    if (request.path.startsWith("/register")) return answer(request, response);
    return json({}, 404)(request, response);
  });
}

const CLIENT = { client_id: "c-1", client_secret: "s-1234567890", client_secret_expires_at: 0 };
const managed = () => ({
  registration_client_uri: `${echo.url}/register/c-1`,
  registration_access_token: "r-1234567890",
});

describe("a server's answer to a registration", () => {
  test.each<[string, Answer, string]>([
    ["no client", json({}, 201), "no usable client"],
    ["a page", text("<title>Welcome</title>", "text/html", 200), "no usable client"],
    ["a client without the secret it needs", json({ client_id: "c-1" }, 201), "gave none"],
    [
      "another callback address",
      json({ ...CLIENT, redirect_uris: ["https://evil.example/"] }, 201),
      "another callback",
    ],
    [
      "a sign-in that is not known",
      json({ ...CLIENT, token_endpoint_auth_method: "tls_client_auth" }, 201),
      "not known here",
    ],
    ["a client id of control characters", json({ ...CLIENT, client_id: "a\nb" }, 201), "no usable client"],
    [
      "no to the callback address",
      json({ error: "invalid_redirect_uri", error_description: "<b>" }, 400),
      "callback address",
    ],
    ["no to the client", json({ error: "invalid_client_metadata" }, 400), "does not take a client such as this one"],
    ["a no of its own", json({ error: "only_on_mondays" }, 400), "(only_on_mondays)"],
    ["a no that is a page", text("<b>no</b>", "text/html", 400), "(status_400)"],
    ["a redirect", json({}, 302, { location: "https://elsewhere.example" }), "(status_302)"],
  ])("that is %s makes no service", async (_name, answer, sentence) => {
    registering(answer);
    const error = await refusal(register({ url: echo.url, name: "Hostile" }));
    expect([error.code, error.message]).toEqual(["upstream_invalid", expect.stringContaining(sentence)]);
    expect(error.message).not.toContain("<b>");
    expect(await names()).not.toContain("Hostile");
  });

  test("that is 503 is told as trouble of the server", async () => {
    registering(json({}, 503));
    expect((await refusal(register({ url: echo.url, name: "Hostile" }))).code).toBe("upstream_unreachable");
  });

  test("decides how the client signs in, and a public one keeps no secret", async () => {
    registering(json({ ...CLIENT, token_endpoint_auth_method: "none" }, 201));
    const { service } = await register({ url: echo.url, name: "Public", settings: { client_secret: "typed-before" } });
    expect([service.settings.token_auth, service.hidden]).toEqual(["none", []]);
    registering(json({ ...CLIENT, token_endpoint_auth_method: "client_secret_post" }, 201));
    const made = await register({ url: echo.url, name: "Body" });
    expect([made.service.settings.token_auth, made.service.hidden]).toEqual(["body", ["client_secret"]]);
  });

  test("says when the secret ends", async () => {
    registering(json({ ...CLIENT, client_secret_expires_at: 4_102_444_800 }, 201));
    const { secretEnds } = await register({ url: echo.url, name: "Ending" });
    expect(secretEnds).toEqual(new Date("2100-01-01T00:00:00Z"));
    const { items } = await listAudit(hub.ctx(people.ada), { action: "service.registered", limit: 1 });
    expect(items[0]!.facts.secret_ends).toBe("2100-01-01T00:00:00.000Z");
  });

  test("does not send the token that manages the client to another host", async () => {
    registering(json({ ...CLIENT, ...managed(), registration_client_uri: "https://evil.example/c-1" }, 201));
    const { service } = await register({ url: echo.url, name: "Astray" });
    expect(service.hidden).toEqual(["client_secret"]);
    expect(service.settings).not.toHaveProperty("registration_url");
  });

  test("is taken back when somebody took the name meanwhile", async () => {
    registering(async (request, response) => {
      if (request.method === "DELETE") return response.writeHead(204).end();
      await addService(hub.ctx(people.ada), {
        kind: "bearer",
        name: "Raced",
        settings: {},
        base_url: "https://raced.example",
      });
      return json({ ...CLIENT, ...managed() }, 201)(request, response);
    });
    expect((await refusal(register({ url: echo.url, name: "Raced" }))).code).toBe("conflict");
    expect([echo.last.method, echo.last.path, echo.last.header("authorization")]).toEqual([
      "DELETE",
      "/register/c-1",
      "Bearer r-1234567890",
    ]);
  });
});

test("a client without people says so when it registers", async () => {
  registering(json(CLIENT, 201), { grant_types_supported: ["client_credentials"], authorization_endpoint: undefined });
  const { service } = await register({ url: echo.url, name: "Machine" });
  expect(service.settings.grant).toBe("client_credentials");
  const sent = JSON.parse(echo.last.body.toString()) as Record<string, unknown>;
  expect(sent).toMatchObject({ grant_types: ["client_credentials"], response_types: [] });
});

test("clients register only where the server that was asked says so", async () => {
  registering(json(CLIENT, 201), { registration_endpoint: undefined });
  const none = await refusal(register({ url: echo.url, name: "Nowhere" }));
  expect([none.code, none.issues[0]!.path]).toEqual(["invalid", "url"]);

  const elsewhere = "https://clients.elsewhere.invalid/register";
  registering(json(CLIENT, 201), { registration_endpoint: elsewhere });
  const unmeant = await refusal(register({ url: echo.url, name: "Elsewhere" }));
  expect([unmeant.code, unmeant.issues[0]!.path]).toEqual(["invalid", "registration"]);
  for (const other of ["https://evil.example/register", `${elsewhere}/x`]) {
    const error = await refusal(register({ url: echo.url, name: "Elsewhere", registration: other }));
    expect(error.issues[0]!.path).toBe("registration");
  }
  const meant = await refusal(register({ url: echo.url, name: "Elsewhere", registration: elsewhere }));
  expect(meant.code).toBe("upstream_unreachable");
});

test("what a person chose wins over what the server says of itself", async () => {
  registering(json({ ...CLIENT, token_endpoint_auth_method: "client_secret_post" }, 201), {
    revocation_endpoint: `${echo.url}/revoke`,
  });
  const { service } = await register({
    url: echo.url,
    name: "Chosen",
    settings: { revoke_url: `${echo.url}/revoke/v2`, token_auth: "body" },
  });
  expect(service.settings).toMatchObject({ revoke_url: `${echo.url}/revoke/v2`, token_auth: "body" });
});
