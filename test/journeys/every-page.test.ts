import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setupToken } from "../../src/people/setup.ts";
import { findings } from "../support/chromium-axe.ts";
import { aboutRuns, EMPTY, forAdmins, forGuests, forWorkers, type Stop } from "../support/chromium-pages.ts";
import { seedRuns } from "../support/chromium-runs.ts";
import { seed, type Seed } from "../support/chromium-seed.ts";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { newPerson, openChromium } from "../support/chromium.ts";
import { startApp } from "../support/app.ts";
import { newWorld } from "../support/world.ts";

// Each page of the hub is one that everybody can use: nothing serious for axe, nothing wider than a phone, no
// error in the browser's console.

let stage: Stage;
let seeded: Seed;
beforeAll(async () => {
  stage = await newStage();
});
afterAll(async () => {
  await stage?.close();
  await seeded?.close();
});

async function visit(page: Page, stops: Stop[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const said: string[] = [];
  page.on("pageerror", (error) => said.push(error.message));
  page.on("console", (message) => {
    // Browsers call it an error when a page is answered with 4xx.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource: the server responded with"))
      said.push(message.text());
  });
  for (const [name, open] of stops) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await (typeof open === "string" ? page.goto(open) : open(page));
    const problems = [...(await findings(page)), ...said.splice(0)];
    if (problems.length > 0) found[name] = problems;
  }
  return found;
}

describe("every page", () => {
  test("of a hub that is being set up", async () => {
    const bare = await newWorld();
    const app = await startApp(bare.world);
    const browser = await openChromium();
    const page = await newPerson(browser, app);
    const stops: Stop[] = [["setup", `/setup/${await setupToken(bare.world)}`]];
    expect(await visit(page, stops)).toEqual({});
    await browser.close();
    await app.close();
    await bare.close();
  });

  test("while there is nothing yet", { timeout: 120_000 }, async () => {
    expect(await visit(await stage.open("ada"), EMPTY)).toEqual({});
  });

  test("that admins see", { timeout: 400_000 }, async () => {
    seeded = await seed(stage);
    expect(await visit(await stage.open("ada"), forAdmins(seeded, stage.people))).toEqual({});
  });

  test("about behaviors that ran", { timeout: 300_000 }, async () => {
    const runs = await seedRuns(stage);
    expect(await visit(await stage.open("ada"), [...Object.entries(runs.paths), ...aboutRuns(runs)])).toEqual({});
    await runs.close();
  });

  test("that workers see", { timeout: 120_000 }, async () => {
    expect(await visit(await stage.open("ben"), forWorkers(seeded))).toEqual({});
  });

  test("that says that something is broken", { timeout: 60_000 }, async () => {
    const { knex } = stage.hub.world.database;
    await knex.raw("alter table bots rename to hidden_away");
    try {
      expect(await visit(await stage.open("ben"), [["internal error", "/bots"]])).toEqual({});
    } finally {
      await knex.raw("alter table hidden_away rename to bots");
    }
  });

  test("that anybody sees", { timeout: 120_000 }, async () => {
    expect(await visit(await stage.open(), forGuests(seeded))).toEqual({});
  });
});
