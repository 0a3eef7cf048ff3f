import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { button, field, link, newPerson, openChromium, place, signIn } from "../support/chromium.ts";
import { temporaryFolder } from "../support/postgres.ts";
import { freePort, killAll, start, type Demo } from "./process.ts";

let folder: string;
let demo: Demo;
let browser: Browser;
let ada: Page;

beforeAll(async () => {
  folder = await temporaryFolder();
  const port = String(await freePort());
  demo = await start({ PORT: port, DEMO_DATA_DIR: join(folder, "demo") });
  browser = await openChromium();
  ada = await newPerson(browser, { url: `http://localhost:${port}`, close: async () => undefined });
  const password = demo.lines.find((line) => line.includes("Password"))!.replace(/^ *Password */, "");
  await signIn(ada, "ada@example.com", password);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
  killAll();
  await rm(folder, { recursive: true, force: true });
});

/** From the list of accounts to Acme's own page. */
async function depart(page: Page, name: string): Promise<void> {
  await page.goto("/");
  await place(page, "Connected Accounts");
  await link(page, "Add");
  await page.getByRole("link", { name: "Acme CRM" }).click();
  await field(page, "Name").fill(name);
  await page.getByText("Link to Acme CRM").click();
  await page.getByRole("heading", { name: "Sign in to Acme CRM" }).waitFor();
}

async function choose(page: Page, person: string): Promise<void> {
  await page.getByRole("button", { name: person }).click();
  await page.getByRole("heading", { name: "Allow Signet to use Acme CRM?" }).waitFor();
  expect(await page.locator("main").innerText()).toContain(person);
}

async function save(page: Page, message: string): Promise<void> {
  await page.getByText("Linked as").waitFor();
  await button(page, "Save Changes");
  await page.getByText(message).waitFor();
}

describe("the demo's provider", () => {
  test("is linked by clicking, with the scopes that were ticked", async () => {
    await depart(ada, "As Mateo");
    await choose(ada, "Mateo Silva");
    await ada.getByLabel("Add notes to tickets").uncheck();
    await button(ada, "Allow");
    await ada.getByText("Not granted: notes.write.").waitFor();
    await save(ada, "As Mateo is linked as Mateo Silva.");
  });

  test("links different people in two tabs of one browser", async () => {
    const other = await ada.context().newPage();
    await depart(ada, "First tab");
    await depart(other, "Second tab");
    await choose(ada, "Grace Okafor");
    await choose(other, "Hana Novak");
    await button(ada, "Allow");
    await button(other, "Allow");
    await save(ada, "First tab is linked as Grace Okafor.");
    await save(other, "Second tab is linked as Hana Novak.");
    await other.close();
  });

  test("takes no for an answer", async () => {
    await depart(ada, "Never");
    await choose(ada, "Grace Okafor");
    await button(ada, "Deny");
    await ada.getByText("consent was declined there").first().waitFor();
  });
});
