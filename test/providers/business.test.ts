import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateCerb } from "../support/emulators/cerb.ts";
import { emulateFreshBooks } from "../support/emulators/freshbooks.ts";
import { ALAN, GRACE } from "../support/emulators/http.ts";
import { echoAt } from "../support/emulators/internet.ts";
import { APP } from "../support/emulators/oauth2-rules.ts";
import { emulateStripe } from "../support/emulators/stripe.ts";
import { Walk, wordsOf } from "../support/emulators/walk.ts";
import { Salesforce } from "../support/salesforce.ts";

// Providers of the seed list where a company keeps its customers and its books.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("Salesforce", () => {
  const query = { url: "/services/data/v66.0/query", query: { q: "SELECT Name, Owner.Username FROM Contact" } };
  let salesforce: Salesforce;
  let service: string;
  let account: string;
  beforeAll(async () => {
    salesforce = await Salesforce.start(walk.callback, (host) => Promise.resolve(echoAt(walk.internet, host)));
    service = await walk.setUp("salesforce", { client_id: salesforce.app.key, client_secret: salesforce.app.secret });
    account = await link("Salesforce of Grace", "grace@acme.example");
  });

  /** Its page of consent is two forms. */
  async function link(name: string, username: string): Promise<string> {
    const ben = await walk.browser("ben");
    const departed = await ben.post("/accounts/link", { service, name });
    const body = new URLSearchParams({ asked: new URL(departed.location!).search.slice(1), username, save: "Allow" });
    const approved = await fetch("https://login.salesforce.com/approve", { method: "POST", body, redirect: "manual" });
    const back = await ben.get(approved.headers.get("location")!);
    expect(wordsOf(await ben.follow(back))).toContain(`Linked as ${username}`);
    const saved = await ben.post(`${back.location}/save`, { name });
    return saved.location!.split("/").at(-1)!;
  }

  test("links by consent at the login host, and calls the instance that the token answer names", async () => {
    const answer = await walk.answer(account, query);
    expect(answer.url).toMatch(/^https:\/\/acme\.my\.salesforce\.com\//);
    expect(answer.body.records[0].Owner.Username).toBe("grace@acme.example");
    const wrong = await walk.answer(account, { ...query, query: { q: "DROP" } });
    expect(wrong).toMatchObject({ status: 400, body: [{ errorCode: "MALFORMED_QUERY" }] });
  });

  test("renews when the session ended, which nothing had told, and follows the org to another instance", async () => {
    salesforce.endSessions();
    expect((await walk.answer(account, query)).status).toBe(200);
    salesforce.rotation = true;
    salesforce.moved = true;
    salesforce.endSessions();
    expect((await walk.answer(account, query)).url).toMatch(/^https:\/\/acme2\.my\.salesforce\.com\//);
  });

  test("asks for a person once the approval was taken back, and revokes when disconnected", async () => {
    salesforce.revokeApprovals();
    expect(await walk.execute(account, query)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    expect(await walk.page(account)).toContain("The provider no longer accepts this sign-in. Reconnect to continue.");
    const other = await link("Salesforce of Alan", "alan@acme.example");
    expect(await walk.disconnect(other)).toContain("Salesforce revoked the grant.");
    expect(salesforce.revoked).toHaveLength(1);
  });
});

describe("FreshBooks", () => {
  let freshbooks: ReturnType<typeof emulateFreshBooks>;
  let service: string;
  let account: string;
  const me = { url: "/auth/api/v1/users/me" };
  beforeAll(async () => {
    freshbooks = emulateFreshBooks(walk);
    service = await walk.setUp("freshbooks", CLIENT);
    account = await walk.link(service, "FreshBooks of Grace");
  });

  test("links by consent without PKCE, and reads the books of the one who linked", async () => {
    expect(await walk.page(account)).toContain(GRACE.email);
    const invoices = await walk.answer(account, { url: "/accounting/account/{account_id}/invoices/invoices" });
    expect(invoices.url).toContain(freshbooks.account);
    expect(invoices.body.response.result.invoices[0].owner).toBe(GRACE.email);
  });

  test("renews after half a day with a refresh token that is good once, naming the callback address", async () => {
    for (const _ of [1, 2]) {
      walk.pass({ hours: 13 });
      expect((await walk.answer(account, me)).status).toBe(200);
    }
  });

  test("tells a missing scope and a foreign account, and asks for a person once the access was taken back", async () => {
    const invoices = `/accounting/account/${freshbooks.account}/invoices/invoices`;
    const refused = await walk.answer(account, { method: "POST", url: invoices, body: {} });
    expect(refused).toMatchObject({ status: 403, body: { message: "Missing scope: user:invoices:write" } });
    const other = await walk.link(service, "FreshBooks of Alan", { as: ALAN });
    freshbooks.oauth.endAll(GRACE);
    expect(await walk.execute(account, me)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    const foreign = await walk.answer(other, { url: "/accounting/account/zzz/invoices/invoices" });
    expect(foreign).toMatchObject({ status: 401, body: { response: { errors: [{ errno: 1003 }] } } });
  });

  test("revokes the grant when the account is disconnected", async () => {
    const ended = await walk.link(service, "FreshBooks to end");
    expect(await walk.disconnect(ended)).toContain("FreshBooks revoked the grant.");
    expect(freshbooks.oauth.revoked).toHaveLength(1);
  });
});

describe("Stripe", () => {
  let stripe: ReturnType<typeof emulateStripe>;
  let service: string;
  const customer = { method: "POST", url: "/v1/customers" };
  beforeAll(async () => {
    stripe = emulateStripe(walk);
    service = await walk.setUp("stripe");
  });

  test("takes a secret key, and sends forms with brackets", async () => {
    const { words } = await walk.enter(service, "Stripe", { token: stripe.secretKey() });
    expect(words).toContain("Stripe knows it as Acme.");
    const form = { email: GRACE.email, "metadata[bot]": "night-shift" };
    const made = await walk.answer("stripe", { ...customer, form, headers: { "idempotency-key": "once" } });
    expect(made).toMatchObject({ status: 200, body: { email: GRACE.email, metadata: { bot: "night-shift" } } });
    expect(made.headers["idempotency-key"]).toBe("once");
    const json = await walk.answer("stripe", { ...customer, body: { email: GRACE.email } });
    expect(json).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error" } } });
  });

  test("takes a restricted key, and tells what it may not do", async () => {
    const token = stripe.restrictedKey("account_read");
    expect((await walk.enter(service, "Stripe restricted", { token })).saved).toBe(true);
    const refused = await walk.answer("stripe-restricted", { ...customer, form: { email: GRACE.email } });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "more_permissions_required" } } });
  });

  test("takes the key as the user name of Basic as well", async () => {
    const basic = await walk.setUp("generic-basic", { base_url: "https://api.stripe.com", test_path: "/v1/account" });
    const secret = { username: stripe.secretKey(), password: "" };
    expect((await walk.enter(basic, "Stripe by Basic", secret)).saved).toBe(true);
    expect((await walk.answer("stripe-by-basic", { url: "/v1/account" })).body.id).toBe(stripe.account.id);
  });

  test("links another account by Connect, with the platform's key for a client secret, and ends that when disconnected", async () => {
    const connect = await walk.setUp("stripe-connect", CLIENT);
    const [grace, alan] = [
      await walk.link(connect, "Shop of Grace"),
      await walk.link(connect, "Shop of Alan", { as: ALAN }),
    ];
    expect((await walk.answer(grace, { url: "/v1/account" })).body.id).toBe("acct_grace");
    expect(await walk.disconnect(grace)).toContain("Stripe Connect revoked the grant.");
    expect(stripe.deauthorized).toEqual(["acct_grace"]);
    expect((await walk.answer(alan, { url: "/v1/account" })).body.id).toBe("acct_alan");
    stripe.disconnect("acct_alan");
    expect(await walk.execute(alan, { url: "/v1/account" })).toMatchObject({ body: { code: "needs_reconnect" } });
  });

  test("refuses a publishable key, and says when a key was rolled there", async () => {
    const { saved, words } = await walk.enter(service, "Stripe public", { token: "pk_test_nobody" });
    expect([saved, words]).toEqual([false, expect.stringContaining("Stripe does not accept it (answer 401).")]);
    stripe.deleteKeys();
    const dead = await walk.answer("stripe", { url: "/v1/account" });
    expect(dead).toMatchObject({
      status: 401,
      body: { error: { message: expect.stringContaining("Invalid API Key") } },
    });
    expect(await walk.test("stripe")).toContain("Stripe does not accept it (answer 401).");
    expect(await walk.disconnect("stripe")).toContain("Stripe can not be told");
  });
});

describe("Cerb", () => {
  let cerb: ReturnType<typeof emulateCerb>;
  let service: string;
  let account: string;
  const search = { method: "POST", url: "/tickets/search.json?show_meta=0", form: { q: "status:o" } };
  beforeAll(async () => {
    cerb = emulateCerb(walk, "cerb.acme.example");
    service = await walk.setUp("cerb", { ...CLIENT, host: "cerb.acme.example", scopes: "profile api" });
    account = await walk.link(service, "Cerb of Grace");
  });

  test("links by consent at a host of one's own, and works as the worker who linked", async () => {
    expect(await walk.page(account)).toContain("Identity Grace Hopper");
    const found = await walk.answer(account, search);
    expect(found.body.results).toEqual([{ mask: "ABC-123", owner: "Grace Hopper", asked: "status:o" }]);
  });

  test("renews each hour with a refresh token that is good once, for a month at most", async () => {
    for (const _ of [1, 2]) {
      walk.pass({ hours: 2 });
      expect((await walk.answer(account, search)).body.__status).toBe("success");
    }
    walk.pass({ days: 32 });
    expect(await walk.execute(account, search)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    expect(await walk.reconnect(account)).toContain("Cerb of Grace is linked as Grace Hopper.");
  });

  test("tells refusals that come with 200: a scope that is missing, a token that was taken back", async () => {
    const reader = await walk.link(service, "Cerb for reading", { only: "profile api:read-only" });
    const refused = await walk.answer(reader, search);
    expect(refused).toMatchObject({
      status: 200,
      body: { __status: "error", message: expect.stringMatching(/permission/) },
    });
    cerb.oauth.endAll();
    expect(await walk.execute(account, search)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    expect(await walk.disconnect(account)).toContain("Cerb can not be told");
  });

  test("signs each request with a key pair of the older kind, body and query included", async () => {
    const signed = await walk.setUp("cerb-signed", { host: "cerb.acme.example" });
    const { words } = await walk.enter(signed, "Cerb signed", cerb.keyPair(ALAN));
    expect(words).toContain("Cerb (signed header) knows it as Alan Turing");
    const found = await walk.answer("cerb-signed", {
      ...search,
      url: "/tickets/search.json?show_meta=0&expand=b&a=%C3%A4",
    });
    expect(found.body.results).toEqual([{ mask: "ABC-123", owner: "Alan Turing", asked: "status:o" }]);
    cerb.deleteKeys();
    const refused = await walk.answer("cerb-signed", search);
    expect(refused.body.message).toBe("Access denied! (Invalid credentials: access key)");
    expect(await walk.test("cerb-signed")).toContain("Cerb (signed header) does not accept it (answer 200).");
  });
});
