import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { acceptHosts } from "../../src/accounts/accept-hosts.ts";
import { disconnectAccount, retireServiceWithAccounts } from "../../src/accounts/disconnect.ts";
import { execute } from "../../src/accounts/execute.ts";
import { testAccount } from "../../src/accounts/test.ts";
import type { Context } from "../../src/context.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import { json, type Answer } from "../support/echo.ts";
import { newProvider, type Provider } from "../support/provider.ts";
import { connected } from "../support/services.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

// Before a provider is asked to renew or to revoke, it is written down; afterwards, what came of it (statement A-1).

let hub: TestWorld;
let people: Cast;
let provider: Provider;
let service: Awaited<ReturnType<typeof addService>>;
let number = 0;
let id: string;
/** What the audit held of `action` when the provider was asked. */
let then: string[];

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  people = await cast(hub.world);
  provider = await newProvider();
});
afterAll(async () => {
  await hub?.close();
  await provider?.close();
});

beforeEach(async () => {
  provider.instead = undefined;
  provider.refreshes = 0;
  const name = `CRM ${++number}`;
  const settings = { ...provider.settings, revoke_url: `${provider.echo.url}/token` };
  service = await addService(hub.ctx(people.ada), { kind: "oauth2", name, settings, base_url: provider.echo.url });
  id = await account(`Mine ${number}`);
  then = [];
});

const ben = (): Context => hub.ctx(people.ben);
const send = (ctx = ben()) => execute(ctx, { account: id, url: "/me" });

async function account(name: string): Promise<string> {
  const secret = { ...provider.issue("ben@provider.example"), expires_in: 3600 };
  return (await connected(hub, people.ben, service, secret, { name })).id;
}

async function ends(): Promise<void> {
  await hub
    .ctx()
    .db("accounts")
    .where({ id })
    .update({ expires_at: new Date(0) });
  hub.world.memory.drop("account", id);
}

async function outcomes(action: string, of = id): Promise<string[]> {
  const rows = (await auditRows(hub.world)).filter((row) => row.action === action && row.account_id === of);
  return rows.sort((a, b) => a.seq - b.seq).map(({ outcome }) => outcome);
}

/** Lets the token endpoint, which also revokes here, look at the audit before it answers. */
function looking(action: string, answer: Answer): void {
  provider.instead = (request, response) => {
    void outcomes(action).then((found) => {
      then = found;
      answer(request, response);
    });
  };
}

const renewed = (): Answer =>
  json({ ...provider.issue("ben@provider.example"), token_type: "Bearer", expires_in: 3600 });

/** No intent is held open for what the audit has closed. */
async function nothingOpen(): Promise<void> {
  const seq = await hub.world.audit.append(ben(), { action: "session.ended", outcome: "ok" });
  expect(hub.world.audit.lowest()).toBe(seq);
}

describe("a renewal", () => {
  test("is written down before the provider is asked, and closed by what was won", async () => {
    await ends();
    looking("account.refreshed", renewed());
    await send();
    expect(then).toEqual(["pending"]);
    expect(await outcomes("account.refreshed")).toEqual(["pending", "ok"]);
    await nothingOpen();
  });

  test("is closed as failed by an outage", async () => {
    await ends();
    looking("account.refreshed", (_request, response) => response.writeHead(503).end());
    await expect(send()).rejects.toMatchObject({ code: "upstream_unreachable" });
    expect([then, await outcomes("account.refreshed")]).toEqual([["pending"], ["pending", "failed"]]);
    await nothingOpen();
  });

  test("is closed as failed by a final no, which is told beside it", async () => {
    await ends();
    looking("account.refreshed", json({ error: "invalid_grant" }, 400));
    await expect(send()).rejects.toMatchObject({ code: "needs_reconnect" });
    expect([then, await outcomes("account.refreshed")]).toEqual([["pending"], ["pending", "failed"]]);
    expect(await outcomes("account.needs_reconnect")).toEqual(["ok"]);
    await nothingOpen();
  });

  test("is closed as failed by a final no also when somebody paused the account meanwhile", async () => {
    await ends();
    const db = hub.ctx().db;
    looking("account.refreshed", (request, response) => {
      void db("accounts")
        .where({ id })
        .update({ state: "paused" })
        .then(() => json({ error: "invalid_grant" }, 400)(request, response));
    });
    await expect(send()).rejects.toMatchObject({ code: "needs_reconnect" });
    expect(await outcomes("account.refreshed")).toEqual(["pending", "failed"]);
    expect(await outcomes("account.needs_reconnect")).toEqual([]);
    expect((await db("accounts").where({ id }).first()).state).toBe("paused");
    await nothingOpen();
  });

  test("has no intent where the provider is not asked at all", async () => {
    const secret = { access_token: "one-and-only-token", expires_in: 3600 };
    id = (await connected(hub, people.ben, service, secret, { name: `Bare ${number}` })).id;
    await hub.ctx().db("accounts").where({ id }).update({ refreshable: true });
    await ends();
    await expect(send()).rejects.toMatchObject({ code: "needs_reconnect" });
    expect(await outcomes("account.refreshed")).toEqual([]);
    expect(await outcomes("account.needs_reconnect")).toEqual(["ok"]);
  });

  test("is not asked for when it can not be written down", async () => {
    await ends();
    const { db } = hub.ctx();
    await db.raw("alter table audit_head rename to gone");
    const failed = await testAccount(ben(), id).catch((error: unknown) => error);
    await db.raw("alter table gone rename to audit_head");
    expect(failed).toMatchObject({ code: "audit_unavailable" });
    expect(provider.refreshes).toBe(0);
    const row = await hub.ctx().db("accounts").where({ id }).first();
    expect(row).toMatchObject({ state: "active", refresh_lease_holder: null });
    expect(await send()).toMatchObject({ status: 200 });
  });
});

describe("what somebody does while a renewal is under way", () => {
  /** Does `act` while the token endpoint is being asked, and lets it answer then. */
  function meanwhile(act: () => Promise<unknown>, answer: Answer): void {
    provider.instead = (request, response) => {
      provider.instead = undefined;
      void act().then(() => answer(request, response));
    };
  }

  const refreshToken = async () => {
    const { secret_id } = await hub.ctx().db("accounts").where({ id }).first();
    const sealed = await hub.world.vault.fetch(hub.ctx().db, secret_id);
    return hub.world.vault.open<{ refresh_token: string }>(sealed!, `account:${id}`).refresh_token;
  };

  /** Puts another credential in the account's place, as Save Changes of a link does. */
  async function reconnect(): Promise<string> {
    const { secret_id } = await hub.ctx().db("accounts").where({ id }).first();
    const binding = { subject: `account:${id}`, provider: service.id, hosts: service.hosts };
    const fresh = provider.issue("ben@provider.example");
    await hub.world.vault.replace(hub.ctx().db, secret_id, binding, fresh);
    await hub.ctx().db("accounts").where({ id }).update({ expires_at: null });
    hub.world.memory.drop("account", id);
    return fresh.refresh_token;
  }

  test("is not overwritten by what was won for the credential before", async () => {
    await ends();
    let linked = "";
    meanwhile(async () => (linked = await reconnect()), renewed());
    expect(await send()).toMatchObject({ status: 200 });
    expect(await refreshToken()).toBe(linked);
    expect(await outcomes("account.refreshed")).toEqual(["pending", "failed"]);
    await nothingOpen();
  });

  test("is not undone by the final no to the credential before", async () => {
    await ends();
    meanwhile(reconnect, json({ error: "invalid_grant" }, 400));
    expect(await send()).toMatchObject({ status: 200 });
    expect((await hub.ctx().db("accounts").where({ id }).first()).state).toBe("active");
    expect(await outcomes("account.needs_reconnect")).toEqual([]);
    await nothingOpen();
  });

  test("does not lose what was won, when it only lets the credential go to more hosts", async () => {
    await ends();
    const won = provider.issue("ben@provider.example");
    const accept = async () => {
      await editService(hub.ctx(people.ada), service.id, { hosts: [...service.hosts, "more.example"] });
      await acceptHosts(ben(), id);
    };
    meanwhile(accept, json({ ...won, token_type: "Bearer", expires_in: 3600 }));
    expect(await send()).toMatchObject({ status: 200 });
    expect(await refreshToken()).toBe(won.refresh_token);
    const { secret_id } = await hub.ctx().db("accounts").where({ id }).first();
    expect((await hub.world.vault.fetch(hub.ctx().db, secret_id))!.hosts).toContain("more.example");
    expect(await outcomes("account.refreshed")).toEqual(["pending", "ok"]);
  });
});

describe("a revocation", () => {
  test("is written down before the provider is asked, and closed by the account's end", async () => {
    looking("account.disconnected", json({}));
    expect(await disconnectAccount(ben(), id)).toBe("revoked");
    expect([then, await outcomes("account.disconnected")]).toEqual([["pending"], ["pending", "ok"]]);
    await nothingOpen();
  });

  test("that the provider refuses ends the account all the same", async () => {
    looking("account.disconnected", json({}, 503));
    expect(await disconnectAccount(ben(), id)).toBe("failed");
    expect([then, await outcomes("account.disconnected")]).toEqual([["pending"], ["pending", "ok"]]);
    await nothingOpen();
  });

  test("is closed as failed when the account was disconnected by somebody else meanwhile", async () => {
    const late = new Promise<void>((resolve) => {
      provider.instead = (request, response) => {
        provider.instead = undefined;
        void disconnectAccount(hub.ctx(people.ada), id).then(() => {
          json({})(request, response);
          resolve();
        });
      };
    });
    await expect(disconnectAccount(ben(), id)).rejects.toMatchObject({ code: "not_found" });
    await late;
    expect((await outcomes("account.disconnected")).sort()).toEqual(["failed", "ok", "pending", "pending"]);
    await nothingOpen();
  });

  test("is not asked for when it can not be written down, and the account stays", async () => {
    const { db } = hub.ctx();
    let asked = 0;
    provider.instead = (request, response) => {
      asked++;
      json({})(request, response);
    };
    await db.raw("alter table audit_head rename to gone");
    const failed = await disconnectAccount(ben(), id).catch((error: unknown) => error);
    await db.raw("alter table gone rename to audit_head");
    expect(failed).toMatchObject({ code: "audit_unavailable" });
    expect(asked).toBe(0);
    expect(await send()).toMatchObject({ status: 200 });
  });

  test("of each account of a service that is deleted has its own intent", async () => {
    const other = await account(`Other ${number}`);
    provider.instead = json({});
    expect(await retireServiceWithAccounts(hub.ctx(people.ada), service.id)).toEqual({ accounts: 2, revoked: 2 });
    for (const one of [id, other]) expect(await outcomes("account.disconnected", one)).toEqual(["pending", "ok"]);
    await nothingOpen();
  });

  test("has no intent where there is no address for it", async () => {
    const { revoke_url: _none, ...settings } = provider.settings;
    const more = { kind: "oauth2", name: `Deaf ${number}`, settings, base_url: provider.echo.url };
    service = await addService(hub.ctx(people.ada), more);
    id = await account(`Deaf ${number}`);
    expect(await disconnectAccount(ben(), id)).toBe("not possible");
    expect(await outcomes("account.disconnected")).toEqual(["ok"]);
  });
});
