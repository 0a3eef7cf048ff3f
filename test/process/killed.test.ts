import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser } from "../support/app.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { newDatabase, type TestDatabase } from "../support/postgres.ts";
import {
  endPrograms,
  newDataFolder,
  runTask,
  startProgram,
  until,
  type DataFolder,
  type Program,
} from "../support/program.ts";
import { call } from "../support/provider-hub.ts";
import { newProvider, type Provider } from "../support/provider.ts";

// A process that is killed in the middle of something loses nothing of the record (statement A-4).

let database: TestDatabase;
let folder: DataFolder;
let provider: Provider;
let echo: Echo;
let program: Program;
let env: Record<string, string>;
let token: string;
let browser: Browser;

beforeAll(async () => {
  [database, folder, provider, echo] = await Promise.all([newDatabase(), newDataFolder(), newProvider(), newEcho()]);
  const keys = `k1:${randomBytes(32).toString("base64")}`;
  env = { DATABASE_URL: database.url, DATA_DIR: folder.path, SIGNET_KEYS: keys, OUTBOUND_ALLOW: "127.0.0.1/32" };
  program = await startProgram(env);
  const password = "tall ships at anchor";
  const admin = ["add-admin", "--email", "ann@example.com", "--name", "Ann", "--password-stdin"];
  await runTask(admin, env, password);
  token = (await runTask(["issue-token", "--worker", "ann@example.com"], env)).out.trim();
  browser = await new Browser(program.url).signIn("ann@example.com", password);
});

afterAll(async () => {
  await endPrograms();
  await Promise.all([provider?.close(), echo?.close(), folder?.remove()]);
  await database?.drop();
});

const api = (method: string, path: string, body?: unknown) => call(`${program.url}/api/v1${path}`, method, token, body);
const audit = async (action: string) =>
  (await api("GET", `/audit?action=${action}`)).body.items.map((row: { outcome: string }) => row.outcome) as string[];

async function killAndRestart(): Promise<void> {
  program.signal("SIGKILL");
  await program.ended;
  program = await startProgram({ ...env, PORT: new URL(program.url).port });
}

test("during an execute that hangs at the provider", async () => {
  const service = await api("POST", "/services", { kind: "bearer", name: "Slow", settings: {}, base_url: echo.url });
  const account = await api("POST", "/accounts", {
    service: service.body.id,
    name: "Slow",
    secret: { token: "tok-slow-123456" },
  });
  echo.answer(() => undefined);
  const streamed = fetch(`${program.url}/proxy/${account.body.slug}/b`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const asked = [api("POST", "/execute", { account: account.body.slug, url: "/a" }), streamed];
  for (const one of asked) one.catch(() => undefined);
  await until(() => echo.requests.length === 2, "both requests to arrive");
  expect(await audit("execute")).toEqual(["pending", "pending"]);
  await killAndRestart();
  for (const one of asked) await expect(one).rejects.toThrow();
  await until(async () => (await audit("execute")).length === 4, "the sweep");
  expect(await audit("execute")).toEqual(["unknown", "unknown", "pending", "pending"]);
  expect((await api("GET", "/audit/verify")).body).toMatchObject({ ok: true });
});

test("during the exchange of a link's code", async () => {
  const { settings, echo } = provider;
  const service = await api("POST", "/services", { kind: "oauth2", name: "CRM", settings, base_url: echo.url });
  const began = await browser.post("/accounts/link", { service: service.body.id, name: "My CRM" });
  const back = await provider.consent(began.location!, { as: "ann@provider.example" });
  let arrived = false;
  provider.instead = () => (arrived = true);
  const returning = browser.get(back);
  returning.catch(() => undefined);
  await until(() => arrived, "the code to arrive");
  await killAndRestart();
  await expect(returning).rejects.toThrow();
  provider.instead = undefined;
  await until(async () => (await audit("link.callback")).length === 2, "the sweep");
  expect(await audit("link.callback")).toEqual(["unknown", "pending"]);
  expect((await api("GET", "/audit/verify")).body).toMatchObject({ ok: true });
  // The state is used up, nothing was saved, and linking anew works at once.
  expect((await browser.get(back)).location).toBe("/oauth/nothing-linked");
  const again = await browser.post("/accounts/link", { service: service.body.id, name: "My CRM" });
  const landed = await browser.get(await provider.consent(again.location!, { as: "ann@provider.example" }));
  expect((await browser.post(`${landed.location}/save`, { name: "My CRM" })).status).toBe(303);
  const { body } = await api("GET", "/accounts?q=crm");
  expect(body.items.map((account: { slug: string }) => account.slug)).toEqual(["my-crm"]);
});

test("during a refresh: the next request waits for nobody and finds a working grant", async () => {
  const { body } = await api("GET", "/accounts/my-crm");
  const sql = "update accounts set expires_at = now() where slug = 'my-crm'";
  const pg = await import("pg");
  const client = new pg.default.Client({ connectionString: database.url });
  await client.connect();
  await client.query(sql);
  await client.query("select pg_notify('signet', '')").catch(() => undefined);
  await killAndRestart();
  let arrived = false;
  provider.instead = () => (arrived = true);
  const asked = api("POST", "/execute", { account: body.id, url: "/me" });
  asked.catch(() => undefined);
  await until(() => arrived, "the refresh to arrive");
  await killAndRestart();
  provider.instead = undefined;
  // What the dead process holds ends by the clock; the test moves the hand.
  const held = await client.query("update accounts set refresh_lease_until = now() where refresh_lease_until > now()");
  await client.end();
  expect(held.rowCount).toBe(1);
  const answer = await api("POST", "/execute", { account: body.id, url: "/me" });
  expect(answer.body).toMatchObject({ status: 200, body: { id: "ann@provider.example" } });
  await until(async () => (await audit("account.refreshed")).length === 4, "the sweep");
  expect((await audit("account.refreshed")).sort()).toEqual(["ok", "pending", "pending", "unknown"]);
  expect((await api("GET", "/audit/verify")).body).toMatchObject({ ok: true });
});

test("during the revocations of a service that is deleted: each account's end is unknown, and can be had again", async () => {
  const { body: crm } = await api("GET", "/accounts/my-crm");
  const secret = provider.issue("ben@provider.example");
  await api("POST", "/accounts", { service: crm.service.id, name: "Second CRM", secret });
  // Each account has two tokens to revoke; the first of the other account's hangs.
  const arrived = new Set<boolean>();
  provider.echo.answer((request, response) => {
    arrived.add(request.body.includes(secret.refresh_token) || request.body.includes(secret.access_token));
    if (arrived.size === 1) response.writeHead(200).end();
  });
  const ending = browser.post(`/services/${crm.service.id}/delete`, { typed: "CRM" });
  ending.catch(() => undefined);
  await until(() => arrived.size === 2, "the second revocation to arrive");
  expect(await audit("account.disconnected")).toEqual(["pending", "pending"]);
  await killAndRestart();
  await expect(ending).rejects.toThrow();
  await until(async () => (await audit("account.disconnected")).length === 4, "the sweep");
  expect(await audit("account.disconnected")).toEqual(["unknown", "unknown", "pending", "pending"]);
  provider.echo.answer((_request, response) => response.writeHead(200).end());
  expect((await api("DELETE", `/accounts/${crm.id}`)).status).toBeLessThan(300);
  expect((await api("GET", "/audit/verify")).body).toMatchObject({ ok: true });
});
