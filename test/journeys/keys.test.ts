import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { button, field, fill, link, place, words } from "../support/chromium.ts";
import { json, newEcho, type Answer, type Echo } from "../support/echo.ts";
import { bearerService } from "../support/services.ts";

// Accounts with a key: tried before they are kept, and never shown again. And all of it without script.

const RIGHT = "canary-right-key-4711";
const WRONG = "canary-wrong-key-0815";

let stage: Stage;
let helpdesk: Echo;
let ben: Page;
beforeAll(async () => {
  stage = await newStage();
  helpdesk = await newEcho(whoAmI);
  const test = { method: "GET", url: "/me", identity: { id: "id", label: "email" } };
  await bearerService(stage.hub, stage.people.ada, helpdesk.url, { name: "Helpdesk", test });
  ben = await stage.open("ben");
});
afterAll(async () => {
  await stage?.close();
  await helpdesk?.close();
});

const whoAmI: Answer = (request, response) => {
  const key = request.header("authorization") ?? request.header("x-api-key") ?? "";
  if (!key.endsWith(RIGHT)) return json({ error: "bad key" }, 401)(request, response);
  return json({ id: 7, email: "support@acme.example" })(request, response);
};

async function newAccount(page: Page, name: string, token: string): Promise<void> {
  await page.goto("/accounts/new");
  await link(page, "Helpdesk");
  await fill(page, { Name: name, Token: token });
  await button(page, "Save Changes");
}

describe("a key", () => {
  test("that the provider refuses is not kept, and the form keeps everything else", async () => {
    await newAccount(ben, "Support inbox", WRONG);
    await ben.getByText("Helpdesk does not accept it (answer 401).").first().waitFor();
    expect(await field(ben, "Name").inputValue()).toBe("Support inbox");
    expect(await field(ben, "Token").inputValue()).toBe("");
    expect(await ben.content()).not.toContain(WRONG);
    expect(await stage.hub.world.database.knex("accounts").select("id")).toEqual([]);
  });

  test("is kept all the same when somebody insists", async () => {
    await fill(ben, { Token: WRONG });
    await button(ben, "Save anyway");
    await ben.getByText("Support inbox is connected.").waitFor();
  });

  test("is replaced without ever being shown, once the new one works", async () => {
    await link(ben, "Reconnect");
    await ben.getByText("saved, hidden").click();
    await field(ben, "New Token").fill(RIGHT);
    await button(ben, "Save Changes");
    await ben.getByText("The key of Support inbox is replaced.").waitFor();
    await button(ben, "Test now");
    await ben.getByText("Helpdesk knows it as support@acme.example.").waitFor();
    expect(await ben.content()).not.toContain(RIGHT);
  });

  test("that works names its identity at once", async () => {
    await newAccount(ben, "Second inbox", RIGHT);
    await ben.getByText("Second inbox is connected. Helpdesk knows it as support@acme.example.").waitFor();
  });
});

describe("without script", () => {
  test("a service is built, an account connected and a request sent", async () => {
    const ada = await stage.open("ada", { javaScriptEnabled: false });
    await place(ada, "Connected Services");
    await ada.getByRole("link", { name: "Add", exact: true }).first().click();
    await link(ada, "Build");
    await link(ada, "API key");
    await fill(ada, { Name: "Plain desk", "Base URL": helpdesk.url });
    await ada.locator("#field-settings-name").fill("X-Api-Key");
    await button(ada, "Create");
    await ada.getByText("Plain desk is set up.").waitFor();
    await ada.getByRole("link", { name: "Link an account" }).first().click();
    await fill(ada, { Name: "Plain inbox", Key: RIGHT });
    await button(ada, "Save Changes");
    await ada.getByText("Plain inbox is connected.").waitFor();

    await place(ada, "Requests");
    await field(ada, "Account").selectOption("Plain inbox");
    await fill(ada, { URL: "/me" });
    await button(ada, "Send");
    await ada.getByText("200 OK").first().waitFor();
    expect(await words(ada)).toContain("support@acme.example");
    expect(helpdesk.last.header("x-api-key")).toBe(RIGHT);
    expect(await ada.content()).not.toContain(RIGHT);
  });
});
