import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getBehavior } from "../../src/behaviors/browse.ts";
import { startRun } from "../../src/runs/start.ts";
import { button, field, fill, link, place, words } from "../support/chromium.ts";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { decideAt, salesforceService } from "../support/salesforce-steps.ts";

// The behavior of the Salesforce guide, built by somebody who writes no code: a path and a placeholder are all that is
// typed besides names.

let stage: Stage;
let ada: Page;
const behavior = () => getBehavior(stage.hub.ctx(stage.people.ada), "salesforce-bot/list-accounts");

beforeAll(async () => {
  stage = await newStage();
  await salesforceService(stage.hub, stage.people.ada, stage.salesforce);
  ada = await stage.open("ada");
});
afterAll(() => stage?.close());

describe("Ada, from an empty bot,", () => {
  test("makes the bot and a behavior of it", async () => {
    await place(ada, "Bots");
    await link(ada, "Make a bot");
    await fill(ada, { Name: "Salesforce bot" });
    await button(ada, "Create");
    await link(ada, "Make a behavior");
    await fill(ada, { Title: "List accounts" });
    await button(ada, "Create");
    await ada.getByRole("heading", { name: "What should it do first?" }).waitFor();
  });

  test("asks for what the run needs", async () => {
    await ada
      .getByRole("navigation", { name: "Steps" })
      .getByRole("link", { name: /^Inputs/ })
      .click();
    await fill(ada, { Name: "version", Label: "API version", Default: "v66.0" });
    await field(ada, "Choices").waitFor({ state: "hidden" });
    await button(ada, "Add this input");
    await ada.getByText("version is saved.").waitFor();
  });

  test("links an account on the way and finds it chosen in the step", async () => {
    await link(ada, "Add a step");
    await link(ada, "Execute HTTP Request");
    await link(ada, "Connect new…");
    await link(ada, "Salesforce");
    await fill(ada, { Name: "Grace's CRM" });
    await link(ada, "Link to Salesforce");
    await decideAt(ada, "grace@acme.example", "Allow");
    await button(ada, "Save Changes");
    await ada.getByText("Grace's CRM is linked as grace@acme.example.").waitFor();
    const account = field(ada, "Account");
    expect(await account.locator("option:checked").innerText()).toContain("Grace's CRM");
  });

  test("fills the request in with the keyboard alone, placeholders from the list", async () => {
    await ada.waitForLoadState();
    await field(ada, "URL").focus();
    await ada.keyboard.type("/services/data/{{ ver");
    const offered = ada.getByRole("listbox", { name: "What may stand here" });
    await offered.getByRole("option", { name: /inputs\.version/ }).waitFor();
    expect(await field(ada, "URL").getAttribute("aria-activedescendant")).toBe("completion-0");
    await ada.keyboard.press("Escape");
    await offered.waitFor({ state: "detached" });
    await ada.keyboard.type("s");
    await offered.getByRole("option", { name: /inputs\.version/ }).waitFor();
    await ada.keyboard.press("Enter");
    await ada.keyboard.type("/query");
    expect(await field(ada, "URL").inputValue()).toBe("/services/data/{{ inputs.version }}/query");
    await ada.getByLabel("Query, name 1").focus();
    await ada.keyboard.type("q");
    await ada.keyboard.press("Tab");
    await ada.keyboard.type("SELECT Id, Name FROM Account");
    expect(await ada.getByLabel("Query, name 2").count()).toBe(1);
    await field(ada, "Title").focus();
    await ada.keyboard.type("Ask Salesforce");
    await ada.keyboard.press("Enter");
    await ada.getByText("Ask Salesforce is saved.").waitFor();
    expect((await behavior()).steps).toMatchObject([
      {
        id: "request",
        title: "Ask Salesforce",
        account: "grace-s-crm",
        url: "/services/data/{{ inputs.version }}/query",
        query: { q: "SELECT Id, Name FROM Account" },
      },
    ]);
  });

  test("gives what came back, from what is offered", async () => {
    await ada
      .getByRole("navigation", { name: "Steps" })
      .getByRole("link", { name: /^Output/ })
      .click();
    await ada.getByRole("heading", { name: "Output" }).waitFor();
    await ada.waitForLoadState();
    await field(ada, "Output").focus();
    await ada.keyboard.press("Control+Space");
    await ada.keyboard.press("ArrowDown");
    const option = ada.getByRole("option", { name: /steps\.request\.body/ });
    await option.click();
    expect(await field(ada, "Output").inputValue()).toBe("{{ steps.request.body }}");
    await button(ada, "Save");
    await ada.getByText("The output is saved.").waitFor();
  });

  test("moves, copies and deletes steps, and takes it back", async () => {
    await ada
      .getByRole("navigation", { name: "Steps" })
      .getByRole("link", { name: /Ask Salesforce/ })
      .press("Enter");
    await ada.getByRole("heading", { name: "Ask Salesforce" }).waitFor();
    await button(ada, "Duplicate");
    await ada.getByText("Ask Salesforce is copied").waitFor();
    await button(ada, "Delete");
    await ada.getByText("Ask Salesforce is deleted.").waitFor();
    await button(ada, "Undo");
    await ada.getByText(/is back, as version/).waitFor();
    expect((await behavior()).steps).toHaveLength(2);
    await ada
      .getByRole("navigation", { name: "Steps" })
      .getByRole("link", { name: /request_2/ })
      .click();
    await button(ada, "Delete");
    await ada.getByText("Ask Salesforce is deleted.").waitFor();
  });

  test("has a behavior that lists the accounts", async () => {
    const { id } = await behavior();
    const run = await startRun(stage.hub.ctx(stage.people.ada), id, { inputs: {}, wait_ms: 20_000 }, "hand");
    expect(run).toMatchObject({ state: "succeeded", error: null });
    expect(JSON.stringify(run.output)).toContain("records");
  });

  test("sees it drawn and written", async () => {
    await ada.goto(`/behaviors/${(await behavior()).id}`);
    await link(ada, "Flow");
    expect(await words(ada)).toContain("Ask Salesforce");
    await link(ada, "Text");
    expect(await field(ada, "YAML or JSON").inputValue()).toContain("title: Ask Salesforce");
  });
});
