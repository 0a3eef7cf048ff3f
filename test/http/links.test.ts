import { afterAll, beforeAll, expect, test } from "vitest";
import { listAccounts } from "../../src/accounts/browse.ts";
import { beginLink } from "../../src/accounts/link.ts";
import type { Service } from "../../src/services/service.ts";
import { addService } from "../../src/services/add.ts";
import { Browser, startApp, type App, type Visit } from "../support/app.ts";
import { newProvider, type Provider } from "../support/provider.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let people: Cast;
let provider: Provider;
let crm: Service;
let time = new Date();
let ben: Browser;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"], clock: () => time });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  provider = await newProvider();
  crm = await addService(hub.ctx(people.ada), {
    kind: "oauth2",
    name: "Acme CRM",
    settings: provider.settings,
    base_url: provider.echo.url,
    test: { url: "/me", identity: { id: "id", label: "email" } },
  });
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
});

afterAll(async () => {
  await provider?.close();
  await app?.close();
  await hub?.close();
});

const accountNames = async () => (await listAccounts(hub.ctx(people.ada), {})).items.map((account) => account.name);

/** The form of a new account, sent with the link: the provider's address. */
async function setOut(who: Browser, name: string, owner?: string): Promise<string> {
  const visit = await who.post("/accounts/link", { service: crm.id, name, ...(owner && { owner }) });
  expect(visit.status).toBe(303);
  expect(visit.location).toContain(`${provider.echo.url}/authorize?`);
  return visit.location!;
}

/** Through the provider and back: the link's page. */
async function comeBack(who: Browser, address: string, how: { as: string; error?: string; scope?: string }) {
  const back = await who.get(await provider.consent(address, how));
  expect(back.status).toBe(303);
  return { path: back.location!, page: await who.follow(back) };
}

const save = (who: Browser, path: string, form = {}) => who.post(`${path}/save`, form);

/** What a page says, without its tags. */
const words = (visit: Visit) => visit.text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");

test("links an account: form, provider, what came back, Save Changes", async () => {
  const form = await ben.get(`/accounts/new?service=${crm.id}`);
  expect(form.text).toMatch(/<button[^>]*type="submit" role="link"[^>]*>[\s\S]*?<span>Link to Acme CRM<\/span>/);
  expect(form.text).toMatch(/<button[^>]*disabled[^>]*>Save Changes/);
  expect(form.headers.get("content-security-policy")).toContain(provider.echo.url);

  const address = await setOut(ben, "Sales CRM", `team:${people.support.id}`);
  expect(await accountNames()).not.toContain("Sales CRM");
  const { path, page } = await comeBack(ben, address, { as: "sales@acme.example" });
  expect(path).toMatch(/^\/links\/[0-9a-f-]{36}$/);
  expect(words(page)).toContain("sales@acme.example Linked");
  expect(page.text).toContain('value="Sales CRM"');
  expect(page.text).toMatch(new RegExp(`value="team:${people.support.id}" selected`));
  expect(await accountNames()).not.toContain("Sales CRM");

  const saved = await save(ben, path, { name: "Sales CRM of Support", owner: `team:${people.support.id}` });
  expect([saved.status, saved.location]).toEqual([303, "/accounts/sales-crm-of-support"]);
  const account = await ben.follow(saved);
  expect(words(account)).toContain("Sales CRM of Support is linked as sales@acme.example.");
  expect((await ben.get(path)).location).toBe("/accounts");
  expect((await save(ben, path, { name: "Twice" })).location).toBe("/accounts");
  expect(await accountNames()).not.toContain("Twice");
});

test("keeps what was typed when the form is refused, and when it links again", async () => {
  const refused = await ben.post("/accounts/link", { service: crm.id, name: " ", owner: `team:${people.support.id}` });
  expect(refused.status).toBe(400);
  expect(words(refused)).toContain("Enter a name.");
  expect(refused.text).toMatch(new RegExp(`value="team:${people.support.id}" selected`));
  expect(refused.headers.get("content-security-policy")).toContain(provider.echo.url);
  const foreign = await ben.post("/accounts/link", { service: crm.id, name: "Kept", owner: "organization:" });
  expect([foreign.status, foreign.text.includes('value="Kept"')]).toEqual([400, true]);
  const early = await ben.post("/accounts/new", { service: crm.id, name: "Kept too" });
  expect([early.status, early.text.includes('value="Kept too"')]).toEqual([400, true]);
  expect(words(early)).toContain("Nothing is linked yet.");

  const first = await comeBack(ben, await setOut(ben, "Before"), { as: "one@acme.example" });
  const again = await ben.post(`${first.path}/depart`, { name: "After", owner: `team:${people.support.id}` });
  const second = await comeBack(ben, again.location!, { as: "two@acme.example" });
  expect(second.path).toBe(first.path);
  expect(words(second.page)).toContain("two@acme.example");
  expect(second.page.text).toContain('value="After"');
  const unnamed = await save(ben, first.path, { name: "", owner: `team:${people.support.id}` });
  expect([unnamed.status, words(unnamed).includes("two@acme.example")]).toEqual([400, true]);
});

test("going back from the provider loses nothing that was typed", async () => {
  const cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
  const address = await setOut(cleo, "Typed by Cleo");
  const form = `/accounts/new?service=${crm.id}`;
  expect((await cleo.get(form)).text).toContain('value="Typed by Cleo"');
  expect((await ben.get(form)).text).not.toContain("Typed by Cleo");
  const { path } = await comeBack(cleo, address, { as: "cleo@acme.example" });
  await save(cleo, path, { name: "Typed by Cleo" });
  expect((await cleo.get(form)).text).toContain('value="Acme CRM"');
});

test("two links in two tabs do not disturb each other", async () => {
  const left = await setOut(ben, "Left tab");
  const right = await setOut(ben, "Right tab");
  const one = await comeBack(ben, right, { as: "right@acme.example" });
  const two = await comeBack(ben, left, { as: "left@acme.example" });
  expect(one.path).not.toBe(two.path);
  expect([words(one.page), one.page.text]).toEqual([
    expect.stringContaining("right@acme.example"),
    expect.stringContaining("Right tab"),
  ]);
  expect([words(two.page), two.page.text]).toEqual([
    expect.stringContaining("left@acme.example"),
    expect.stringContaining("Left tab"),
  ]);
  for (const { path } of [two, one]) expect((await save(ben, path, {})).status).toBe(400);
  expect((await save(ben, one.path, { name: "Right tab" })).location).toBe("/accounts/right-tab");
  expect((await save(ben, two.path, { name: "Left tab" })).location).toBe("/accounts/left-tab");
});

test("a declined consent says so, keeps the form, and links at the next try", async () => {
  const { path, page } = await comeBack(ben, await setOut(ben, "Declined"), { as: "x", error: "access_denied" });
  expect(words(page)).toContain("consent was declined there. Nothing was saved.");
  expect(page.text).toContain('value="Declined"');
  expect(page.text).toMatch(/role="link"[^>]*>[\s\S]*?Link to Acme CRM/);
  const tooEarly = await save(ben, path, { name: "Declined" });
  expect([tooEarly.status, words(tooEarly).includes("consent was declined")]).toEqual([400, true]);
  const again = await ben.post(`${path}/depart`, { name: "Declined" });
  expect(words((await comeBack(ben, again.location!, { as: "y@acme.example" })).page)).toContain("y@acme.example");
});

test("marks the scopes that were not granted", async () => {
  const how = { as: "half@acme.example", scope: "contacts.read" };
  const { page } = await comeBack(ben, await setOut(ben, "Half"), how);
  expect(words(page)).toContain("contacts.write (missing)");
  expect(words(page)).toContain("Not granted: contacts.write.");
});

/** The page that tells why a callback linked nothing: another one, with nothing of the callback in its address. */
async function told(who: Browser, callback: string): Promise<Visit> {
  const visit = await who.get(callback);
  expect([visit.status, visit.location]).toEqual([303, "/oauth/nothing-linked"]);
  expect(visit.headers.get("cache-control")).toBe("no-store");
  expect(visit.headers.get("referrer-policy")).toBe("no-referrer");
  expect(visit.headers.get("signet-error")).not.toBeNull();
  const page = await who.follow(visit);
  expect(page.status).toBe(400);
  return page;
}

test("a callback that was used, is unknown or belongs to another browser links nothing", async () => {
  const back = await provider.consent(await setOut(ben, "Replayed"), { as: "r@acme.example" });
  expect((await ben.get(back)).status).toBe(303);
  const exchanges = provider.exchanges;
  expect(words(await told(ben, back))).toContain("was used already");
  for (const query of ["", "?state=x&code=y", "?error=access_denied", "?state=a&state=b&code=c"]) {
    expect(words(await told(new Browser(app), `/oauth/callback${query}`))).toContain("Nothing was linked");
  }

  const stolen = await provider.consent(await setOut(ben, "Stolen"), { as: "victim@acme.example" });
  expect(words(await told(new Browser(app), stolen))).toContain("started in another browser");
  expect(provider.exchanges).toBe(exchanges);
});

test("a callback that fails inside Signet leaves neither code nor state in the address bar either", async () => {
  const { knex } = hub.world.database;
  await knex.raw("alter table links rename to hidden_away");
  try {
    const page = await told(new Browser(app), "/oauth/callback?state=x&code=y");
    expect(words(page)).toMatch(/Something went wrong inside Signet\. The log has the details under [0-9a-f-]{36}\./);
  } finally {
    await knex.raw("alter table hidden_away rename to links");
  }
});

test("neither looking ahead nor HEAD uses up what works once", async () => {
  const back = await provider.consent(await setOut(ben, "Ahead"), { as: "ahead@acme.example" });
  const exchanges = provider.exchanges;
  expect((await ben.get(back, { "sec-purpose": "prefetch;prerender" })).status).toBe(403);
  const head = await fetch(back, { method: "HEAD", redirect: "manual" });
  expect(head.status).toBe(404);
  expect(provider.exchanges).toBe(exchanges);
  expect(words(await ben.follow(await ben.get(back)))).toContain("ahead@acme.example");

  const { token } = await beginLink(hub.ctx(people.ben), { service: crm.id, name: "Sent" });
  expect((await ben.get(`/connect/${token}`, { "sec-purpose": "prefetch" })).status).toBe(403);
  expect((await fetch(`${app.url}/connect/${token}`, { method: "HEAD" })).status).toBe(404);
  expect((await ben.get(`/connect/${token}`)).location).toContain("/authorize?");
});

test("after ten minutes the answer, after fifteen the link is too late, and both say what to do", async () => {
  const started = time;
  try {
    const late = await provider.consent(await setOut(ben, "Late"), { as: "late@acme.example" });
    time = new Date(started.getTime() + 10 * 60_000 + 1);
    expect(words(await ben.follow(await ben.get(late)))).toContain("took longer than ten minutes");

    const linked = await comeBack(ben, await setOut(ben, "Forgotten"), { as: "slow@acme.example" });
    time = new Date(time.getTime() + 15 * 60_000 + 1);
    expect(words(await ben.get(linked.path))).toContain("was not saved in time");
    expect((await save(ben, linked.path, { name: "Forgotten" })).status).toBe(400);
    const again = await ben.post(`${linked.path}/depart`, { name: "Remembered" });
    const fresh = await comeBack(ben, again.location!, { as: "slow@acme.example" });
    expect(fresh.path).not.toBe(linked.path);
    expect((await save(ben, fresh.path, { name: "Remembered" })).location).toBe("/accounts/remembered");
  } finally {
    time = started;
  }
});

test("a link belongs to who made it", async () => {
  const { path } = await comeBack(ben, await setOut(ben, "Private"), { as: "p@acme.example" });
  const cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
  const admin = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  for (const other of [cleo, admin]) {
    expect((await other.get(path)).status).toBe(404);
    expect((await save(other, path, { name: "Taken" })).status).toBe(404);
    expect((await other.post(`${path}/depart`, { name: "Taken" })).status).toBe(404);
    expect((await other.get(`${path}/done`)).status).toBe(404);
  }
  expect((await new Browser(app).get(path)).location).toBe(`/sign-in?next=${encodeURIComponent(path)}`);
  expect((await ben.get(`${path}/done`)).location).toBe(path);
});

test("somebody without a sign-in links their identity for the one who asked", async () => {
  const begun = await beginLink(hub.ctx(people.ben), { service: crm.id, name: "Grace's CRM" });
  const grace = new Browser(app);
  const page = await grace.get(`/connect/${begun.token}`);
  expect(page.status).toBe(200);
  for (const said of ["Ben Worker asks you", "Acme CRM", "Grace's CRM", "contacts.read"])
    expect(words(page).replaceAll("&#39;", "'")).toContain(said);
  expect(page.text).toMatch(/<button[\s\S]*<span>Continue to Acme CRM<\/span>/);
  expect(page.headers.get("content-security-policy")).toContain(provider.echo.url);
  expect((await grace.post(`/connect/${begun.token}`, {}, { origin: "https://evil.example" })).status).toBe(403);

  const departed = await grace.post(`/connect/${begun.token}`);
  const done = await comeBack(grace, departed.location!, { as: "grace@acme.example" });
  expect(done.path).toBe(`/links/${begun.id}/done`);
  expect(words(done.page)).toContain("Linked as grace@acme.example");
  expect(words(done.page)).toContain("You can close this page; Ben Worker can save it now.");
  expect((await new Browser(app).get(done.path)).status).toBe(404);

  const late = new Browser(app);
  expect(words(await late.get(`/connect/${begun.token}`))).toContain("This link no longer works");
  expect((await late.post(`/connect/${begun.token}`)).status).toBe(404);
  expect((await grace.get(`/connect/${begun.token}`)).location).toBe(done.path);
  expect((await ben.get(`/connect/${begun.token}`)).location).toBe(`/links/${begun.id}`);

  expect(words(await ben.get(`/links/${begun.id}`))).toContain("grace@acme.example");
  expect((await save(ben, `/links/${begun.id}`, { name: "Grace's CRM" })).status).toBe(303);
  expect((await grace.get(`/connect/${begun.token}`)).status).toBe(404);
  expect((await grace.get("/connect/nonsense")).status).toBe(404);
});

test("reconnecting asks before it takes another identity", async () => {
  const first = await comeBack(ben, await setOut(ben, "Lasting"), { as: "old@acme.example" });
  await save(ben, first.path, { name: "Lasting" });
  const [before] = (await listAccounts(hub.ctx(people.ben), { q: "Lasting" })).items;

  const departed = await ben.post("/accounts/lasting/reconnect");
  const other = await comeBack(ben, departed.location!, { as: "new@acme.example" });
  expect(words(other.page)).toContain("This is a different identity");
  expect(words(other.page)).toContain("Use new@acme.example instead of old@acme.example");
  const unticked = await save(ben, other.path);
  expect([unticked.status, words(unticked).includes("Tick the box")]).toEqual([400, true]);
  const ticked = await save(ben, other.path, { other_identity: "on" });
  expect(ticked.location).toBe("/accounts/lasting");
  const [after] = (await listAccounts(hub.ctx(people.ben), { q: "Lasting" })).items;
  expect(after).toMatchObject({ id: before!.id, identity: { label: "new@acme.example" } });

  const same = await comeBack(ben, (await ben.post("/accounts/lasting/reconnect")).location!, {
    as: "new@acme.example",
  });
  expect(same.page.text).not.toContain("other_identity");
  expect((await save(ben, same.path)).location).toBe("/accounts/lasting");
});

test("no page and no address holds a code, a state, a token or a secret", async () => {
  const address = await setOut(ben, "Clean");
  const back = await provider.consent(address, { as: "clean@acme.example" });
  const [code, state] = ["code", "state"].map((name) => new URL(back).searchParams.get(name)!);
  const returned = await ben.get(back);
  const page = await ben.follow(returned);
  for (const text of [returned.location!, returned.text, page.text])
    for (const secret of [code!, state!, "canary-"]) expect(text).not.toContain(secret);
});
