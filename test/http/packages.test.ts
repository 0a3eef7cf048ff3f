import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { addBot } from "../../src/bots/add.ts";
import { editBot } from "../../src/bots/edit.ts";
import { getBot } from "../../src/bots/browse.ts";
import { issueToken } from "../../src/people/token.ts";
import { addService } from "../../src/services/add.ts";
import { api } from "../support/app-api.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { CRM, CRM_PROMPTS, helpdeskPackage } from "../packages/cast.ts";
import { auditRows, cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

const SECRET = "secret-canary-a77c20f9";
const IMPORT = "/settings/packages/import";

let hub: TestWorld;
let app: App;
let people: Cast;
let ada: Browser;
let cleo: Browser;
let token: string;

beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
  app = await startApp(hub.world);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
  const holder = { type: "worker" as const, id: people.ada.id };
  const scopes = ["execute", "manage", "read"] as const;
  token = (await issueToken(hub.ctx(people.ada), { holder, name: "test", scopes, expiresAt: null })).token;
});
afterAll(async () => {
  await app?.close();
  await hub?.close();
});

const desk = (more: object = {}) => helpdeskPackage("https://desk.example", more);
const begin = async (browser: Browser, pack: unknown) => {
  const visit = await browser.post(IMPORT, { package: JSON.stringify(pack) });
  expect(visit.status).toBe(303);
  return visit.location!;
};
const expectedIn = (text: string) => /name="expected" value="([^"]+)"/.exec(text)![1]!;

describe("importing a package", () => {
  test("keeps what was typed when it is no package, and says what is wrong where", async () => {
    const broken = await ada.post(IMPORT, { package: '{\n"a": <b>' });
    expect(broken.status).toBe(400);
    expect(broken.text).toContain("This is not JSON");
    expect(broken.text).toContain("&lt;b&gt;");
    const wrong = await ada.post(IMPORT, { package: JSON.stringify({ ...desk(), bots: [{ uid: "x" }] }) });
    expect(wrong.text).toContain("bots.0.slug: This is required.");
    expect((await ada.post(IMPORT, { package: " " })).text).toContain("Paste a package");
    const secret = desk({
      prompts: CRM_PROMPTS,
      behaviors: [],
      services: [{ ...CRM, settings: { ...CRM.settings, client_secret: SECRET } }],
    });
    expect((await ada.post(IMPORT, { package: JSON.stringify(secret) })).text).toContain("A package holds no secret");
    expect(JSON.stringify(await hub.world.database.knex("package_drafts"))).not.toContain(SECRET);
  });

  test("takes two megabytes and no more", async () => {
    const big = (size: number) => ({
      ...desk({ uid: "acme/big" }),
      description: "",
      bots: Array.from({ length: 40 }, (_, n) => ({
        uid: `b${n}`,
        slug: `b${n}`,
        name: "B",
        config: { text: '"'.repeat(size / 80) },
      })),
    });
    expect(JSON.stringify(big(1_500_000)).length).toBeGreaterThan(1_400_000);
    expect((await ada.post(IMPORT, { package: JSON.stringify(big(1_500_000)) })).location).toContain(IMPORT);
    const more = await ada.post(IMPORT, { package: JSON.stringify(big(1_500_000)) + " ".repeat(700_000) });
    expect(more.text).toContain("at most 2 MiB");
    expect((await ada.post(IMPORT, { package: "x".repeat(7_000_000) })).status).toBe(400);
    expect((await ada.post("/bots/new", { name: "x".repeat(300_000) })).text).toContain("larger than Signet takes");
    const call = await api(app, token, "POST", "/packages/preview", { package: big(1_500_000), answers: {} });
    expect(call.status).toBe(200);
  });

  test("asks, shows every change, asks for secrets last, and installs", async () => {
    const pack = { ...desk(), prompts: [...CRM_PROMPTS, ...desk().prompts!.slice(1)], services: [CRM], behaviors: [] };
    const path = await begin(ada, pack);
    const answers = await ada.get(path);
    expect(answers.text).toContain("Client ID");
    expect(answers.text).not.toMatch(/name="answers.secret"/);
    const refused = await ada.post(path, { "answers.region": "us", "answers.client": "", owner: "organization:" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("Enter this.");
    expect(refused.text).toMatch(/<option value="us" selected>/);
    const gone = await ada.post(path, { "answers.region": "us", "answers.client": "app", owner: "organization:" });
    const preview = await ada.follow(gone);
    for (const word of ["Acme CRM", "Helpdesk Bot", "settings.client_id", "New", "Client secret"])
      expect(preview.text).toContain(word);
    expect(preview.text).toMatch(/type="password"[^>]*name="answers.secret"|name="answers.secret"[^>]*type="password"/);

    const expected = expectedIn(preview.text);
    const without = await ada.post(`${path}/install`, { expected });
    expect(without.status).toBe(400);
    expect(without.text).toContain("Answer “Client secret”");
    const done = await ada.follow(await ada.post(`${path}/install`, { expected, "answers.secret": SECRET }));
    expect(done.text).toContain("Helpdesk Bot 1.0 is installed.");
    expect(await getBot(hub.ctx(people.ada), "desk")).toMatchObject({
      owner: { type: "organization" },
      config: { region: "us" },
    });
    const rows = [await hub.world.database.knex("package_drafts"), await hub.world.database.knex("packages")];
    const told = [answers, refused, preview, without, done].map(({ text }) => text);
    expect(JSON.stringify([told, rows, await auditRows(hub.world)])).not.toContain(SECRET);
    expect((await ada.get(path)).status).toBe(404);
  });

  test("shows what was edited here before it is overwritten, and refuses when more changed since", async () => {
    const bot = await getBot(hub.ctx(people.ada), "desk");
    await editBot(hub.ctx(people.ada), bot.id, { name: "Our desk" });
    const pack = {
      ...desk({ version: "1.1" }),
      prompts: [...CRM_PROMPTS, ...desk().prompts!.slice(1)],
      services: [CRM],
      behaviors: [],
    };
    const path = await begin(ada, pack);
    const answers = await ada.get(path);
    expect(answers.text).toContain("Installed is version 1.0, this is 1.1.");
    expect(answers.text).toContain('value="app"');
    const preview = await ada.follow(await ada.post(path, { "answers.region": "us", "answers.client": "app" }));
    expect(preview.text).toContain("1 change that was made here is overwritten.");
    expect(preview.text).toContain("Our desk");
    await editBot(hub.ctx(people.ada), bot.id, { name: "Our own desk" });
    const refused = await ada.post(`${path}/install`, { expected: expectedIn(preview.text) });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("changed since the preview");
    expect(refused.text).toContain("Our own desk");
    const done = await ada.post(`${path}/install`, { expected: expectedIn(refused.text) });
    expect(done.status).toBe(303);
    expect((await getBot(hub.ctx(people.ada), bot.id)).name).toBe("Helpdesk Bot");
  });

  test("answers a conflict with another name", async () => {
    await addBot(hub.ctx(people.ada), { name: "Taken", slug: "taken" });
    const path = await begin(ada, {
      ...desk({ uid: "acme/taken", prompts: [], services: [], behaviors: [] }),
      bots: [{ uid: "acme/taken", slug: "taken", name: "New one" }],
    });
    const preview = await ada.follow(await ada.post(path, {}));
    expect(preview.text).toContain("Another bot has the short name taken here.");
    expect(preview.text).toContain('value="taken-2"');
    expect(preview.text).not.toContain(">Import<");
    const named = await ada.follow(await ada.post(`${path}/rename`, { "rename.acme/taken": "other" }));
    await ada.post(`${path}/install`, { expected: expectedIn(named.text) });
    expect((await getBot(hub.ctx(people.ada), "other")).name).toBe("New one");
  });

  test("leads to linking an account and comes back with it as the answer", async () => {
    const service = await addService(hub.ctx(people.ada), {
      kind: "api_key",
      name: "Keys",
      settings: { in: "header", name: "X-Key" },
      base_url: "https://keys.example",
      uid: "acme/keys",
    });
    const pack = desk({
      uid: "acme/keys-bot",
      services: [],
      prompts: [{ key: "keys", type: "account", label: "Keys account", service: "acme/keys" }],
      bots: [{ uid: "acme/keys-bot", slug: "keys", name: "Keys Bot", limits: { accounts: ["{{{ prompts.keys }}}"] } }],
      behaviors: [],
    });
    const path = await begin(cleo, pack);
    expect((await cleo.get(path)).text).toContain("Connect new Keys account");
    const away = await cleo.post(path, { owner: `worker:${people.cleo.id}`, connect: "keys" });
    const way = new URLSearchParams({ service: service.id, back: `${path}?prompt=keys` });
    expect(away.location).toBe(`/accounts/new?${way}`);
    expect((await cleo.follow(away)).text).toContain(`value="${path}?prompt=keys"`);
    const form = {
      service: service.id,
      name: "My keys",
      owner: `worker:${people.cleo.id}`,
      "secret.key": SECRET,
      anyway: "on",
    };
    const back = await cleo.post("/accounts/new", { ...form, back: `${path}?prompt=keys` });
    expect(back.location).toBe(`${path}?prompt=keys&account=my-keys`);
    const answers = await cleo.follow(back);
    expect(answers.text).toMatch(/<option value="[^"]+" selected>My keys/);
    // The next account of the service has nothing to do with the package.
    expect((await cleo.post("/accounts/new", { ...form, name: "Another" })).location).toMatch(/^\/accounts\//);
    const [, id] = /<option value="([^"]+)" selected>My keys/.exec(answers.text)!;
    const preview = await cleo.follow(
      await cleo.post(path, { "answers.keys": id!, owner: `worker:${people.cleo.id}` }),
    );
    expect((await cleo.post(`${path}/install`, { expected: expectedIn(preview.text) })).status).toBe(303);
    expect((await getBot(hub.ctx(people.cleo), "keys")).limits.accounts).toEqual([id]);
  });

  test("is nobody else's while it is under way", async () => {
    const path = await begin(ada, desk());
    expect((await cleo.get(path)).status).toBe(404);
    expect((await cleo.post(`${path}/install`, {})).status).toBe(404);
    expect((await new Browser(app).get(path)).location).toContain("/sign-in");
  });

  test("offers the library, from where the form begins filled in", async () => {
    await addService(hub.ctx(people.ada), {
      catalog: "salesforce",
      settings: { client_id: "x", client_secret: SECRET },
    });
    const page = await ada.get("/settings/packages");
    expect(page.text).toContain("Salesforce Bot");
    const answers = await ada.follow(await ada.post(IMPORT, { library: "salesforce-bot" }));
    expect(answers.text).toContain("Connect new Salesforce account");
    expect((await ada.post(IMPORT, { library: "../../package" })).status).toBe(404);
  });
});

describe("what is installed", () => {
  test("is listed, shown, and removed after its name was typed", async () => {
    const list = await ada.get("/settings/packages");
    expect(list.text).toContain("Ada Admin");
    const [, path] = /href="(\/settings\/packages\/[0-9a-f-]{36})"[^>]*>Helpdesk Bot/.exec(list.text)!;
    const shown = await ada.get(path!);
    expect(shown.text).toContain("Acme CRM");
    const asked = await ada.get(`${path}/remove`);
    expect(asked.text).toContain("What will stop");
    expect((await ada.post(`${path}/remove`, { typed: "no" })).status).toBe(400);
    const service = await hub.world.database.knex("services").where({ uid: "acme/crm" }).first("id");
    const secret = { access_token: "token-canary-1" };
    await connectAccount(hub.ctx(people.ada), { service: service.id, name: "Kept", secret });
    expect((await ada.get(`${path}/remove`)).text).toContain("Acme CRM stays.");
    expect((await cleo.get(`${path}/remove`)).status).toBe(403);
    const done = await ada.follow(await ada.post(`${path}/remove`, { typed: "Helpdesk Bot" }));
    expect(done.text).toContain("Helpdesk Bot is removed.");
    await expect(getBot(hub.ctx(people.ada), "desk")).rejects.toMatchObject({ code: "not_found" });
    expect(await hub.world.database.knex("services").where({ uid: "acme/crm" }).select("id")).toHaveLength(1);
    expect((await auditRows(hub.world)).at(-1)).toMatchObject({
      action: "package.removed",
      facts: { package: "Helpdesk Bot", version: "1.1", bots: 1, services: 0 },
    });
  });
});

describe("exporting", () => {
  test("downloads what was ticked, and asks for something to be ticked", async () => {
    const bot = await getBot(hub.ctx(people.ada), "other");
    const page = await ada.get("/settings/packages/export");
    expect(page.text).toContain(`value="${bot.id}"`);
    const file = await ada.post("/settings/packages/export", { bots: bot.id, name: "Mine: all", version: "2.0" });
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="mine-all-2.0.json"');
    expect(JSON.parse(file.text)).toMatchObject({
      signet_package: 1,
      name: "Mine: all",
      version: "2.0",
      bots: [{ slug: "other" }],
    });
    const none = await ada.post("/settings/packages/export", { version: "3" });
    expect(none.status).toBe(400);
    expect(none.text).toContain("Choose what to export.");
    expect(none.text).toContain('value="3"');
    expect((await cleo.get("/settings/packages/export")).text).not.toContain("Acme CRM");
  });

  test("and everything else can be done over the API", async () => {
    const exported = await api(app, token, "POST", "/packages/export", { bots: ["other"], services: [] });
    expect(exported.body).toMatchObject({ signet_package: 1, bots: [{ uid: "acme/taken", slug: "other" }] });
    const preview = await api(app, token, "POST", "/packages/preview", { package: exported.body, answers: {} });
    expect(preview.body).toMatchObject({ ready: true, changes: [{ what: "bot", action: "unchanged" }] });
    const imported = await api(app, token, "POST", "/packages/import", { package: exported.body, answers: {} });
    expect(imported).toMatchObject({ status: 200, body: { bots: [{ slug: "other" }] } });
    const refused = await api(app, token, "POST", "/packages/import", { package: { signet_package: 1 }, answers: {} });
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid" } });
    expect(refused.body.issues.map(({ path }: { path: string }) => path)).toContain("uid");
    const schema = await api(app, "", "GET", "/packages/schema.json");
    expect(schema.body).toMatchObject({ title: "Signet package", properties: { signet_package: { const: 1 } } });
    const { items } = (await api(app, token, "GET", "/packages")).body;
    expect(items.map(({ uid }: { uid: string }) => uid)).toContain("acme/keys-bot");
  });
});
