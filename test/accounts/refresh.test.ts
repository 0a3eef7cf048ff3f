import { auditRows } from "../support/world.ts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Context } from "../../src/context.ts";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import { addService } from "../../src/services/add.ts";
import { json } from "../support/echo.ts";
import { newServed, newTwins, type Served } from "../support/provider-hub.ts";
import { newProvider, type Provider } from "../support/provider.ts";
import { connected } from "../support/services.ts";
import type { TestWorld } from "../support/world.ts";

// Tokens that end, over two worlds on one database (statements O-22 to O-26).

let served: Served;
let provider: Provider;
let second: TestWorld;
let serviceId: string;
let number = 0;
let id: string;
let grant: { access_token: string; refresh_token: string };

beforeAll(async () => {
  const twins = await newTwins();
  second = twins.second;
  served = await newServed({}, twins.first);
  provider = await newProvider();
  const { hub, people } = served;
  const service = { kind: "oauth2", name: "CRM", settings: provider.settings, base_url: provider.echo.url };
  serviceId = (await addService(hub.ctx(people.ada), service)).id;
});

afterAll(async () => {
  await second?.close();
  await served?.close();
  await provider?.close();
});

beforeEach(async () => {
  Object.assign(provider, { instead: undefined, rotates: true, refreshes: 0, lifetime: 3600 });
  grant = provider.issue("ben@provider.example");
  const secret = { ...grant, expires_in: 3600 };
  const service = { id: serviceId } as Parameters<typeof connected>[2];
  id = (await connected(served.hub, served.people.ben, service, secret, { name: `CRM ${++number}` })).id;
});

const here = (): Context => served.hub.ctx(served.people.ben);
const there = (): Context => second.ctx(served.people.ben);
const send = (ctx: Context, more = {}) => execute(ctx, { account: id, url: "/me", ...more }) as Promise<Executed>;
const account = () => served.hub.ctx().db("accounts").where({ id }).first();

/** The token was won an hour ago and ends then; both worlds forget what they knew. */
async function endsIn(seconds: number): Promise<void> {
  const { db } = served.hub.ctx();
  await db.raw("update accounts set expires_at = now() + ? * interval '1 second' where id = ?", [seconds, id]);
  const { secret_id } = await account();
  await db.raw("update secrets set changed_at = now() - interval '1 hour' where id = ?", [secret_id]);
  for (const { memory } of [served.hub.world, second.world]) memory.drop("account", id);
}

const tokensSent = () =>
  provider.echo.requests
    .filter(({ path }) => path === "/me")
    .map((request) => request.header("authorization")!.slice(7));

test("twenty requests in two processes renew once, before the end, and all go out with the new token", async () => {
  await endsIn(30);
  provider.echo.requests.length = 0;
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => send(index % 2 ? here() : there())));
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
  expect(provider.refreshes).toBe(1);
  expect(new Set(tokensSent()).size).toBe(1);
  expect(tokensSent()).not.toContain(grant.access_token);
  expect((await account()).expires_at.getTime()).toBeGreaterThan(Date.now() + 3_000_000);
  expect(await account()).toMatchObject({ refresh_lease_until: null, refresh_lease_holder: null });
});

test("a token that is good for long is left alone", async () => {
  await endsIn(3000);
  await send(here());
  expect(provider.refreshes).toBe(0);
});

test("a rotated refresh token takes the old one's place, again and again", async () => {
  for (const round of [1, 2, 3]) {
    await endsIn(-1);
    // The provider takes each refresh token once, so every round proves that the newest was kept.
    expect((await send(round % 2 ? here() : there())).status).toBe(200);
  }
  expect(provider.refreshes).toBe(3);
});

test("a refresh token that is not sent anew is carried over", async () => {
  provider.rotates = false;
  for (const ctx of [here(), there()]) {
    await endsIn(-1);
    expect((await send(ctx)).status).toBe(200);
  }
  expect(provider.refreshes).toBe(2);
});

test("a final no is told in words and asked about only once", async () => {
  await endsIn(-1);
  provider.instead = (request, response) => {
    provider.refreshes++;
    return json({ error: "invalid_grant", error_description: `${request.body}` }, 400)(request, response);
  };
  const failures = await Promise.all(
    [send(here()), send(there()), send(here())].map((one) => one.catch((error) => error)),
  );
  for (const failure of failures) expect(failure).toMatchObject({ code: "needs_reconnect", status: 424 });
  const { state, state_reason: reason } = await account();
  expect(state).toBe("needs_reconnect");
  expect(reason).toMatch(/^[A-Z][^\n]+\.$/);
  expect(reason).not.toContain(grant.refresh_token);
  const asked = provider.refreshes;
  await expect(send(here())).rejects.toMatchObject({ code: "needs_reconnect", message: reason });
  expect(provider.refreshes).toBe(asked);
  const told = (await auditRows(served.hub.world)).filter(({ action }) => action === "account.needs_reconnect");
  expect(told.map((row) => row.account_id)).toEqual([id]);
});

test("while the provider is down a token that is still good goes on working, and an ended one says so", async () => {
  provider.instead = (_request, response) => response.writeHead(503).end();
  await endsIn(20);
  const before = provider.echo.requests.length;
  expect((await send(here())).status).toBe(200);
  expect(provider.echo.requests.slice(before).map(({ path }) => path)).toEqual(["/token", "/me"]);
  await endsIn(-1);
  await expect(send(here())).rejects.toMatchObject({ status: expect.toSatisfy((status) => status >= 500) });
  expect((await account()).state).toBe("active");
  provider.instead = undefined;
  expect((await send(here())).status).toBe(200);
});

test("a 401 renews once and sends once more, by execute and by the proxy", async () => {
  for (const by of ["execute", "proxy"]) {
    await send(here());
    const known = tokensSent().at(-1)!;
    provider.forget(known);
    provider.echo.requests.length = 0;
    provider.refreshes = 0;
    const headers = { authorization: `Bearer ${served.tokens.ben}` };
    const status =
      by === "execute"
        ? (await send(here())).status
        : (await fetch(`${served.app.url}/proxy/${id}/me`, { headers })).status;
    expect([status, provider.refreshes], by).toEqual([200, 1]);
    expect(tokensSent()[0]).toBe(known);
    expect(tokensSent()).toHaveLength(2);
  }
});

test("a provider that goes on refusing is not asked for ever", async () => {
  provider.echo.requests.length = 0;
  const answer = await send(here(), { url: "/me", method: "POST", body: {} });
  expect(answer.status).toBe(200);
  const refusing = await Promise.all([1, 2].map(() => stubborn()));
  for (const status of refusing) expect(status).toBe(401);
});

/** Everything that is issued is worth nothing at once. */
async function stubborn(): Promise<number> {
  provider.instead = (request, response) =>
    json({ access_token: "worthless-token-123456", expires_in: 3600, refresh_token: grant.refresh_token })(
      request,
      response,
    );
  provider.forget(grant.access_token);
  return (await send(here())).status;
}

test("a lease whose holder died is waited for until it ends, not longer", async () => {
  await endsIn(-1);
  const { db } = served.hub.ctx();
  const lease = (text: string) =>
    db.raw(`update accounts set refresh_lease_until = now() + ${text}, refresh_lease_holder = 'gone' where id = ?`, [
      id,
    ]);
  await lease("interval '20 seconds'");
  let settled = false;
  const waiting = send(here()).finally(() => (settled = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([settled, provider.refreshes]).toEqual([false, 0]);
  await lease("interval '-1 seconds'");
  expect((await waiting).status).toBe(200);
  expect(provider.refreshes).toBe(1);
});
