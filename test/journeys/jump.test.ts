import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings } from "../support/chromium-axe.ts";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { bearerService, connected } from "../support/services.ts";

// The jump box, by keyboard and by hand.

let stage: Stage;
let ben: Page;

beforeAll(async () => {
  stage = await newStage();
  const { hub, people } = stage;
  const service = await bearerService(hub, people.ada, "https://desk.example.com", { name: "Orchard desk" });
  for (const name of ["Apple orchard", "Pear orchard"])
    await connected(hub, people.ben, service, { token: "canary-1234567" }, { name });
  ben = await stage.open("ben");
});
afterAll(() => stage?.close());

const box = () => ben.getByRole("dialog", { name: "Jump to" });
const input = () => box().getByRole("combobox", { name: "Jump to" });
const chosen = () => box().getByRole("option", { selected: true });

/** What the input says is chosen, and what looks chosen, are one. */
async function expectChosen(name: RegExp): Promise<void> {
  await expect.poll(() => chosen().innerText()).toMatch(name);
  expect(await input().getAttribute("aria-activedescendant")).toBe(await chosen().getAttribute("id"));
}

test("opens by Ctrl-K, finds while one types, and goes there by Enter", async () => {
  await ben.goto("/audit");
  await ben.keyboard.press("Control+k");
  await expectChosen(/^Home/);
  await ben.keyboard.type("orchard");
  await expectChosen(/^Apple orchard/);
  await ben.keyboard.press("ArrowDown");
  await expectChosen(/^Pear orchard/);
  await ben.keyboard.press("ArrowDown");
  await expectChosen(/^Orchard desk/);
  await ben.keyboard.press("ArrowDown");
  await expectChosen(/^Apple orchard/);
  await ben.keyboard.press("ArrowUp");
  await ben.keyboard.press("ArrowUp");
  await expectChosen(/^Pear orchard/);
  await ben.keyboard.press("Enter");
  await ben.getByRole("heading", { level: 1, name: "Pear orchard" }).waitFor();
});

test("goes where Enter means to, however fast one types", async () => {
  await ben.goto("/audit");
  await ben.keyboard.press("Control+k");
  await expectChosen(/^Home/);
  await ben.keyboard.insertText("profile");
  await ben.keyboard.press("Enter");
  await ben.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  expect(new URL(ben.url()).pathname).toBe("/settings/profile");
});

test("closes by Escape and by the same keys, and gives the focus back", async () => {
  await ben.goto("/accounts");
  const search = ben.getByRole("searchbox", { name: "Search accounts" });
  await search.focus();
  await ben.keyboard.press("Control+k");
  await input().waitFor();
  await ben.keyboard.press("Escape");
  await expect.poll(() => box().count()).toBe(0);
  expect(await search.evaluate((element) => element === document.activeElement)).toBe(true);
  await ben.keyboard.press("Control+k");
  await input().waitFor();
  await ben.keyboard.press("Control+k");
  await expect.poll(() => box().count()).toBe(0);
});

test("opens by its button, says when nothing is found, and can be used by everybody", async () => {
  await ben.goto("/audit");
  await ben.getByRole("link", { name: "Jump to" }).click();
  await expectChosen(/^Home/);
  expect(await findings(ben)).toEqual([]);
  await ben.setViewportSize({ width: 1280, height: 800 });
  await input().fill("nothing at all is called this");
  await box().getByText("Nothing here is called that.").first().waitFor();
  expect(await input().getAttribute("aria-expanded")).toBe("false");
  expect(await findings(ben)).toEqual([]);
  await ben.keyboard.press("Escape");
});

test("on a phone its button is in the bar at the top", async () => {
  await ben.setViewportSize({ width: 375, height: 700 });
  await ben.goto("/audit");
  await ben.getByRole("banner").getByRole("link", { name: "Jump to" }).click();
  await input().fill("pear");
  await expectChosen(/^Pear orchard/);
  await chosen().click();
  await ben.getByRole("heading", { level: 1, name: "Pear orchard" }).waitFor();
  await ben.setViewportSize({ width: 1280, height: 800 });
});

test("without script its button leads to a page that does the same", async () => {
  const plain = await stage.open(undefined, { javaScriptEnabled: false });
  await plain.goto("/sign-in");
  await plain.getByLabel("Email").fill("ben@example.com");
  await plain.getByLabel("Password").fill("bicycles and bananas");
  await plain.getByRole("button", { name: "Sign in" }).click();
  await plain.getByRole("link", { name: "Jump to" }).first().click();
  await plain.getByRole("searchbox", { name: "Jump to" }).fill("pear");
  await plain.getByRole("button", { name: "Search" }).click();
  await plain.getByRole("link", { name: "Pear orchard" }).click();
  await plain.getByRole("heading", { level: 1, name: "Pear orchard" }).waitFor();
});
