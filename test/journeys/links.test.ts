import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tidyLinks } from "../../src/accounts/link-save.ts";
import { issueToken } from "../../src/people/token.ts";
import type { Service } from "../../src/services/service.ts";
import { api } from "../support/app-api.ts";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { button, field, link, words } from "../support/chromium.ts";
import { addressAfter, decideAt, salesforceService, startLink } from "../support/salesforce-steps.ts";

// Links that go another way than straight through.

let stage: Stage;
let service: Service;
let ben: Page;
let cleo: Page;
beforeAll(async () => {
  stage = await newStage();
  service = await salesforceService(stage.hub, stage.people.ada, stage.salesforce);
  ben = await stage.open("ben");
  cleo = await stage.open("cleo");
});
afterAll(() => stage?.close());

const names = () => stage.hub.world.database.knex("accounts").orderBy("name").pluck("name");
const secrets = async () => Number((await stage.hub.world.database.knex("secrets").count("* as n").first())!.n);

/** Decides at Salesforce and returns the address to which that leads back. */
async function cameBackTo(page: Page, decision: "Allow" | "Deny"): Promise<string> {
  const [callback] = await Promise.all([
    page.waitForRequest(/\/oauth\/callback\?/),
    decideAt(page, "grace@acme.example", decision),
  ]);
  await page.waitForURL(/\/links\//);
  return callback.url();
}

describe("two tabs at once", () => {
  test("link two people without disturbing each other", async () => {
    const other = await ben.context().newPage();
    await startLink(ben, "First tab");
    await startLink(other, "Second tab");
    await decideAt(other, "alan@acme.example", "Allow");
    await decideAt(ben, "grace@acme.example", "Allow");
    for (const [page, name] of [
      [ben, "First tab"],
      [other, "Second tab"],
    ] as const) {
      await page.getByText("Linked as").waitFor();
      expect(await field(page, "Name").inputValue()).toBe(name);
      await button(page, "Save Changes");
      await page.getByText(`${name} is linked as`).waitFor();
    }
    const accounts = await stage.hub.world.database.knex("accounts").orderBy("name").select("name", "identity_label");
    expect(accounts).toEqual([
      { name: "First tab", identity_label: "grace@acme.example" },
      { name: "Second tab", identity_label: "alan@acme.example" },
    ]);
    await other.close();
  });
});

describe("a provider's answer", () => {
  test("of no says so, keeps what was typed and offers to link again", async () => {
    await startLink(ben, "Denied");
    await cameBackTo(ben, "Deny");
    await ben.getByText("Nothing was linked.").waitFor();
    expect(await words(ben)).toContain("consent was declined there. Nothing was saved.");
    expect(await field(ben, "Name").inputValue()).toBe("Denied");
    expect(await ben.getByRole("button", { name: "Save Changes" }).isDisabled()).toBe(true);
    await link(ben, "Link to Salesforce");
    await ben.getByRole("heading", { name: "Saved usernames" }).waitFor();
  });

  test("is taken once", async () => {
    await startLink(ben, "Replayed");
    const callback = await cameBackTo(ben, "Allow");
    await ben.getByText("Linked as").waitFor();
    const exchanges = stage.salesforce.asked.authorization_code;
    expect((await ben.goto(callback))?.status()).toBe(400);
    await ben.getByRole("heading", { name: "Nothing was linked" }).waitFor();
    await ben.getByRole("link", { name: "Start the link again" }).waitFor();
    expect(stage.salesforce.asked.authorization_code).toBe(exchanges);
  });

  test("counts only in the browser that asked", async () => {
    await startLink(ben, "Foreign");
    const address = await addressAfter(ben, stage.salesforce, "grace@acme.example");
    const exchanges = stage.salesforce.asked.authorization_code;
    await cleo.goto(address);
    expect(await words(cleo)).toContain("started in another browser");
    expect(await words(cleo)).not.toContain("grace@acme.example");
    expect(stage.salesforce.asked.authorization_code).toBe(exchanges);
    // Nor does it link anything for Ben any more.
    await ben.goto(address);
    await ben.getByRole("heading", { name: "Nothing was linked" }).waitFor();
  });

  test("is too late after ten minutes", async () => {
    await startLink(ben, "Late");
    stage.pass(11);
    await cameBackTo(ben, "Allow");
    await ben.getByText("The sign-in took longer than ten minutes. Start the link again.").waitFor();
    expect(await names()).toEqual(["First tab", "Second tab"]);
  });
});

describe("an abandoned link", () => {
  test("keeps nothing", async () => {
    const before = await secrets();
    await startLink(ben, "Abandoned");
    await cameBackTo(ben, "Allow");
    await ben.getByText("Linked as").waitFor();
    expect(await secrets()).toBeGreaterThan(before);
    stage.pass(16);
    await tidyLinks(stage.hub.ctx());
    expect(await secrets()).toBeLessThanOrEqual(before);
    await button(ben, "Save Changes");
    await ben.getByText("The link was not saved in time. Start it again.").first().waitFor();
    expect(await names()).toEqual(["First tab", "Second tab"]);
  });
});

describe("a connect link", () => {
  test("lets somebody without sign-in link their own identity for the worker who asked", async () => {
    const holder = { type: "worker" as const, id: stage.people.ben.id! };
    const { token } = await issueToken(stage.hub.ctx(stage.people.ben), {
      holder,
      name: "desk",
      scopes: ["manage", "read"],
      expiresAt: null,
    });
    const begun = await api(stage.app, token, "POST", "/links", { service: service.id, name: "Alan's own" });
    expect(begun.status).toBe(201);
    const guest = await stage.open();
    await guest.goto(begun.body.url);
    expect(await words(guest)).toContain("Ben Worker asks you to allow Signet to use Salesforce in your name.");
    await button(guest, "Continue to Salesforce");
    await decideAt(guest, "alan@acme.example", "Allow");
    await guest.getByRole("heading", { name: "Linked as alan@acme.example" }).waitFor();
    expect(await names()).toHaveLength(2);
    const state = await api(stage.app, token, "GET", `/links/${begun.body.id}`);
    expect(state.body).toMatchObject({ state: "linked", identity: { label: "alan@acme.example" } });
    const saved = await api(stage.app, token, "POST", `/links/${begun.body.id}/save`);
    expect(saved).toMatchObject({ status: 201, body: { name: "Alan's own", state: "active" } });
    expect((await guest.goto(begun.body.url))?.status()).toBe(404);
    await guest.getByRole("heading", { name: "This link no longer works" }).waitFor();
  });
});
