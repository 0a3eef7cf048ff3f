import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServerResponse } from "node:http";
import { addBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import { runRuns } from "../../src/runs/serve.ts";
import { button, fill, words } from "../support/chromium.ts";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";

// Somebody runs a behavior and looks on, in a real browser.

let stage: Stage;
let echo: Echo;
let serving: { close(): Promise<void> };
let form: string;
const held: ServerResponse[] = [];

beforeAll(async () => {
  stage = await newStage();
  const { hub, people } = stage;
  serving = await runRuns(hub.world);
  echo = await newEcho((_, response) => held.push(response));
  const ada = hub.ctx(people.ada);
  const service = await bearerService(hub, people.ada, echo.url);
  await connected(hub, people.ada, service, { token: "0123456789abcdef" }, { name: "CRM", slug: "crm" });
  const bot = await addBot(ada, { name: "CRM bot" });
  const behavior = await addBehavior(ada, {
    bot: bot.id,
    title: "Greet",
    inputs: [{ name: "name", type: "text", label: "Name", required: true }],
    steps: ["/one", "/two"].map((url) => ({ do: "http_request", title: `Ask ${url}`, account: "crm", url })),
    output: "Hello {{ inputs.name }}",
  } as never);
  form = `/behaviors/${behavior.id}/run`;
});

afterAll(async () => {
  await serving.close();
  await echo.close();
  await stage.close();
});

async function answer(): Promise<void> {
  await expect.poll(() => held.length).toBe(1);
  held.pop()!.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
}

test("the page of the run follows it to its end by itself, and what was opened stays open", async () => {
  const page = await stage.open("ada");
  await page.goto(form);
  await fill(page, { Name: "Grace" });
  await button(page, "Run");
  await page.getByRole("heading", { level: 1, name: "Greet" }).waitFor();
  expect(await words(page)).toContain("Running");
  await page.getByText("What was sent and what came back").click();
  await answer();
  await page.getByText("Ask /two").waitFor();
  expect(await page.locator("details[open]").count()).toBe(1);
  await answer();
  await page.getByText("Hello Grace").waitFor();
  expect(await words(page)).toContain("Succeeded");
  await page.getByRole("heading", { name: "Came back" }).first().waitFor();
});

test("without script the page is loaded again until the run is over", async () => {
  const page = await stage.open("ada", { javaScriptEnabled: false });
  await page.goto(form);
  await fill(page, { Name: "Alan" });
  await button(page, "Run");
  await page.getByText("Ask /one").waitFor();
  await answer();
  await answer();
  await page.getByText("Hello Alan").waitFor();
});
