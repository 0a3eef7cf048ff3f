import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import type { Preview } from "../../src/accounts/preview.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { testAccount } from "../../src/accounts/test.ts";
import type { Account } from "../../src/accounts/account.ts";
import { addService, type AddService } from "../../src/services/add.ts";
import type { Service } from "../../src/services/service.ts";
import { json, newEcho, type Answer, type Echo } from "../support/echo.ts";
import { consented, linked } from "../support/linked.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

// What a link learns of an account: it leads every later request to the right place.

let hub: TestWorld;
let people: Cast;
let echo: Echo;
let answers: Record<string, Answer>;
let time = new Date("2026-11-05T12:00:00Z");
let number = 0;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"], clock: () => time });
  people = await cast(hub.world);
  echo = await newEcho((request, response) => {
    const answer = answers[new URL(request.path, echo.url).pathname];
    return (answer ?? json({ path: request.path, headers: Object.fromEntries(request.headers) }))(request, response);
  });
});
afterAll(async () => {
  await echo?.close();
  await hub?.close();
});
beforeEach(() => {
  time = new Date("2026-11-05T12:00:00Z");
  answers = { "/token": json({ access_token: "canary-access-1", company: { id: "acme/7" } }) };
});

const ben = () => hub.ctx(people.ben);
const grantCode = () => ({ code: "the-code" });

function service(settings: object = {}, more: Partial<AddService> = {}): Promise<Service> {
  return addService(hub.ctx(people.ada), {
    kind: "oauth2",
    name: `CRM ${++number}`,
    settings: { authorize_url: `${echo.url}/authorize`, token_url: `${echo.url}/token`, client_id: "c", ...settings },
    base_url: `${echo.url}/companies/{company}/v3`,
    ...more,
  } as AddService);
}

const learning = { token_metadata: { company: "company.id" } };
const get = (account: Account, url: string, more: object = {}) =>
  execute(ben(), { account: account.id, url, ...more }) as Promise<Executed>;
const arrived = () => echo.last.path;

describe("what was learned", () => {
  test("stands in the base URL, in headers and in paths, as one segment", async () => {
    const crm = await service(learning, { headers: { "X-Company": "{company}", "X-Region": "{region}" } });
    const account = await linked(ben(), crm, grantCode);
    expect(account).toMatchObject({ baseUrl: null, metadata: { company: "acme/7" } });
    const seen = await get(account, "/contacts?company={company}");
    expect(arrived()).toBe("/companies/acme%2F7/v3/contacts?company={company}");
    expect(seen.body).toMatchObject({ headers: { "X-Company": "acme/7" } });
    expect(echo.last.header("x-region")).toBeUndefined();
    await get(account, `${echo.url}/v4/{company}/{unknown}/x`);
    expect(arrived()).toBe("/v4/acme%2F7/%7Bunknown%7D/x");
  });

  test("is shown to who simulates and to who reads the audit, as it would be sent", async () => {
    const account = await linked(ben(), await service(learning, { headers: { "X-Company": "{company}" } }), grantCode);
    const preview = (await execute(ben(), { account: account.id, url: "/{company}", simulate: true })) as Preview;
    expect(preview.request).toMatchObject({
      url: `${echo.url}/companies/acme%2F7/v3/acme%2F7`,
      headers: { "x-company": "acme/7" },
    });
    const { request_id } = await get(account, "/contacts");
    await hub.world.audit.catchUp(hub.world.database.knex);
    const rows = (await auditRows(hub.world)).filter((row) => row.request_id === request_id);
    expect(rows.map(({ facts }) => facts.path)).toEqual([
      "/companies/acme%2F7/v3/contacts",
      "/companies/acme%2F7/v3/contacts",
    ]);
  });

  test("opens no path that a share does not cover", async () => {
    answers["/token"] = json({ access_token: "canary-access-1", company: { id: "admin" } });
    const account = await linked(ben(), await service(learning), grantCode);
    await shareAccount(ben(), account.id, {
      with: { type: "worker", id: people.cleo.id },
      rules: [{ paths: ["/companies/*/v3/contacts"] }],
    });
    const cleo = hub.ctx(people.cleo);
    const asCleo = (url: string) => execute(cleo, { account: account.id, url });
    expect(await asCleo("/contacts")).toMatchObject({ status: 200 });
    await expect(asCleo("/{company}")).rejects.toMatchObject({ code: "rule_denied" });
  });

  test.each(["..", ".", ""])("leads nowhere when it is %j", async (id) => {
    answers["/token"] = json({ access_token: "canary-access-1", company: { id } });
    const link = await consented(ben(), await service(learning), grantCode);
    expect(link).toMatchObject({
      state: "failed",
      error: expect.stringContaining("did not tell what its base URL needs"),
    });
  });

  test("comes from the callback as well, only in the form that the service describes", async () => {
    const crm = await service({ callback_metadata: { company: "realmId #" } });
    const account = await linked(ben(), crm, () => ({ code: "c", realmId: "4620816" }));
    await get(account, "/contacts");
    expect(arrived()).toBe("/companies/4620816/v3/contacts");
    const link = await consented(ben(), crm, () => ({ code: "c", realmId: "46/../.." }));
    expect(link).toMatchObject({ state: "failed", error: expect.stringContaining('does not tell "realmId"') });
  });

  test("may be the host, if it is one of the service's", async () => {
    const at = { base_url: "http://{site}/v1", hosts: [echo.host] };
    const crm = await service({ token_metadata: { site: "site" } }, at);
    answers["/token"] = json({ access_token: "canary-access-1", site: `${echo.url}/` });
    const account = await linked(ben(), crm, grantCode);
    await get(account, "/contacts");
    expect(arrived()).toBe("/v1/contacts");
    expect(crm.hosts).toEqual([echo.host]);
    for (const site of ["https://evil.example", "evil.example", "127.0.0.1:1"]) {
      answers["/token"] = json({ access_token: "canary-access-1", site });
      const link = await consented(ben(), crm, grantCode);
      expect(link).toMatchObject({ state: "failed", error: expect.stringContaining("not among the hosts") });
    }
  });

  test("follows a renewal, and a new base URL of the service", async () => {
    answers["/token"] = json({
      access_token: "canary-access-1",
      refresh_token: "canary-refresh-1",
      expires_in: 60,
      company: { id: "a" },
    });
    const account = await linked(ben(), await service(learning), grantCode);
    answers["/token"] = json({ access_token: "canary-access-2", expires_in: 3600, company: { id: "b" } });
    time = new Date(time.getTime() + 61_000);
    await get(account, "/contacts");
    expect(echo.last.header("authorization")).toBe("Bearer canary-access-2");
    await get(account, "/contacts");
    expect(arrived()).toBe("/companies/b/v3/contacts");
  });

  test("is taken anew when the account is linked again", async () => {
    const crm = await service(learning);
    const account = await linked(ben(), crm, grantCode);
    answers["/token"] = json({ access_token: "canary-access-2", company: { id: "b-corp" } });
    const again = await linked(ben(), crm, grantCode, { account: account.id });
    expect(again).toMatchObject({ id: account.id, metadata: { company: "b-corp" } });
    await get(account, "/contacts");
    expect(arrived()).toBe("/companies/b-corp/v3/contacts");
  });
});

describe("who an account belongs to", () => {
  test("is told by the token answer where no request tells it", async () => {
    answers["/token"] = json({ access_token: "canary-access-1", company: { id: "7" }, user: { id: 42, name: "Ada" } });
    const crm = await service({ ...learning, identity_from: "user.id", label_from: "user.name" });
    expect((await linked(ben(), crm, grantCode)).identity).toEqual({ id: "42", label: "Ada" });
  });

  test("and until when, where the provider ends every consent after a while", async () => {
    const account = await linked(ben(), await service({ ...learning, consent_days: 180 }), grantCode);
    expect(account.expiresOn).toBe("2027-05-04");
  });

  test("is asked with what was learned", async () => {
    answers["/companies/acme%2F7/v3/me"] = json({ errors: null, id: 7, "a.b": { name: "Acme" } });
    const crm = await service(learning, {
      test: { url: "/me", identity: { id: "id", label: "a\\.b.name" }, success: { path: "errors", absent: true } },
    });
    const account = await linked(ben(), crm, grantCode);
    expect(account.identity).toEqual({ id: "7", label: "Acme" });
    answers["/companies/acme%2F7/v3/me"] = json({ errors: [{ message: "no" }] });
    expect(await testAccount(ben(), account.id)).toMatchObject({ worked: false, status: 200 });
  });
});

describe("an API that says in a body what others say by a status", () => {
  const signs = { auth_failure_body: { "error.code": "190|463" } };
  const won = {
    access_token: "canary-access-1",
    refresh_token: "canary-refresh-1",
    expires_in: 3600,
    company: { id: "7" },
  };

  test("has its token renewed and the request sent again", async () => {
    answers["/token"] = json(won);
    const account = await linked(ben(), await service({ ...learning, ...signs }), grantCode);
    answers["/token"] = json({ ...won, access_token: "canary-access-2" });
    answers["/companies/7/v3/me"] = (request, response) =>
      json(request.header("authorization") === "Bearer canary-access-2" ? { id: 1 } : { error: { code: 463 } }, 400)(
        request,
        response,
      );
    expect(await get(account, "/me")).toMatchObject({ body: { id: 1 } });
  });

  test("is left alone when it says something else", async () => {
    answers["/token"] = json(won);
    const account = await linked(ben(), await service({ ...learning, ...signs }), grantCode);
    const before = echo.requests.length;
    for (const body of [{ error: { code: 4 } }, { error: { code: [190] } }, { error: "190" }, [190], "190"]) {
      answers["/companies/7/v3/me"] = json(body, 400);
      expect(await get(account, "/me")).toMatchObject({ status: 400 });
    }
    expect(echo.requests.length).toBe(before + 5);
  });
});

test("a provider that refuses early renewals is asked late, and never because of a 401 before", async () => {
  const won = {
    access_token: "canary-access-1",
    refresh_token: "canary-refresh-1",
    expires_in: 600,
    company: { id: "7" },
  };
  answers["/token"] = json(won);
  const account = await linked(ben(), await service({ ...learning, refresh_margin_seconds: 30 }), grantCode);
  answers["/token"] = json({ error: "invalid_request" }, 400);
  answers["/companies/7/v3/me"] = json({}, 401);
  time = new Date(time.getTime() + 560_000);
  expect(await get(account, "/me")).toMatchObject({ status: 401 });
  answers["/token"] = json({ ...won, access_token: "canary-access-2" });
  time = new Date(time.getTime() + 11_000);
  delete answers["/companies/7/v3/me"];
  await get(account, "/me");
  expect(echo.last.header("authorization")).toBe("Bearer canary-access-2");
});
