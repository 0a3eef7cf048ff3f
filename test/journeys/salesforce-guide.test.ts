import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setupToken } from "../../src/people/setup.ts";
import { startApp, type App } from "../support/app.ts";
import { button, field, fill, link, newPerson, openChromium, place, words } from "../support/chromium.ts";
import { decideAt, pointServiceAt } from "../support/salesforce-steps.ts";
import { Salesforce } from "../support/salesforce.ts";
import { newWorld, type TestWorld } from "../support/world.ts";

// The Salesforce guide: from an empty hub to a bot that lists the accounts of an org, and no code is typed on the way.

let hub: TestWorld;
let app: App;
let salesforce: Salesforce;
let browser: Browser;
let ada: Page;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"] });
  app = await startApp(hub.world);
  salesforce = await Salesforce.start(`${app.url}/oauth/callback`);
  browser = await openChromium();
  ada = await newPerson(browser, app);
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await salesforce?.close();
  await hub?.close();
});

/** Presses what begins the import of a package of the library. */
async function pick(name: string): Promise<void> {
  await ada.getByRole("list", { name: "Library" }).getByRole("button", { name, exact: true }).click();
  await ada.getByRole("heading", { level: 1, name: `Import ${name}` }).waitFor();
}

describe("the Salesforce guide", () => {
  test("begins with the first admin, and a service from the library", async () => {
    await ada.goto(`/setup/${await setupToken(hub.world)}`);
    await fill(ada, { Name: "Ada Lovelace", Email: "ada@acme.example", Password: "notes on the engine" });
    await button(ada, "Create the first admin");
    await place(ada, "Connected Services");
    await ada.getByRole("link", { name: "Add", exact: true }).first().click();
    await ada.getByLabel("Search the library").fill("Salesforce");
    await ada
      .getByText(/^\d+ of \d+ services$|^1 service$/)
      .first()
      .waitFor();
    await link(ada, "Salesforce");
    await fill(ada, { "Consumer key": salesforce.app.key, "Consumer secret": salesforce.app.secret });
    await button(ada, "Create");
    await ada.getByText("Salesforce is set up.").waitFor();
    await pointServiceAt(ada, salesforce);
    await ada.getByText("Salesforce is saved.").waitFor();
  });

  test("picks the Salesforce bot, which asks for an account and nothing else", async () => {
    await place(ada, "Bots");
    await link(ada, "Install a package");
    await pick("Salesforce Bot");
    const asked = ada.getByRole("main").locator("form :is(input:not([type=hidden]), select, textarea)");
    expect(await asked.count()).toBe(2);
    expect(await field(ada, "Salesforce account").locator("option").allInnerTexts()).toEqual(["Choose"]);
    await field(ada, "Owner").selectOption("Organization");
  });

  test("links the account on the way, and comes back with it as the answer", async () => {
    await button(ada, "Connect new Salesforce account");
    await field(ada, "Name").fill("Grace's CRM");
    await link(ada, "Link to Salesforce");
    await decideAt(ada, "grace@acme.example", "Allow");
    await button(ada, "Save Changes");
    await ada.getByText("Grace's CRM is linked as grace@acme.example.").waitFor();
    await ada.getByRole("heading", { level: 1, name: "Import Salesforce Bot" }).waitFor();
    expect(await field(ada, "Salesforce account").locator("option:checked").innerText()).toBe("Grace's CRM");
    expect(await field(ada, "Owner").locator("option:checked").innerText()).toBe("Organization");
  });

  test("shows every change, the share of the private account among them, before anything is made", async () => {
    await button(ada, "Preview");
    await ada.getByRole("heading", { name: "What will change" }).waitFor();
    const said = await words(ada);
    for (const change of ["Salesforce Bot Bot", "Shares Grace's CRM with Salesforce Bot", "List accounts Behavior"])
      expect(said).toContain(change);
    expect(await hub.world.database.knex("bots").select("id")).toEqual([]);
    await button(ada, "Import");
    await ada.getByText(/^Salesforce Bot [\d.]+ is installed\.$/).waitFor();
  });

  test("ends with a run that lists the accounts of the org", async () => {
    salesforce.instance.requests.length = 0;
    await link(ada, "List accounts");
    await ada.getByRole("link", { name: "Run", exact: true }).first().click();
    await button(ada, "Run");
    await ada.getByText("Succeeded").first().waitFor();
    await ada.getByText("Acme Robotics").first().waitFor();
    await ada.getByText("Blue Harbour Shipping").first().waitFor();
    const [request] = salesforce.instance.requests;
    expect(request!.path).toContain("/services/data/v66.0/query?q=SELECT");
    expect(await ada.content()).not.toContain(salesforce.app.secret);
  });
});
