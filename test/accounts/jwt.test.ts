import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import type { Preview } from "../../src/accounts/preview.ts";
import { addService, type AddService } from "../../src/services/add.ts";
import { json, newEcho, type Echo, type Received } from "../support/echo.ts";
import { newServed, type Served } from "../support/provider-hub.ts";

// Service accounts and apps, from the pasted key to the request.

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const FILE = JSON.stringify({
  type: "service_account",
  private_key_id: "key-1",
  private_key: PEM,
  client_email: "bot@project.example",
  token_uri: "https://evil.example/token",
});

let served: Served;
let echo: Echo;
let traded: number;
let good: string;
let number = 0;

beforeAll(async () => {
  served = await newServed();
  echo = await newEcho();
});

afterAll(async () => {
  await served?.close();
  await echo?.close();
});

beforeEach(() => {
  traded = 0;
  good = "";
  echo.requests.length = 0;
  echo.answer((request, response) => {
    if (!request.path.startsWith("/token")) {
      const token = request.header("authorization")?.slice("Bearer ".length) ?? "";
      const known = good === "" ? claims(request) !== undefined : token === good;
      return json(known ? { token } : { error: "expired" }, known ? 200 : 401)(request, response);
    }
    good = `token-number-${++traded}`;
    return json({ access_token: good, token: good, expires_in: 3600 }, 201)(request, response);
  });
});

async function account(settings: object, secret: object, more: object = {}): Promise<string> {
  const given = { kind: "jwt", name: `App ${++number}`, settings, base_url: echo.url } as AddService;
  const service = await addService(served.hub.ctx(served.people.ada), given);
  const wish = { service: service.id, name: `App ${number}`, secret: secret as Record<string, unknown>, ...more };
  return (await connectAccount(served.hub.ctx(served.people.ben), wish)).id;
}

const send = (id: string, more = {}) =>
  execute(served.hub.ctx(served.people.ben), { account: id, url: "/users", ...more }) as Promise<Executed>;

/** The claims of the JWT in a request; undefined when it was not signed with the key. */
function claims(request: Received): Record<string, unknown> | undefined {
  const form = new URLSearchParams(request.body.toString());
  const token = form.get("assertion") ?? request.header("authorization")?.slice("Bearer ".length) ?? "";
  const [header, body, signature = ""] = token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  if (!verify("sha256", Buffer.from(`${header}.${body}`), createPublicKey(privateKey), bytes)) return undefined;
  return JSON.parse(Buffer.from(body!, "base64url").toString()) as Record<string, unknown>;
}

test("each request carries a JWT of its own, which nobody gets back", async () => {
  const id = await account(
    { issuer: "{issuer}", claims: { jti: "{nonce}" }, asks: { issuer: "App ID" } },
    { key: PEM, issuer: "42" },
  );
  const seen = [];
  for (const by of ["execute", "proxy"]) {
    const headers = { authorization: `Bearer ${served.tokens.ben}` };
    const answer =
      by === "execute"
        ? JSON.stringify(await send(id))
        : await (await fetch(`${served.app.url}/proxy/${id}/users`, { headers })).text();
    const sent = echo.last.header("authorization")!.slice("Bearer ".length);
    expect(claims(echo.last)).toMatchObject({ iss: "42", jti: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(answer).toContain("*".repeat(sent.length));
    for (const part of sent.split(".")) expect(answer).not.toContain(part.slice(0, 40));
    seen.push(sent);
  }
  expect(new Set(seen).size).toBe(2);
});

test("a service account's file is traded for a token that is used until it is refused", async () => {
  const settings = {
    exchange: "assertion",
    issuer: "{issuer}",
    audience: "https://oauth2.example.com/token",
    token_url: `${echo.url}/token`,
  };
  const id = await account(settings, { key: FILE });
  expect(traded).toBe(1);
  expect(claims(echo.requests[0]!)).toMatchObject({ iss: "bot@project.example" });
  for (const round of [1, 2]) expect((await send(id)).status, String(round)).toBe(200);
  expect(traded).toBe(1);
  good = "something-else-entirely";
  expect(await send(id, { method: "POST", body: {} })).toMatchObject({ status: 200, attempts: 2 });
  expect(traded).toBe(2);
  await served.hub.ctx().db.raw("update accounts set expires_at = now() where id = ?", [id]);
  served.hub.world.memory.drop("account", id);
  expect(await send(id)).toMatchObject({ status: 200, attempts: 1 });
  expect(traded).toBe(3);
});

test("an app's installation has a token of its own", async () => {
  const settings = {
    exchange: "bearer",
    issuer: "{issuer}",
    asks: { issuer: "App ID", tenant: "Installation ID" },
    token_url: `${echo.url}/token/{tenant}`,
  };
  const ids = [];
  for (const tenant of ["7", "8"]) ids.push(await account(settings, { key: PEM, issuer: "42", tenant }));
  expect(echo.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /token/7", "POST /token/8"]);
  const shown = (await served.call("GET", `/accounts/${ids[0]}`, served.tokens.ben)).text;
  expect(shown).not.toContain(PEM.slice(60, 100));
});

test("a key that can not sign is told at its field, and nothing is made", async () => {
  const settings = { algorithm: "ES256" };
  await expect(account(settings, { key: PEM })).rejects.toMatchObject({
    code: "invalid",
    issues: [{ path: "secret.key", message: expect.stringContaining("P-256") }],
  });
  await expect(account({ issuer: "{issuer}" }, { key: PEM })).rejects.toMatchObject({
    issues: [{ path: "secret.key" }],
  });
  expect(echo.requests).toEqual([]);
});

test("what is simulated shows header and claims", async () => {
  const id = await account({ issuer: "{issuer}", asks: { issuer: "App ID" } }, { key: PEM, issuer: "42" });
  const { explain, request } = (await send(id, { simulate: true })) as unknown as Preview;
  expect(request.headers.authorization).toBe("Bearer •••");
  expect(JSON.parse(String(explain.jwt_claims))).toMatchObject({ iss: "{issuer}" });
});
