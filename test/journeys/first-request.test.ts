import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setupToken } from "../../src/people/setup.ts";
import { startApp, type App } from "../support/app.ts";
import { api } from "../support/app-api.ts";
import { button, field, fill, link, newPerson, openChromium, place, words } from "../support/chromium.ts";
import { decideAt, pointServiceAt } from "../support/salesforce-steps.ts";
import { Salesforce } from "../support/salesforce.ts";
import { newWorld, type TestWorld } from "../support/world.ts";

// From an empty hub to a signed request, and to the end of the account: as people and a bot live through it.

const QUERY = "/services/data/v66.0/query";
const SOQL = { q: "SELECT Name, Owner.Username FROM Contact" };

let hub: TestWorld;
let app: App;
let salesforce: Salesforce;
let browser: Browser;
let ada: Page;
let ben: Page;
let account: { id: string; slug: string };
const tokens = { bot: "", ben: "" };

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"] });
  app = await startApp(hub.world);
  salesforce = await Salesforce.start(`${app.url}/oauth/callback`);
  browser = await openChromium();
  ada = await newPerson(browser, app);
  ben = await newPerson(browser, app);
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await salesforce?.close();
  await hub?.close();
});

/** Contacts of whoever the account is linked as, over the API. */
const contacts = (token: string) =>
  api(app, token, "POST", "/execute", { account: account.slug, url: QUERY, query: SOQL });

describe("an empty hub", () => {
  test("makes its first admin from the link in the terminal, once", async () => {
    const address = `/setup/${await setupToken(hub.world)}`;
    await ada.goto(address);
    await fill(ada, { Name: "Ada Lovelace", Email: "ada@acme.example", Password: "notes on the engine" });
    await button(ada, "Create the first admin");
    await ada.getByRole("navigation", { name: "Main" }).waitFor();
    await ben.goto(address);
    await ben.getByRole("heading", { name: "This link no longer works" }).waitFor();
  });

  test("sets Salesforce up from the library", async () => {
    await place(ada, "Connected Services");
    await ada.getByRole("link", { name: "Add", exact: true }).first().click();
    await ada.getByLabel("Search the library").fill("Salesforce");
    await ada
      .getByText(/^\d+ of \d+ services$|^1 service$/)
      .first()
      .waitFor();
    await link(ada, "Salesforce");
    expect(await field(ada, "Callback address").inputValue()).toBe(`${app.url}/oauth/callback`);
    expect(await words(ada)).toContain(`paste this address as the Callback URL: ${app.url}/oauth/callback`);
    await fill(ada, { "Consumer key": salesforce.app.key, "Consumer secret": salesforce.app.secret });
    await button(ada, "Create");
    await ada.getByText("Salesforce is set up.").waitFor();
    expect(await ada.content()).not.toContain(salesforce.app.secret);
  });

  test("lets an admin point the service at another login host", async () => {
    await pointServiceAt(ada, salesforce);
    await ada.getByText("Salesforce is saved.").waitFor();
  });

  test("invites a colleague, who joins in a browser of their own", async () => {
    await place(ada, "People");
    await ada.getByRole("link", { name: "Add", exact: true }).first().click();
    await fill(ada, { Email: "ben@acme.example", Name: "Ben Bitdiddle" });
    await button(ada, "Invite");
    await ben.goto(await field(ada, "Invitation link").inputValue());
    await fill(ben, { Password: "bicycles and bananas" });
    await button(ben, "Join");
    await ben.getByRole("navigation", { name: "Main" }).waitFor();
    expect(await words(ben)).toContain("Ben");
    tokens.ben = await newOwnToken(ben);
  });
});

describe("a private account", () => {
  test("is linked by consent, and kept by Save Changes only", async () => {
    await place(ada, "Connected Accounts");
    await ada.getByRole("link", { name: "Link an account" }).click();
    await link(ada, "Salesforce");
    await fill(ada, { Name: "Grace's CRM" });
    expect(await field(ada, "Owner").locator("option:checked").innerText()).toContain("private");
    await link(ada, "Link to Salesforce");
    await decideAt(ada, "grace@acme.example", "Allow");
    await ada.getByText("grace@acme.example").waitFor();
    expect(await field(ada, "Name").inputValue()).toBe("Grace's CRM");
    for (const scope of ["api", "refresh_token", "openid"]) expect(await words(ada)).toContain(scope);
    expect(new URL(ada.url()).search).toBe("");
    expect(await hub.world.database.knex("accounts").select("id")).toEqual([]);
    await button(ada, "Save Changes");
    await ada.getByText("Grace's CRM is linked as grace@acme.example.").waitFor();
    await ada.getByRole("heading", { level: 1, name: "Grace's CRM" }).waitFor();
    for (const act of ["Reconnect", "Test now", "Pause"])
      expect(await ada.getByRole("button", { name: act, exact: true }).count()).toBe(1);
    for (const act of ["Manage access", "Rename", "Disconnect"])
      expect(await ada.getByRole("link", { name: act, exact: true }).count()).toBe(1);
    account = await hub.world.database.knex("accounts").first("id", "slug");
  });

  test("is called by its owner's bot over the API and the proxy, where the token answer said", async () => {
    await place(ada, "Bots");
    await ada.getByRole("link", { name: "Make a bot" }).click();
    await fill(ada, { Name: "Night shift" });
    await button(ada, "Create");
    await fill(ada, { Name: "cron" });
    await button(ada, "Issue token");
    tokens.bot = await field(ada, "Token").inputValue();
    expect(tokens.bot).toMatch(/^sgb_/);
    await link(ada, "Back to Night shift");
    expect(await ada.content()).not.toContain(tokens.bot);

    const answer = await contacts(tokens.bot);
    expect(answer.body).toMatchObject({ status: 200, url: expect.stringContaining(salesforce.instance.url) });
    expect(answer.body.body.records[0].Owner.Username).toBe("grace@acme.example");
    const proxied = await viaProxy(tokens.bot);
    expect(proxied.headers.get("sforce-limit-info")).toBe("api-usage=18/5000");
    expect(await proxied.text()).toContain("grace@acme.example");
    expect(salesforce.login.requests.map(({ path }) => path)).not.toContain(expect.stringMatching("/services/data"));
  });

  test("is tried in the console", async () => {
    await place(ada, "Requests");
    await field(ada, "Account").selectOption("Grace's CRM");
    await field(ada, "Method").selectOption("GET");
    await field(ada, "URL").fill(`${QUERY}?q=SELECT+Name+FROM+Contact`);
    await button(ada, "Send");
    const answer = ada.getByRole("region", { name: "Answer", exact: true }).first();
    await answer.getByText("Edith Clarke").waitFor();
    expect(await answer.innerText()).toContain("200");
  });

  test("does not exist for a colleague until it is shared", async () => {
    const page = `/accounts/${account.slug}`;
    expect((await ben.goto(page))?.status()).toBe(404);
    expect(await contacts(tokens.ben)).toMatchObject({ status: 404, body: { code: "not_found" } });

    await ada.goto(page);
    await link(ada, "Manage access");
    await field(ada, "Share with").selectOption("Worker: Ben Bitdiddle");
    await button(ada, "Share");
    await ada.getByText("Grace's CRM is shared.").waitFor();

    expect((await ben.goto(page))?.status()).toBe(200);
    expect(await words(ben)).toContain("You may use it because it is shared with you.");
    expect(await ben.getByRole("link", { name: "Disconnect", exact: true }).count()).toBe(0);
    expect((await contacts(tokens.ben)).body.status).toBe(200);
  });
});

describe("a grant", () => {
  test("is renewed when the session ends", async () => {
    salesforce.endSessions();
    expect((await contacts(tokens.bot)).body.status).toBe(200);
    salesforce.rotation = true;
    salesforce.endSessions();
    expect((await viaProxy(tokens.bot)).status).toBe(200);
    salesforce.endSessions();
    expect((await viaProxy(tokens.bot)).status).toBe(200);
    expect(salesforce.asked.refresh_token).toBe(3);
  });

  test("follows the org to another instance", async () => {
    salesforce.moved = true;
    expect((await contacts(tokens.bot)).body).toMatchObject({
      status: 200,
      url: expect.stringContaining(salesforce.instance.url),
    });
  });

  test("asks for its owner when the provider ends it, and keeps id and shares when reconnected", async () => {
    salesforce.revokeApprovals();
    expect(await contacts(tokens.bot)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    await ada.goto(`/accounts/${account.slug}`);
    await ada.getByText("The provider no longer accepts this sign-in. Reconnect to continue.").first().waitFor();
    await ada.getByText("Needs reconnect").first().waitFor();
    await ada.getByRole("button", { name: "Reconnect", exact: true }).first().click();
    await decideAt(ada, "grace@acme.example", "Allow");
    await button(ada, "Save Changes");
    await ada.getByText("Grace's CRM is linked as grace@acme.example.").waitFor();
    expect(await hub.world.database.knex("accounts").select("id", "slug")).toEqual([account]);
    expect((await contacts(tokens.bot)).body.status).toBe(200);
    expect((await contacts(tokens.ben)).body.status).toBe(200);
  });

  test("is another's only when that is confirmed", async () => {
    await button(ada, "Reconnect");
    await decideAt(ada, "alan@acme.example", "Allow");
    await ada.getByText("This is a different identity").waitFor();
    await button(ada, "Save Changes");
    const other = ada.getByLabel("Use alan@acme.example instead of grace@acme.example from now on");
    expect(await other.evaluate((box: HTMLInputElement) => box.validity.valueMissing)).toBe(true);
    expect((await contacts(tokens.bot)).body.body.records[0].Owner.Username).toBe("grace@acme.example");
    await other.check();
    await button(ada, "Save Changes");
    await ada.getByText("Grace's CRM is linked as alan@acme.example.").waitFor();
    expect((await contacts(tokens.bot)).body.body.records[0].Owner.Username).toBe("alan@acme.example");
  });

  test("is revoked at the provider when the account is disconnected", async () => {
    await link(ada, "Disconnect");
    const ends = ada.getByRole("main");
    await ends.getByRole("heading", { name: "What will stop" }).waitFor();
    await ends.getByText("Ben Bitdiddle").waitFor();
    await button(ada, "Disconnect");
    await ada.getByText("Salesforce revoked the grant.").waitFor();
    expect(salesforce.revoked).toHaveLength(1);
    expect(await contacts(tokens.bot)).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect((await viaProxy(tokens.bot)).status).toBe(404);
    expect((await ben.goto(`/accounts/${account.slug}`))?.status()).toBe(404);
  });
});

function viaProxy(token: string): Promise<Response> {
  const address = `${app.url}/proxy/${account.slug}${QUERY}?${new URLSearchParams(SOQL).toString()}`;
  return fetch(address, { headers: { authorization: `Bearer ${token}` } });
}

async function newOwnToken(page: Page): Promise<string> {
  await place(page, "Settings");
  await link(page, "Tokens");
  await page.getByRole("link", { name: "New token" }).first().click();
  await fill(page, { Name: "laptop" });
  await button(page, "Create");
  return field(page, "laptop").inputValue();
}
