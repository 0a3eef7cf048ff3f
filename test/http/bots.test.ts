import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { getBot } from "../../src/bots/browse.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { verifyToken } from "../../src/people/token.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let people: Cast;
let ada: Browser;
let ben: Browser;
let cleo: Browser;
/** Ben's own bot. */
let helper: Bot;
/** The organization's. */
let nightly: Bot;

beforeAll(async () => {
  hub = await newWorld();
  app = await startApp(hub.world);
  people = await cast(hub.world);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
  helper = await addBot(hub.ctx(people.ben), { name: "Ben's helper" });
  nightly = await addBot(hub.ctx(people.ada), { name: "Nightly", owner: { type: "organization" } });
});

afterAll(async () => {
  await app.close();
  await hub.close();
});

describe("making a bot", () => {
  test("offers the owners that the worker may choose, themselves first", async () => {
    const options = (text: string) =>
      [...text.matchAll(/<option value="[^"]*"[^>]*>([^<]+)</g)].map((match) => match[1]);
    expect(options((await ben.get("/bots/new")).text)).toEqual(["Me (private)", "Support"]);
    expect(options((await cleo.get("/bots/new")).text)).toEqual(["Me (private)"]);
    expect(options((await ada.get("/bots/new")).text)).toContain("Organization");
  });

  test("leads to its page; the short name comes from the name", async () => {
    const made = await ben.post("/bots/new", { name: "Ticket triage", slug: "", owner: `team:${people.support.id}` });
    const bot = await getBot(hub.ctx(people.ben), "ticket-triage");
    expect(made.location).toBe(`/bots/${bot.id}`);
    expect(bot.owner).toEqual({ type: "team", id: people.support.id });
    expect((await ben.follow(made)).text).toContain("Ticket triage is made.");
  });

  test("keeps what was typed", async () => {
    const refused = await ben.post("/bots/new", {
      name: "Twin",
      slug: helper.slug,
      owner: `team:${people.support.id}`,
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="Twin"');
    expect(refused.text).toContain('<a href="#field-slug">This short name is taken.</a>');
    expect(refused.text).toMatch(new RegExp(`value="team:${people.support.id}" selected`));
  });

  test.each(["organization:", "team:0199aaaa-0000-7000-8000-000000000000", "worker:nonsense", "moon:1"])(
    "refuses the owner %s to those who may not",
    async (owner) => {
      const refused = await cleo.post("/bots/new", { name: "Cheat", owner });
      expect(refused.status).toBe(400);
      expect((await ada.get("/bots?q=cheat")).text).toContain("No bot matches");
    },
  );
});

describe("a bot's page", () => {
  test("is not there for strangers", async () => {
    for (const path of ["", "/edit", "/delete"]) expect((await cleo.get(`/bots/${helper.id}${path}`)).status).toBe(404);
    for (const path of ["/edit", "/delete", "/switch", "/tokens"])
      expect((await cleo.post(`/bots/${helper.id}${path}`, { name: "x", typed: helper.name })).status).toBe(404);
    expect((await cleo.get("/bots")).text).not.toContain("helper");
  });

  test("is read-only for those who see it and do not manage it, admins among them", async () => {
    for (const [browser, bot] of [
      [cleo, nightly],
      [ada, helper],
    ] as const) {
      const { status, text } = await browser.get(`/bots/${bot.id}`);
      expect(status).toBe(200);
      for (const word of ["New token", "Switch off", "Delete"]) expect(text).not.toContain(word);
      for (const path of ["/edit", "/delete", "/switch", "/tokens"])
        expect(
          (await browser.post(`/bots/${bot.id}${path}`, { name: "x", enabled: "false", typed: bot.name })).status,
        ).toBe(403);
    }
    expect((await getBot(hub.ctx(people.ada), nightly.id)).enabled).toBe(true);
  });

  test("says which accounts it may use and why, and names none that the reader may not see", async () => {
    const service = await bearerService(hub, people.ada, "https://api.example.com");
    const secret = { token: "0123456789abcdef" };
    const owned = await connected(hub, people.ada, service, secret, {
      name: "Of all",
      owner: { type: "organization" },
    });
    const lent = await connected(hub, people.ben, service, secret, { name: "Lent by Ben" });
    await connected(hub, people.ben, service, secret, { name: "Kept by Ben" });
    await shareAccount(hub.ctx(people.ben), lent.id, { with: { type: "bot", id: nightly.id } });
    const full = (await ada.get(`/bots/${nightly.id}`)).text;
    expect(full).toContain(owned.name);
    expect(full).toContain("Has the same owner as the bot");
    expect(full).toContain("Ben Worker shared it with the bot");
    expect(full).not.toContain("Kept by Ben");
    const partial = (await cleo.get(`/bots/${nightly.id}`)).text;
    expect(partial).toContain(owned.name);
    expect(partial).not.toContain(lent.name);
    expect(partial).toContain("and 1 that you may not see");
  });
});

describe("a token", () => {
  const tokenIn = (text: string) => /sgb_[\w-]+/.exec(text)?.[0];

  test("is shown in one answer, with a call in each way, and never again", async () => {
    const made = await ada.post(`/bots/${nightly.id}/tokens`, { name: "Job", scopes: ["execute"], expires_at: "" });
    expect(made.status).toBe(200);
    const token = tokenIn(made.text)!;
    expect(made.text.split(token)).toHaveLength(2);
    expect(made.text).toContain(`${app.url}/api/v1/execute`);
    expect(made.text).toContain(`${app.url}/proxy/`);
    expect(made.headers.get("cache-control")).toBe("no-store");
    expect(await verifyToken(hub.world, token)).toMatchObject({
      holder: { type: "bot", id: nightly.id },
      scopes: ["execute"],
    });
    const page = await ada.get(`/bots/${nightly.id}`);
    expect(page.text).toContain(`ends in ${token.slice(-4)}`);
    expect(page.text).not.toContain("sgb_");
  });

  test("keeps what was typed when it is refused, and makes none", async () => {
    const refused = await ada.post(`/bots/${nightly.id}/tokens`, {
      name: "Late",
      scopes: ["read"],
      expires_at: "2001-01-01",
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="Late"');
    expect(refused.text).toContain('value="2001-01-01"');
    expect(refused.text).toContain("#field-expires_at");
    expect(refused.text).toMatch(/value="read" checked/);
    expect(refused.text).not.toMatch(/value="execute" checked/);
    const none = await ada.post(`/bots/${nightly.id}/tokens`, { name: "None", expires_at: "" });
    expect(none.status).toBe(400);
    expect(none.text).toContain("Choose at least one scope.");
    expect(tokenIn(refused.text + none.text)).toBeUndefined();
  });

  test("is revoked after a question", async () => {
    const token = tokenIn(
      (await ben.post(`/bots/${helper.id}/tokens`, { name: "Laptop", scopes: ["execute", "read"] })).text,
    )!;
    const path = /href="([^"]+\/revoke)"/.exec((await ben.get(`/bots/${helper.id}`)).text)![1]!;
    expect((await ben.get(path)).text).toContain("Revoke Laptop");
    expect((await cleo.post(path)).status).toBe(404);
    expect((await ada.post(path)).status).toBe(403);
    expect((await ada.post(path.replace(helper.id, nightly.id))).status).toBe(404);
    expect(await verifyToken(hub.world, token)).toBeDefined();
    expect((await ben.post(path)).location).toBe(`/bots/${helper.id}`);
    await expect.poll(() => verifyToken(hub.world, token)).toBeUndefined();
  });
});

describe("changing a bot", () => {
  test("takes name, short name and configuration", async () => {
    const saved = await ben.post(`/bots/${helper.id}/edit`, {
      name: "Helper",
      slug: "helper",
      config: '{"region": "eu"}',
    });
    expect(saved.location).toBe(`/bots/${helper.id}`);
    expect(await getBot(hub.ctx(people.ben), "helper")).toMatchObject({ name: "Helper", config: { region: "eu" } });
  });

  test.each(["{oops", "[1]", "null", '"text"'])(
    "refuses the configuration %s and keeps it in the form",
    async (config) => {
      const refused = await ben.post(`/bots/${helper.id}/edit`, { name: "Other", slug: "other", config });
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('value="Other"');
      expect(refused.text).toContain(`${config.replaceAll('"', "&quot;")}</textarea>`);
      expect(refused.text).toContain("#field-config");
    },
  );

  test("switches it off and on", async () => {
    const off = await ben.post(`/bots/${helper.id}/switch`, { enabled: "false" });
    expect((await ben.follow(off)).text).toContain("This bot is switched off");
    expect((await getBot(hub.ctx(people.ben), helper.id)).enabled).toBe(false);
    await ben.post(`/bots/${helper.id}/switch`, { enabled: "true" });
    expect((await getBot(hub.ctx(people.ben), helper.id)).enabled).toBe(true);
  });

  test("deletes it when its name was typed", async () => {
    expect((await ben.get(`/bots/${helper.id}/delete`)).text).toContain("Delete Helper");
    expect((await ben.post(`/bots/${helper.id}/delete`, { typed: "" })).status).toBe(400);
    expect((await ben.post(`/bots/${helper.id}/delete`, { typed: "Helper" })).location).toBe("/bots");
    expect((await ben.get(`/bots/${helper.id}`)).status).toBe(404);
  });
});
