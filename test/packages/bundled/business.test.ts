import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateCerb } from "../../support/emulators/cerb.ts";
import { emulateFreshBooks } from "../../support/emulators/freshbooks.ts";
import { APP } from "../../support/emulators/oauth2-rules.ts";
import { emulateStripe } from "../../support/emulators/stripe.ts";
import { Walk } from "../../support/emulators/walk.ts";
import { installOn, lastAt, linesAt, requestsAt, type Installed } from "./installed.ts";

// The bots of the library for customers, tickets and money.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("the Stripe bot", () => {
  const host = "api.stripe.com";
  let bot: Installed;
  let key: string;
  beforeAll(async () => {
    key = emulateStripe(walk).secretKey();
    await walk.enter(await walk.setUp("stripe"), "Stripe of Acme", { token: key });
    bot = await installOn(walk, "stripe", { account: "stripe-of-acme" });
  });

  test("lists customers behind the last one of each page, and finds them by e-mail", async () => {
    const before = requestsAt(walk, host).length;
    const { customers, complete } = (await bot.does("list-customers")) as { customers: object[]; complete: boolean };
    expect([customers.length, complete]).toEqual([150, true]);
    expect(linesAt(walk, host, before)).toEqual([
      "GET /v1/customers?limit=100",
      "GET /v1/customers?limit=100&starting_after=cus_100",
    ]);
    expect(lastAt(walk, host).request.header("authorization")).toBe(`Bearer ${key}`);
    expect(await bot.does("find-customers", { email: "c7@acme.example" })).toEqual({
      customers: [{ id: "cus_7", email: "c7@acme.example", name: null, created_at: "2026-05-31T14:00:00.000Z" }],
    });
  });

  test("creates a customer with a form, and leaves out what is not known", async () => {
    expect(await bot.does("create-customer", { email: "new@acme.example" })).toMatchObject({ id: "cus_1" });
    const { form, request } = lastAt(walk, host);
    expect(form).toBe("email=new@acme.example&metadata[made_by]=Signet");
    expect(request.header("idempotency-key")).toBeTruthy();
  });

  test("lists payments and invoices, and refunds all or a part", async () => {
    expect(await bot.does("list-payments", { customer: "cus_2" })).toMatchObject({
      payments: [{ id: "pi_2", amount: 2000 }],
    });
    expect(await bot.does("list-invoices", { status: "open" })).toMatchObject({
      invoices: [{ id: "in_0", total: 500 }],
    });
    expect(await bot.does("refund-payment", { payment: "pi_3" })).toMatchObject({ amount: 3000, status: "succeeded" });
    expect(lastAt(walk, host).form).toBe("payment_intent=pi_3");
    expect(await bot.does("refund-payment", { payment: "pi_3", amount: 5, reason: "duplicate" })).toMatchObject({
      amount: 5,
    });
    expect(await bot.says("refund-payment", { payment: "pi_9" })).toBe(
      "Stripe answered 404: No such payment_intent: 'pi_9'",
    );
  });
});

describe("the FreshBooks bot", () => {
  const host = "api.freshbooks.com";
  let bot: Installed;
  beforeAll(async () => {
    emulateFreshBooks(walk);
    const scopes = "user:profile:read user:clients:read user:clients:write user:invoices:read user:invoices:write";
    const service = await walk.setUp("freshbooks", { ...CLIENT, scopes });
    bot = await installOn(walk, "freshbooks", { account: await walk.link(service, "FreshBooks of Grace") });
  });

  test("lists businesses, and the invoices of one through all pages", async () => {
    expect(await bot.does("list-businesses")).toEqual({ businesses: [{ account_id: "6BApk", name: "Hopper Ltd" }] });
    const { invoices } = (await bot.does("list-invoices")) as { invoices: object[] };
    expect(invoices).toHaveLength(3);
    expect(invoices[0]).toMatchObject({ number: "0001", amount: "120.00", currency: "USD", client: 7 });
    expect(linesAt(walk, host).slice(-3)).toEqual([
      "GET /auth/api/v1/users/me",
      "GET /accounting/account/6BApk/invoices/invoices?per_page=100",
      "GET /accounting/account/6BApk/invoices/invoices?page=2&per_page=100",
    ]);
    expect(await bot.does("list-clients", { email: "c1@acme.example" })).toMatchObject({
      clients: [{ name: "Client 1" }, {}],
    });
    expect(linesAt(walk, host).at(-1)).toContain("search[email]=c1@acme.example");
  });

  test("makes an invoice and a client, and says what FreshBooks says", async () => {
    const made = await bot.does("create-invoice", {
      client: 7,
      what: "Moth removal",
      unit_cost: 12.5,
      currency: "EUR",
    });
    expect(made).toMatchObject({ id: 2, client: 7, amount: "12.5", currency: "EUR" });
    expect(lastAt(walk, host).json).toMatchObject({
      invoice: { lines: [{ name: "Moth removal", qty: 1 }], create_date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
    });
    expect(await bot.does("create-client", { email: "new@acme.example", last_name: "Hopper" })).toEqual({ id: 9 });
    expect(lastAt(walk, host).json).toEqual({ client: { email: "new@acme.example", lname: "Hopper" } });
    expect(await bot.says("list-invoices", { business: "other" })).toBe(
      "FreshBooks answered 401: The server could not verify that you are authorized.",
    );
  });
});

describe("the Cerb bot", () => {
  const host = "cerb.acme.example";
  let bot: Installed;
  beforeAll(async () => {
    emulateCerb(walk, host);
    const service = await walk.setUp("cerb", { ...CLIENT, host, scopes: "profile api" });
    bot = await installOn(walk, "cerb", { account: await walk.link(service, "Cerb of Grace") });
  });

  test("searches tickets page by page, reads one, and changes its status", async () => {
    const { tickets } = (await bot.does("search-tickets", { query: "status:open" })) as { tickets: object[] };
    expect(tickets).toHaveLength(3);
    expect(tickets[0]).toEqual({
      ...{ id: 1, mask: "ABC-1", subject: "Moth 1", status: "open", group: "Support", owner: "Grace Hopper" },
      updated_at: "2026-05-31T14:00:00.000Z",
    });
    expect(linesAt(walk, host).at(-1)).toBe("GET /rest/records/ticket/search.json?limit=100&page=2&q=status:open");
    expect(await bot.does("get-ticket", { id: 1 })).toMatchObject({ mask: "ABC-1" });
    expect(await bot.does("set-ticket-status", { id: 1, status: "closed" })).toMatchObject({ status: "closed" });
    expect(lastAt(walk, host)).toMatchObject({
      line: "PUT /rest/records/ticket/1.json",
      form: "fields[status]=closed",
    });
  });

  test("makes sentences of errors that come with 200, and keeps quotes out of a search", async () => {
    expect(await bot.says("get-ticket", { id: 9 })).toBe("Cerb refused: Invalid record ID.");
    expect(await bot.says("search-tickets", { query: "open" })).toBe("Cerb refused: Invalid search query.");
    expect(await bot.does("find-person", { email: "alan@acme.example" })).toMatchObject({
      people: [{ id: 5, email: "alan@acme.example" }],
    });
    await bot.does("find-person", { email: 'x" OR email:"alan@acme.example' });
    expect(linesAt(walk, host).at(-1)).toContain('q=email:"x OR email:alan@acme.example"');
  });
});
