import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectAccount, type Connect } from "../../src/accounts/connect.ts";
import { editAccount } from "../../src/accounts/edit.ts";
import { execute } from "../../src/accounts/execute.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { CLIENTS, newOidc, type Oidc } from "../support/oidc.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

// Accounts whose access is won without a person: when they are connected, before it ends, and after it was refused.

let hub: TestWorld;
let people: Cast;
let oidc: Oidc;
let echo: Echo;
let number = 0;

beforeAll(async () => {
  [hub, oidc, echo] = await Promise.all([newWorld({ outboundAllow: ["127.0.0.1/32"] }), newOidc(), newEcho()]);
  people = await cast(hub.world);
});
afterAll(() => Promise.all([hub?.close(), oidc?.close(), echo?.close()]));
beforeEach(() => {
  oidc.asked.length = 0;
  echo.requests.length = 0;
});

const ben = () => hub.ctx(people.ben);
const client = { client_id: CLIENTS.basic.id, client_secret: CLIENTS.basic.secret };

async function service(settings: object, url = oidc.url): Promise<string> {
  const test = { method: "GET" as const, url: "/me", identity: { id: "id", label: "id" } };
  const all = { token_url: `${url}/token`, revoke_url: `${url}/token/revocation`, ...settings };
  const given = { kind: "oauth2", name: `Robots ${++number}`, settings: all, base_url: url, test };
  return (await addService(hub.ctx(people.ada), given)).id;
}

const connect = (id: string, secret: Record<string, unknown> = {}, more: Partial<Connect> = {}) =>
  connectAccount(ben(), { service: id, name: `Robot ${number}`, secret, ...more });
const send = async (account: { id: string }) => {
  const answer = await execute(ben(), { account: account.id, url: "/me" });
  return "status" in answer ? [answer.status, (answer.body as { id?: string }).id] : [];
};
const row = (account: { id: string }) => hub.ctx().db("accounts").where({ id: account.id }).first();
const timesAsked = () => oidc.asked.filter((path) => path === "/token").length;

async function ends(account: { id: string }): Promise<void> {
  await hub
    .ctx()
    .db("accounts")
    .where({ id: account.id })
    .update({ expires_at: new Date(0) });
  hub.world.memory.drop("account", account.id);
}

async function outcomes(action: string): Promise<string[]> {
  const rows = (await auditRows(hub.world)).filter((one) => one.action === action);
  return rows.sort((a, b) => a.seq - b.seq).map(({ outcome }) => outcome);
}

describe("client credentials of the service", () => {
  test("win a token when the account is connected, which is tried, used, and kept sealed", async () => {
    const before = (await outcomes("account.granted")).length;
    const account = await connect(
      await service({ grant: "client_credentials", scopes: "read", ...client }),
      {},
      { try: true },
    );
    expect(account).toMatchObject({ identity: { id: CLIENTS.basic.id }, refreshable: true, scopesGranted: ["read"] });
    expect(account.expiresAt!.getTime()).toBeGreaterThan(Date.now() + 500_000);
    expect((await outcomes("account.granted")).slice(before)).toEqual(["pending", "ok"]);
    expect(await send(account)).toEqual([200, CLIENTS.basic.id]);
    expect(timesAsked()).toBe(1);
  });

  test("win a new token before it ends, once for all who ask, and after it was refused", async () => {
    const account = await connect(await service({ grant: "client_credentials", ...client }));
    expect(timesAsked()).toBe(1);
    await ends(account);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(account)));
    expect(answers).toEqual(Array(8).fill([200, CLIENTS.basic.id]));
    expect(timesAsked()).toBe(2);
    oidc.forgetTokens();
    expect(await send(account)).toEqual([200, CLIENTS.basic.id]);
    expect(timesAsked()).toBe(3);
  });

  test("that are wrong keep nothing when the account is tried, and say what to do", async () => {
    const wrong = await service({ grant: "client_credentials", ...client, client_secret: "wrong-wrong-wrong" });
    await expect(connect(wrong, {}, { try: true })).rejects.toMatchObject({
      code: "invalid",
      issues: [{ path: "secret", message: expect.stringContaining("An admin can correct them") }],
    });
    expect(await hub.ctx().db("accounts").where({ service_id: wrong })).toEqual([]);
  });

  test("that are wrong can be saved untried, and work from the first request after they were corrected", async () => {
    const id = await service({ grant: "client_credentials", ...client, client_secret: "wrong-wrong-wrong" });
    const account = await connect(id);
    await expect(send(account)).rejects.toMatchObject({ code: "upstream_invalid" });
    expect((await row(account)).state).toBe("active");
    await editService(hub.ctx(people.ada), id, { settings: { client_secret: CLIENTS.basic.secret } });
    expect(await send(account)).toEqual([200, CLIENTS.basic.id]);
  });
});

describe("client credentials of an account", () => {
  test("rest sealed with it, and win a token again and again", async () => {
    const account = await connect(await service({ grant: "client_credentials" }), client, { try: true });
    for (const round of [1, 2]) {
      await ends(account);
      expect(await send(account), `round ${round}`).toEqual([200, CLIENTS.basic.id]);
    }
    const dump = JSON.stringify(await hub.ctx().db("secrets")) + JSON.stringify(await hub.ctx().db("accounts"));
    expect(dump).not.toContain(CLIENTS.basic.secret);
    expect(JSON.stringify(await auditRows(hub.world))).not.toContain(CLIENTS.basic.secret);
  });

  test("that end ask for a person, who enters new ones in their place", async () => {
    const account = await connect(await service({ grant: "client_credentials" }), {
      ...client,
      client_secret: "wrong-wrong-1",
    });
    await expect(send(account)).rejects.toMatchObject({ code: "needs_reconnect" });
    expect(await row(account)).toMatchObject({ state: "needs_reconnect" });
    await expect(
      editAccount(ben(), account.id, { secret: { ...client, client_secret: "wrong-wrong-2" }, try: true }),
    ).rejects.toMatchObject({ code: "invalid" });
    await editAccount(ben(), account.id, { secret: client, try: true });
    expect(await row(account)).toMatchObject({ state: "active", identity_id: CLIENTS.basic.id, refreshable: true });
    expect(await send(account)).toEqual([200, CLIENTS.basic.id]);
  });

  test("that were saved untried go to no token address but the one they were entered for", async () => {
    const id = await service({ grant: "client_credentials" });
    const account = await connect(id, { ...client, client_secret: "wrong-wrong-1" });
    await editService(hub.ctx(people.ada), id, { settings: { token_url: `${echo.url}/token` } });
    await expect(send(account)).rejects.toMatchObject({
      code: "needs_reconnect",
      message: expect.stringContaining("another host"),
    });
    expect(echo.requests).toHaveLength(0);
  });

  test("are asked for by name when they are missing", async () => {
    const id = await service({ grant: "client_credentials" });
    await expect(connect(id)).rejects.toMatchObject({ issues: [{ path: "secret.client_id" }] });
    await expect(connect(id, { client_id: "a", spare: "b" })).rejects.toMatchObject({
      issues: [{ path: "secret.client_secret" }],
    });
  });
});

describe("user name and password", () => {
  const entered = { username: "ben", password: "canary opens everything" };
  const passwords = () => service({ grant: "password" }, echo.url);

  test("are traded, and traded again when the token is refused, and stay out of what answers", async () => {
    let issued = 0;
    echo.answer((request, response) => {
      if (request.path === "/token")
        return json({ access_token: `at-number-${++issued}`, expires_in: 3600 })(request, response);
      const good = request.header("authorization") === `Bearer at-number-${issued}` && issued > 1;
      return json(good ? { id: entered.password } : {}, good ? 200 : 401)(request, response);
    });
    const account = await connect(await passwords(), entered);
    expect(issued).toBe(1);
    const [status, id] = await send(account);
    expect([status, issued]).toEqual([200, 2]);
    expect(id).toBe("*".repeat(entered.password.length));
    expect(JSON.stringify(await hub.ctx().db("secrets"))).not.toContain(entered.password);
  });

  test("that are wrong are refused beside the fields", async () => {
    echo.answer(json({ error: "invalid_grant" }, 400));
    await expect(connect(await passwords(), entered, { try: true })).rejects.toMatchObject({
      code: "invalid",
      issues: [
        { path: "secret", message: "The provider does not accept this user name or password. Enter them again." },
      ],
    });
    await expect(connect(await passwords(), { username: "ben" })).rejects.toMatchObject({
      issues: [{ path: "secret.password" }],
    });
  });
});

describe("tokens are imported", () => {
  test.each(["client_credentials", "password", "jwt_bearer"])("for %s, and nobody is asked for them", async (grant) => {
    const expires_at = "2036-01-01T00:00:00Z";
    const secret = { access_token: "imported-token-123", expires_at, scope: "read,write" };
    const account = await connect(await service({ grant }, echo.url), secret);
    expect(account).toMatchObject({ refreshable: false, scopesGranted: ["read", "write"] });
    expect(account.expiresAt).toEqual(new Date(expires_at));
    expect(echo.requests).toHaveLength(0);
    echo.answer(json({ id: "robot" }));
    expect(await send(account)).toEqual([200, "robot"]);
    expect(echo.last.header("authorization")).toBe("Bearer imported-token-123");
  });

  test("for a service with a client of its own, which renews them", async () => {
    const secret = { access_token: "imported-token-123", expires_in: 3600 };
    const account = await connect(await service({ grant: "client_credentials", ...client }), secret);
    expect(account.refreshable).toBe(true);
    expect(await send(account)).toEqual([200, CLIENTS.basic.id]);
  });
});

test("a provider's base address among the answer is taken, if it is one of the service's hosts", async () => {
  const settings = {
    grant: "client_credentials",
    client_id: "a",
    client_secret: "b-secret-b",
    base_url_from: "instance_url",
  };
  const id = await service(settings, echo.url);
  const answer = (instance_url: string) =>
    echo.answer(json({ access_token: "at-1234567", expires_in: 60, instance_url }));
  answer(`${echo.url}/instance/`);
  expect((await connect(id)).baseUrl).toBe(`${echo.url}/instance`);
  answer("https://elsewhere.example");
  await expect(connect(id)).rejects.toMatchObject({ code: "upstream_invalid" });
});
