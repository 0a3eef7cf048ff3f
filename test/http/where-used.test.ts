import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../src/accounts/account.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { addBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { getBot } from "../../src/bots/browse.ts";
import { getRun } from "../../src/runs/browse.ts";
import { rerun } from "../../src/runs/rerun.ts";
import { startRun } from "../../src/runs/start.ts";
import { runnerOf } from "../../src/runs/runner.ts";
import { scheduleBehavior } from "../../src/schedules/add.ts";
import type { Service } from "../../src/services/service.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { newEcho, json, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

// Before something goes, its page says what uses it and what will stop.

let hub: TestWorld;
let app: App;
let people: Cast;
let echo: Echo;
let ada: Browser;
let ben: Browser;
let service: Service;
let account: Account;
/** Ada's own bot, and Ben's. */
let crm: Bot;
let helper: Bot;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  app = await startApp(hub.world);
  people = await cast(hub.world);
  echo = await newEcho(json({ ok: true }));
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
  service = await bearerService(hub, people.ada, echo.url, { name: "Contacts" });
  account = await connected(hub, people.ada, service, { token: "0123456789abcdef" }, { name: "CRM", slug: "crm-main" });
  crm = await addBot(hub.ctx(people.ada), { name: "CRM bot", slug: "crm" });
  helper = await addBot(hub.ctx(people.ben), { name: "Ben's helper", slug: "helper" });
  await shareAccount(hub.ctx(people.ada), account.id, { with: { type: "bot", id: helper.id } });
  await make(crm, "By short name", [{ do: "http_request", account: "crm-main", url: "/a" }]);
  await make(crm, "By id", [{ do: "http_request", account: account.id, url: "/a" }]);
  await make(crm, "By service", [{ do: "http_request", account: { service: service.id }, url: "/a" }]);
  await make(crm, "Of nothing", [{ do: "set", name: "a", value: 1 }]);
  await make(helper, "Calls it", [{ do: "run_behavior", behavior: "crm/by-id" }]);
});

afterAll(async () => {
  await app.close();
  await echo.close();
  await hub.close();
});

const make = (bot: Bot, title: string, steps: object[]) =>
  addBehavior(hub.ctx(bot.owner.id === people.ada.id ? people.ada : people.ben), {
    bot: bot.id,
    title,
    steps,
    public: true,
    output: "done",
  } as never);
const TITLES = ["By short name", "By id", "By service", "Of nothing", "Calls it"];
const named = (text: string) => TITLES.filter((title) => text.includes(`>${title}`));

describe("an account", () => {
  test("says on its page which behaviors and bots use it", async () => {
    const { text } = await ada.get("/accounts/crm-main");
    const used = text.slice(text.indexOf("Used by"), text.indexOf("Recent requests"));
    expect(named(used)).toEqual(["By short name", "By id", "By service"]);
    expect(used).toContain("Ben&#39;s helper");
    expect(used).toMatch(/href="\/behaviors\/[^"]+\/runs"/);
  });

  test("says before it is disconnected which behaviors will stop", async () => {
    const { text } = await ada.get("/accounts/crm-main/disconnect");
    expect(named(text)).toEqual(["By short name", "By id", "By service"]);
  });

  test("counts behaviors that the reader may not see", async () => {
    const lent = await connected(
      hub,
      people.ada,
      service,
      { token: "0123456789abcdef" },
      { name: "Lent", slug: "lent" },
    );
    await shareAccount(hub.ctx(people.ada), lent.id, { with: { type: "worker", id: people.ben.id } });
    const steps = [{ do: "http_request", account: "lent", url: "/a" }];
    const hidden = { bot: crm.id, title: "Hidden from Ben", steps };
    await addBehavior(hub.ctx(people.ada), hidden as never);
    const { text } = await ben.get("/accounts/lent");
    expect(text).not.toContain("Hidden from Ben");
    expect(text).toContain("One behavior that you may not see");
  });
});

test("a service says before it is deleted which behaviors take an account of it", async () => {
  const { text } = await ada.get(`/services/${service.id}/delete`);
  expect(named(text)).toEqual(["By service"]);
});

describe("a bot", () => {
  test("says before it is deleted what goes with it, and who runs its behaviors", async () => {
    await scheduleBehavior(hub.ctx(people.ada), "crm/by-id", { cron: "0 9 * * *" } as never);
    const { text } = await ada.get(`/bots/${crm.id}/delete`);
    expect(named(text)).toEqual(TITLES);
    expect(text).toContain("behavior with 1 schedule");
    expect(text).toMatch(/Calls it[^<]*<\/a><span[^>]*>runs one of these behaviors/);
  });

  test("takes limits in a form that keeps what was typed, and shows them with the defaults", async () => {
    const wrong = { accounts_are: "all", steps_are: "all", hosts: "https://x", max_steps: "many", max_runs: "101" };
    const refused = await ben.post(`/bots/${helper.id}/limits`, wrong);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('<a href="#field-max_steps">Use a whole number from 1 to 100,000.</a>');
    expect(refused.text).toContain('<a href="#field-max_runs">');
    expect(refused.text).toContain('value="many"');
    const host = await ben.post(`/bots/${helper.id}/limits`, { ...wrong, max_steps: "", max_runs: "" });
    expect(host.text).toContain('<a href="#field-hosts">Write hosts such as api.example.com');
    const saved = await ben.post(`/bots/${helper.id}/limits`, {
      accounts_are: "some",
      accounts: [account.id],
      hosts: "api.example.com\r\n*.example.org",
      steps_are: "some",
      steps: ["http_request", "set"],
      max_calls: "1,000",
      max_runs: "",
    });
    const page = await ben.follow(saved);
    expect(page.text).toContain("The limits of Ben&#39;s helper are saved.");
    expect((await getBot(hub.ctx(people.ben), helper.id)).limits).toEqual({
      accounts: [account.id],
      hosts: ["api.example.com", "*.example.org"],
      steps: ["http_request", "set"],
      max_calls: 1000,
    });
    for (const words of ["*.example.org", "Execute HTTP Request", "1,000", "the default"])
      expect(page.text).toContain(words);
    const form = await ben.get(`/bots/${helper.id}/limits`);
    expect(form.text).toMatch(new RegExp(`value="${account.id}" checked`));
    const none = { accounts_are: "some", steps_are: "all", hosts: "" };
    await ben.post(`/bots/${helper.id}/limits`, none);
    expect((await getBot(hub.ctx(people.ben), helper.id)).limits).toEqual({ accounts: [] });
    await ben.post(`/bots/${helper.id}/limits`, { ...none, accounts_are: "all" });
    expect((await getBot(hub.ctx(people.ben), helper.id)).limits).toEqual({});
    expect((await ada.post(`/bots/${helper.id}/limits`, none)).status).toBe(403);
  });

  test("wears the logo of a service", async () => {
    const fields = { name: crm.name, slug: crm.slug, config: "{}" };
    await ada.post(`/bots/${crm.id}/edit`, { ...fields, picture: "salesforce" });
    for (const path of [`/bots/${crm.id}`, "/bots"])
      expect((await ada.get(path)).text).toContain("/assets/logos/salesforce.svg");
    const refused = await ada.post(`/bots/${crm.id}/edit`, { ...fields, picture: "../evil" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('<a href="#field-picture">');
    await ada.post(`/bots/${crm.id}/edit`, { ...fields, picture: "" });
    expect((await getBot(hub.ctx(people.ada), crm.id)).picture).toBeNull();
  });

  test("shows its latest runs and its calls, to those who look after it", async () => {
    const run = await startRun(hub.ctx(people.ada), "crm/by-id", { wait_ms: 20_000 }, "hand");
    const { text } = await ada.get(`/bots/${crm.id}`);
    expect(text).toContain(`href="/runs/${run.id}"`);
    expect(text).toContain("Calls in 14 days");
    expect(text).toContain('<td class="end">1</td>');
    expect((await ada.get("/bots")).text).toMatch(/CRM bot[\s\S]*data-label="Behaviors"[^>]*><span[^>]*>5</);
  });
});

describe("a worker who leaves", () => {
  test("is named with what stops, and their bots run nothing until they are back", async () => {
    const question = await ada.get(`/people/${people.ben.id}/deactivate`);
    expect(question.text).toContain("What will stop");
    expect(named(question.text)).toEqual(["Calls it"]);
    const run = await startRun(hub.ctx(people.ben), "helper/calls-it", { wait_ms: 20_000 }, "hand");
    expect(run.state).toBe("succeeded");
    await ada.post(`/people/${people.ben.id}/deactivate`);
    const page = await ada.get(`/bots/${helper.id}`);
    expect(page.text).toContain("Ben Worker was deactivated, so this bot runs nothing");
    expect((await ada.get("/bots")).text).toContain("Owner left");
    const again = await rerun(hub.ctx(people.ben), run.id, {});
    await runnerOf(hub.world).take(again.id);
    expect((await getRun(hub.ctx(people.ada), again.id)).run).toMatchObject({
      state: "failed",
      error: {
        code: "forbidden",
        message: "The bot Ben's helper belongs to somebody who was deactivated, so it may not act.",
      },
    });
    await ada.post(`/people/${people.ben.id}/reactivate`);
    expect((await ada.get(`/bots/${helper.id}`)).text).not.toContain("runs nothing");
  });
});
