import { afterAll, beforeAll, expect, test } from "vitest";
import { getAccount, listAccounts } from "../../src/accounts/browse.ts";
import { connectAccount } from "../../src/accounts/connect.ts";
import { execute } from "../../src/accounts/execute.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { addBot } from "../../src/bots/add.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import type { Service } from "../../src/services/service.ts";
import { Browser, startApp, type App, type Visit } from "../support/app.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { newProvider } from "../support/provider.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

const KEY = "canary-key-7f3a9c12";
const ACTS = ["Reconnect", "Test now", "Manage access", "Rename", "Pause", "Disconnect"];

let hub: TestWorld;
let app: App;
let people: Cast;
let api: Echo;
let helpdesk: Service;
let ada: Browser;
let ben: Browser;
let cleo: Browser;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"] });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  api = await newEcho((request, response) =>
    request.header("authorization") === `Bearer ${KEY}`
      ? json({ id: "u1", login: "desk@acme.example" })(request, response)
      : json({}, 401)(request, response),
  );
  const signIn = (who: "ada" | "ben" | "cleo") => new Browser(app).signIn(`${who}@example.com`, PASSWORDS[who]);
  [ada, ben, cleo] = await Promise.all([signIn("ada"), signIn("ben"), signIn("cleo")]);
});

afterAll(async () => {
  await api?.close();
  await app?.close();
  await hub?.close();
});

const words = (visit: Visit) =>
  visit.text
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replace(/\s+/g, " ");

/** Names of the acts on an account's page. */
const acts = (visit: Visit) =>
  [...ACTS, "Resume"].filter((act) => new RegExp(`<span>${act}</span></`).test(visit.text));

/** An account of its owner's at the helpdesk, straight from the verb. */
const own = (who: "ada" | "ben" | "cleo", name: string, more: object = {}) =>
  connectAccount(hub.ctx(people[who]), { service: helpdesk.id, name, secret: { token: KEY }, ...more });

test("says what comes first while there is no service", async () => {
  const [admin, worker] = await Promise.all([ada.get("/accounts"), ben.get("/accounts")]);
  expect(admin.text).toMatch(/href="\/services\/new"[^>]*>\s*<span>Open the library/);
  expect(words(worker)).toContain("an admin sets those up. Ask one of them");
  expect(worker.text).toMatch(/href="\/accounts\/new"[\s\S]*?<\/svg>\s*(<span>)?Add/);
  expect(words(await ben.get("/accounts/new"))).toContain("No services yet");

  helpdesk = await addService(hub.ctx(people.ada), {
    kind: "bearer",
    name: "Helpdesk",
    base_url: api.url,
    test: { url: "/me", identity: { id: "id", label: "login" } },
  });
  expect(words(await ben.get("/accounts"))).toContain("Link an account");
});

test("picks a service, tries the key, saves", async () => {
  const pick = await ben.get("/accounts/new");
  expect(pick.text).toContain(`<a class="choice-name" href="/accounts/new?service=${helpdesk.id}">Helpdesk</a>`);
  expect(words(await ben.get("/accounts/new?q=nothing"))).toContain("No service matches");
  const form = await ben.get(`/accounts/new?service=${helpdesk.id}`);
  expect(form.text).toMatch(/<input[^>]*type="password"[^>]*name="secret.token"[^>]*autocomplete="off"/);
  const saved = await ben.post("/accounts/new", {
    service: helpdesk.id,
    name: "My desk",
    owner: `worker:${people.ben.id}`,
    "secret.token": KEY,
    expires_on: "2031-05-06",
  });
  expect([saved.status, saved.location]).toEqual([303, "/accounts/my-desk"]);
  const page = await ben.follow(saved);
  for (const said of ["My desk is connected. Helpdesk knows it as desk@acme.example.", "2031-05-06", "private"])
    expect(words(page)).toContain(said);
  expect(page.text).not.toContain(KEY);
});

test("a refused key is not saved and not put back; Save anyway wants it again", async () => {
  const typed = {
    service: helpdesk.id,
    name: "Wrong desk",
    owner: `team:${people.support.id}`,
    expires_on: "2031-01-02",
  };
  const refused = await ben.post("/accounts/new", { ...typed, "secret.token": "canary-wrong-key-1" });
  expect(refused.status).toBe(400);
  expect(words(refused)).toContain("Helpdesk does not accept it (answer 401).");
  expect(words(refused)).toContain("Type it again");
  for (const kept of ['value="Wrong desk"', `value="team:${people.support.id}" selected`, 'value="2031-01-02"'])
    expect(refused.text).toContain(kept);
  expect(refused.text).not.toContain("canary-wrong-key-1");
  expect(refused.text).toMatch(/name="anyway" value="yes">\s*<span>Save anyway/);
  const empty = await ben.post("/accounts/new", { ...typed, anyway: "yes" });
  expect([empty.status, words(empty).includes("Enter token.")]).toEqual([400, true]);
  expect((await listAccounts(hub.ctx(people.ada), { q: "Wrong desk" })).items).toEqual([]);
  const anyway = await ben.post("/accounts/new", { ...typed, "secret.token": "canary-wrong-key-1", anyway: "yes" });
  expect(anyway.location).toBe("/accounts/wrong-desk");
});

test("refuses a foreign owner, a nameless account and an unknown service, each in words", async () => {
  const typed = { service: helpdesk.id, name: "Not mine", "secret.token": KEY };
  for (const owner of ["organization:", `worker:${people.cleo.id}`, "team:nonsense", "rubbish"]) {
    const refused = await ben.post("/accounts/new", { ...typed, owner });
    expect([owner, refused.status, refused.text.includes('value="Not mine"')]).toEqual([owner, 400, true]);
    expect(refused.text).toMatch(/id="field-owner-problem"/);
  }
  const nameless = await ben.post("/accounts/new", { ...typed, name: " " });
  expect([nameless.status, words(nameless).includes("Enter a name.")]).toEqual([400, true]);
  expect((await ben.post("/accounts/new", { ...typed, name: "two\nlines" })).status).toBe(400);
  expect((await ben.get("/accounts/new?service=nonsense")).status).toBe(404);
  expect((await ben.post("/accounts/new", { ...typed, service: "nonsense" })).status).toBe(404);
});

test("lists by tab, state and search, page by page", async () => {
  await own("cleo", "Cleo's desk");
  await own("ada", "Company desk", { owner: { type: "organization" } });
  const paused = await own("ben", "Paused desk");
  await ben.post(`/accounts/${paused.slug}/pause`);
  const lent = await own("cleo", "Lent desk");
  await shareAccount(hub.ctx(people.cleo), lent.id, { with: { type: "worker", id: people.ben.id } });

  const all = words(await ben.get("/accounts"));
  for (const name of ["My desk", "Company desk", "Lent desk", "Paused desk"]) expect(all).toContain(name);
  expect(all).not.toContain("Cleo's desk");
  expect(words(await ada.get("/accounts"))).toContain("Cleo's desk");
  const shared = words(await ben.get("/accounts?tab=shared"));
  expect([shared.includes("Lent desk"), shared.includes("My desk")]).toEqual([true, false]);
  const mine = await ben.get("/accounts?tab=mine&state=paused");
  expect([words(mine).includes("Paused desk"), words(mine).includes("My desk")]).toEqual([true, false]);
  expect(mine.text).toMatch(/aria-current="true">Paused <span class="count">1</);
  expect(mine.text).toMatch(/name="tab" value="mine"[\s\S]*name="state" value="paused"/);
  expect(words(await ben.get("/accounts?q=zzz"))).toContain("No account matches");
  expect((await ben.get("/accounts?tab=rubbish&state=rubbish")).status).toBe(200);

  for (let at = 0; at < 51; at++) await own("ada", `Bulk ${String(at).padStart(2, "0")}`);
  const first = await ada.get("/accounts?q=Bulk");
  const next = /href="(\/accounts\?[^"]*cursor=[^"]*)"[^>]*>Next/.exec(first.text)![1]!.replaceAll("&amp;", "&");
  const second = await ada.get(next);
  expect([words(first).includes("Bulk 50"), words(second).includes("Bulk 50")]).toEqual([false, true]);
  expect(second.text).toMatch(/href="\/accounts\?q=Bulk"[^>]*>First page/);
});

test("the page shows each what they may do, and strangers nothing", async () => {
  const desk = await own("ben", "Acts desk");
  const path = `/accounts/${desk.slug}`;
  expect(acts(await ben.get(path))).toEqual(ACTS);
  expect(acts(await ada.get(path))).toEqual(["Pause", "Disconnect"]);
  expect((await ada.get(path)).text).not.toContain("/proxy/");
  const pages = [path, `${path}/access`, `${path}/rename`, `${path}/secret`, `${path}/disconnect`];
  const posts = ["test", "pause", "resume", "accept-hosts", "reconnect", "access", "rename", "secret", "disconnect"];
  for (const page of pages) expect([page, (await cleo.get(page)).status]).toEqual([page, 404]);
  for (const act of posts) expect([act, (await cleo.post(`${path}/${act}`)).status]).toEqual([act, 404]);

  await shareAccount(hub.ctx(people.ben), desk.id, { with: { type: "everyone" } });
  expect(acts(await cleo.get(path))).toEqual(["Test now"]);
  expect(words(await cleo.get(path))).toContain("You may use it because it is shared with you.");
  for (const page of pages.slice(1)) expect([page, (await cleo.get(page)).status]).toEqual([page, 403]);
  for (const act of posts.slice(1)) expect([act, (await cleo.post(`${path}/${act}`)).status]).toEqual([act, 403]);
  expect((await ada.post(`${path}/resume`)).status).toBe(403);
  expect((await ada.get(`${path}/access`)).status).toBe(403);
  expect((await ben.get("/accounts/no-such-account")).status).toBe(404);
});

test("pauses, resumes and tests with a sentence each", async () => {
  const desk = await own("ben", "Toggled desk");
  const act = async (name: string) => words(await ben.follow(await ben.post(`/accounts/${desk.slug}/${name}`)));
  expect(await act("test")).toContain("Helpdesk knows it as desk@acme.example.");
  expect(await act("pause")).toContain("Toggled desk is paused.");
  expect(acts(await ben.get(`/accounts/${desk.slug}`))).toContain("Resume");
  expect(await act("test")).toContain("is paused. Resume it to continue.");
  expect(await act("resume")).toContain("can be used again");
  expect(await act("resume")).toContain("is not paused");
});

test("shows recent requests and what happened, and no secret", async () => {
  const desk = await own("ben", "Busy desk");
  await execute(hub.ctx(people.ben), { account: desk.id, method: "GET", url: "/tickets/42" });
  await execute(hub.ctx(people.ben), { account: desk.id, method: "GET", url: "https://evil.example/x" }).catch(
    () => {},
  );
  const page = await ben.get(`/accounts/${desk.slug}`);
  expect(words(page)).toMatch(
    /GET evil\.example\/x Ben Worker .* Denied .*GET 127\.0\.0\.1:\d+\/tickets\/42 Ben Worker .* 200 OK/,
  );
  expect(page.text).toContain(`value="${app.url}/proxy/busy-desk/"`);
  expect(page.text).not.toContain(KEY);
});

test("renames, keeping what was typed when the short name is taken", async () => {
  const desk = await own("ben", "Old desk");
  const taken = await ben.post(`/accounts/${desk.slug}/rename`, { name: "New desk", slug: "my-desk" });
  expect([taken.status, words(taken).includes("This short name is taken.")]).toEqual([400, true]);
  for (const kept of ['value="New desk"', 'value="my-desk"']) expect(taken.text).toContain(kept);
  const saved = await ben.post(`/accounts/${desk.slug}/rename`, { name: "New desk", slug: "new" });
  expect(saved.location).toBe(`/accounts/${desk.id}`);
  expect(words(await ben.follow(saved))).toContain("New desk");
  expect((await ben.get(`/accounts/old-desk`)).status).toBe(404);
});

test("shares with a worker, a team, a bot and everyone, within limits, and takes it back", async () => {
  const desk = await own("ben", "Shared desk");
  const bot = await addBot(hub.ctx(people.ben), { name: "Night owl" });
  const path = `/accounts/${desk.slug}/access`;
  const page = await ben.get(path);
  for (const option of ["Everyone (all workers)", "Worker: Cleo Worker", "Team: Support", "Bot: Night owl"])
    expect(page.text).toContain(`>${option}</option>`);
  const typed = { with: `bot:${bot.id}`, methods: ["GET", "POST"], paths: "/tickets/**\r\n/me", until: "2031-02-03" };
  const refused = await ben.post(path, { ...typed, paths: "tickets" });
  expect([refused.status, words(refused).includes("A path begins with /.")]).toEqual([400, true]);
  for (const kept of [
    `value="bot:${bot.id}" selected`,
    'value="POST" checked',
    ">\ntickets</textarea>",
    'value="2031-02-03"',
  ])
    expect(refused.text).toContain(kept);
  expect((await ben.post(path, { ...typed, with: "" })).status).toBe(400);
  expect((await ben.post(path, { ...typed, with: "worker:nonsense" })).status).toBe(400);

  for (const form of [
    typed,
    { with: `worker:${people.cleo.id}` },
    { with: `team:${people.support.id}` },
    { with: "everyone:" },
  ])
    expect((await ben.post(path, form)).location).toBe(path);
  const shared = await ben.get(path);
  expect(words(shared)).toContain("GET, POST on /tickets/**, /me");
  const again = await ben.post(path, { with: "everyone:" });
  expect([again.status, words(again).includes("shared with everyone already")]).toEqual([400, true]);
  expect((await getAccount(hub.ctx(people.ben), desk.id)).shares).toBe(4);
  const removals = [...shared.text.matchAll(/action="([^"]*\/remove)"/g)].map((match) => match[1]!);
  for (const removal of removals) expect((await ben.post(removal)).location).toBe(path);
  expect((await ben.post(removals[0]!)).status).toBe(404);
  expect(words(await ben.get(path))).toContain("Nobody yet");
});

test("replaces a key without showing the old one", async () => {
  const desk = await own("ben", "Replaced desk");
  const path = `/accounts/${desk.slug}/secret`;
  const form = await ben.get(path);
  expect(words(form)).toContain("saved, hidden Replace");
  expect(form.text).not.toContain(KEY);
  const nothing = await ben.post(path, {});
  expect([nothing.status, words(nothing).includes("Enter the new token.")]).toEqual([400, true]);
  const refused = await ben.post(path, { "secret.token": "canary-other-key-2", expires_on: "2032-01-01" });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain("Save anyway");
  expect(refused.text).toContain('value="2032-01-01"');
  expect(refused.text).not.toContain("canary-other-key-2");
  const saved = await ben.post(path, { "secret.token": KEY, expires_on: "2032-01-01" });
  expect(saved.location).toBe(`/accounts/${desk.slug}`);
  expect(words(await ben.follow(saved))).toContain("The key of Replaced desk is replaced.");
});

test("new hosts of the service wait for the owner's word", async () => {
  const desk = await own("ben", "Hosted desk");
  await editService(hub.ctx(people.ada), helpdesk.id, { hosts: [...helpdesk.hosts, "files.example.com"] });
  const path = `/accounts/${desk.slug}`;
  expect(words(await ben.get(path))).toContain("Helpdesk gained a host: files.example.com.");
  expect(words(await ada.get(path))).not.toContain("gained a host");
  expect((await ben.post(`${path}/accept-hosts`)).location).toBe(path);
  expect(words(await ben.get(path))).not.toContain("gained a host");
});

test("disconnects after naming what stops, and says what became of the grant", async () => {
  const desk = await own("ben", "Doomed desk");
  await shareAccount(hub.ctx(people.ben), desk.id, { with: { type: "worker", id: people.cleo.id } });
  const confirm = words(await ben.get(`/accounts/${desk.slug}/disconnect`));
  for (const said of ["What will stop", "Cleo Worker (worker)", "The key itself stays valid at Helpdesk"])
    expect(confirm).toContain(said);
  const done = await ben.post(`/accounts/${desk.slug}/disconnect`);
  expect(done.location).toBe("/accounts");
  expect(words(await ben.follow(done))).toContain("Doomed desk is disconnected. Helpdesk can not be told");
  expect((await ben.get(`/accounts/${desk.slug}`)).status).toBe(404);

  const provider = await newProvider();
  const { settings, echo } = provider;
  const crm = await addService(hub.ctx(people.ada), { kind: "oauth2", name: "CRM", settings, base_url: echo.url });
  const secret = { access_token: "canary-access-1", refresh_token: "canary-refresh-1" };
  const linked = await connectAccount(hub.ctx(people.ben), { service: crm.id, name: "Linked", secret });
  const revoked = await ada.post(`/accounts/${linked.slug}/disconnect`);
  expect(words(await ada.follow(revoked))).toContain("Linked is disconnected. CRM revoked the grant.");
  expect(provider.revoked).toEqual(["canary-refresh-1", "canary-access-1"]);
  await provider.close();
});

test("needs a sign-in, and a form of this hub", async () => {
  const nobody = new Browser(app);
  expect((await nobody.get("/accounts?tab=mine")).location).toBe("/sign-in?next=%2Faccounts%3Ftab%3Dmine");
  expect((await nobody.post("/accounts/new", {})).location).toBe("/sign-in");
  const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  expect((await ben.post("/accounts/my-desk/pause", {}, foreign)).status).toBe(403);
});

test("the navigation counts the accounts that somebody can reconnect, and only for them", async () => {
  const team = { type: "team", id: people.support.id } as const;
  const broken = await own("ben", "Broken desk", { owner: team });
  await hub.world.database.knex("accounts").where({ id: broken.id }).update({ state: "needs_reconnect" });
  expect((await ben.get("/bots")).text).toMatch(/aria-label="1 account needs you"[^>]*>1</);
  expect((await cleo.get("/bots")).text).not.toContain("needs you");
  await hub.world.database.knex("accounts").where({ id: broken.id }).update({ state: "active" });
  expect((await ben.get("/bots")).text).not.toContain("needs you");
});
