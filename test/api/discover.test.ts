import { afterAll, beforeAll, expect, test } from "vitest";
import { newAuthorizationServer, type AuthorizationServer } from "../support/authorization-server.ts";
import { newServed, type Served } from "../support/provider-hub.ts";

let served: Served;
let server: AuthorizationServer;

beforeAll(async () => {
  served = await newServed();
  server = await newAuthorizationServer();
});

afterAll(async () => {
  await server?.close();
  await served?.close();
});

test("an address becomes settings, and with them a service", async () => {
  const found = await served.call("POST", "/services/discover", served.tokens.ada, { url: server.issuer });
  expect(found.status).toBe(200);
  expect(found.body).toMatchObject({
    kind: "oauth2",
    issuer: server.issuer,
    source: { standard: "RFC 8414" },
    settings: { token_url: `${server.issuer}/token`, issuer: server.issuer, token_auth: "basic" },
    scopes_supported: ["openid", "offline_access", "tickets:read", "tickets:write"],
    registration_endpoint: `${server.issuer}/reg`,
    other_hosts: [],
    base_url: null,
    authorization_servers: [],
    notes: [],
  });
  const { kind, settings } = found.body as { kind: string; settings: object };
  const service = { kind, name: "By hand", base_url: server.issuer, settings: { ...settings, client_id: "c-1" } };
  expect((await served.call("POST", "/services", served.tokens.ada, service)).status).toBe(201);
});

test("a service whose client registers itself is made in one call, which tells no secret", async () => {
  const made = await served.call("POST", "/services/register", served.tokens.ada, {
    url: server.issuer,
    name: "By itself",
    base_url: server.issuer,
    settings: { scopes: ["openid"] },
  });
  expect(made.status, made.text).toBe(201);
  expect(made.body).toMatchObject({ name: "By itself", client_secret_ends_at: null });
  expect(made.body.hidden).toEqual(["client_secret", "registration_token"]);
  const client = await server.client(made.body.settings.client_id as string);
  expect(made.text).not.toContain(String(client!.client_secret));
});

test("both are for admins, and their failures name the field", async () => {
  for (const path of ["/services/discover", "/services/register"]) {
    const body = { url: server.issuer, ...(path.endsWith("register") && { name: "Not mine" }) };
    expect((await served.call("POST", path, served.tokens.ben, body)).body.code).toBe("forbidden");
    expect((await served.call("POST", path, null, body)).status).toBe(401);
  }
  const odd = await served.call("POST", "/services/discover", served.tokens.ada, { url: "https://a@b" });
  expect([odd.status, odd.body.issues[0].path]).toEqual([400, "url"]);
  const nothing = await served.call("POST", "/services/discover", served.tokens.ada, { url: served.app.url });
  expect([nothing.status, nothing.body.code, nothing.body.issues[0].path]).toEqual([502, "upstream_invalid", "url"]);
});
