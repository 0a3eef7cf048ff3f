import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { disconnectAccount } from "../../src/accounts/disconnect.ts";
import { editAccount } from "../../src/accounts/edit.ts";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import { testAccount } from "../../src/accounts/test.ts";
import type { Context } from "../../src/context.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import { newServed, newTwins, type Served } from "../support/provider-hub.ts";
import { json } from "../support/echo.ts";
import { newSessionServer, type SessionServer } from "../support/session-server.ts";
import type { TestWorld } from "../support/world.ts";

// Accounts that sign in with user name and password, over two worlds on one database.

let served: Served;
let second: TestWorld;
let server: SessionServer;
let serviceId: string;
let id: string;
let number = 0;

beforeAll(async () => {
  const twins = await newTwins();
  second = twins.second;
  served = await newServed({}, twins.first);
  server = await newSessionServer();
  const settings = {
    login_url: `${server.echo.url}/login`,
    body: '{"user":"{username}","password":"{password}"}',
    session_path: "token",
    header: "X-Session",
    format: "{session}",
    logout_url: `${server.echo.url}/logout`,
  };
  const test = { method: "GET" as const, url: "/me", identity: { id: "user" } };
  const service = { kind: "login", name: "Ledger", settings, base_url: server.echo.url, test };
  serviceId = (await addService(served.hub.ctx(served.people.ada), service)).id;
});

afterAll(async () => {
  await second?.close();
  await served?.close();
  await server?.close();
});

const here = (): Context => served.hub.ctx(served.people.ben);
const there = (): Context => second.ctx(served.people.ben);
const secret = () => ({ username: server.username, password: server.password });
const wish = (more: object = {}) => ({ service: serviceId, name: `Ledger ${++number}`, secret: secret(), ...more });
const send = (ctx: Context, more = {}) => execute(ctx, { account: id, url: "/entries", ...more }) as Promise<Executed>;
const account = () => served.hub.ctx().db("accounts").where({ id }).first();

beforeEach(async () => {
  Object.assign(server, { logins: 0, lasts: undefined, instead: undefined, password: "pw-4eC39HqLyjWDarjtT1" });
  server.echo.requests.length = 0;
  id = (await connectAccount(here(), wish())).id;
  server.logins = 0;
});

test("an account signs in when it is made, and its session signs every request", async () => {
  for (const ctx of [here(), there(), here()]) {
    const answer = await send(ctx, { method: "POST", body: {} });
    expect(answer).toMatchObject({ status: 200, attempts: 1 });
    // The API tells the session to everybody; Signet does not.
    expect(JSON.stringify(answer)).not.toContain(server.echo.last.header("x-session"));
  }
  expect(server.logins).toBe(0);
  expect(server.echo.requests.filter(({ path }) => path === "/login")).toHaveLength(1);
});

test("a session that ends is won again, once for all who need it, in two processes", async () => {
  server.sessions.clear();
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => send(index % 2 ? here() : there())));
  expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
  expect(server.logins).toBe(1);
  server.sessions.clear();
  const headers = { authorization: `Bearer ${served.tokens.ben}` };
  expect((await fetch(`${served.app.url}/proxy/${id}/entries`, { headers })).status).toBe(200);
  expect(server.logins).toBe(2);
});

test("a session is renewed before the end that its login told", async () => {
  server.lasts = 3600;
  server.sessions.clear();
  await send(here());
  expect((await account()).expires_at.getTime()).toBeGreaterThan(Date.now() + 3_000_000);
  await served.hub.ctx().db.raw("update accounts set expires_at = now() where id = ?", [id]);
  served.hub.world.memory.drop("account", id);
  expect(await send(here())).toMatchObject({ status: 200, attempts: 1 });
  expect(server.logins).toBe(2);
});

test("a password that is no longer right is tried once, and then a person is asked", async () => {
  server.sessions.clear();
  server.password = "pw-changed-meanwhile";
  const failure = await send(here()).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "needs_reconnect",
    message: expect.stringContaining("user name and password"),
  });
  await expect(send(there())).rejects.toMatchObject({ code: "needs_reconnect" });
  expect(server.logins).toBe(1);
  const changed = await editAccount(here(), id, { secret: secret() });
  expect(changed.state).toBe("active");
  expect(await send(here())).toMatchObject({ status: 200 });
});

test("a login that is out of order is told as that, and works again by itself", async () => {
  server.sessions.clear();
  server.instead = json({}, 503);
  await expect(send(here())).rejects.toMatchObject({ code: "upstream_unreachable" });
  expect((await account()).state).toBe("active");
  server.instead = undefined;
  expect(await send(here())).toMatchObject({ status: 200 });
});

test("an account with a wrong password is not made when it is tried, and says so at its first request when not", async () => {
  const wrong = { username: server.username, password: "pw-wrong-from-the-start" };
  await expect(connectAccount(here(), wish({ secret: wrong, try: true }))).rejects.toMatchObject({
    code: "invalid",
    issues: [{ path: "secret" }],
  });
  id = (await connectAccount(here(), wish({ secret: wrong }))).id;
  await expect(send(here())).rejects.toMatchObject({ code: "needs_reconnect" });
  const tried = await connectAccount(here(), wish({ try: true }));
  expect(tried.identity).toMatchObject({ id: server.username });
  await expect(connectAccount(here(), wish({ secret: { username: "Ben" } }))).rejects.toMatchObject({
    issues: [{ path: "secret.password", message: "Enter password." }],
  });
});

test("it can be tested, also when its session has ended", async () => {
  for (const ended of [false, true]) {
    if (ended) server.sessions.clear();
    expect(await testAccount(here(), id)).toMatchObject({ worked: true, identity: { id: server.username } });
  }
});

test("the password goes to the login address for which it was entered, and to no other host", async () => {
  const other = await newSessionServer();
  try {
    const settings = (url: string) => ({ settings: { login_url: `${url}/login` } });
    await editService(served.hub.ctx(served.people.ada), serviceId, settings(other.echo.url));
    server.sessions.clear();
    await expect(send(here())).rejects.toMatchObject({ code: "needs_reconnect" });
    expect(other.echo.requests).toEqual([]);
    await editService(served.hub.ctx(served.people.ada), serviceId, settings(server.echo.url));
  } finally {
    await other.close();
  }
});

test("it is signed out when it is disconnected", async () => {
  await send(here());
  const session = server.echo.last.header("x-session")!;
  expect(await disconnectAccount(here(), id)).toBe("revoked");
  expect(server.sessions.has(session)).toBe(false);
});
