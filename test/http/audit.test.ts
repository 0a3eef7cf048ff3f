import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../../src/accounts/execute.ts";
import { callsByHour } from "../../src/audit/browse.ts";
import type { Account } from "../../src/accounts/account.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let echo: Echo;
let people: Cast;
let account: Account;
let ada: Browser;
let ben: Browser;
let cleo: Browser;
let now = new Date("2026-05-04T12:30:00Z");

beforeAll(async () => {
  echo = await newEcho();
  hub = await newWorld({ outboundAllow: [echo.host], clock: () => now });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  const service = await bearerService(hub, people.ada, echo.url);
  account = await connected(hub, people.ben, service, { token: "ben-secret-token-1" });
  await execute(hub.ctx(people.ben), { account: account.id, url: "/items" });
  await execute(hub.ctx(people.ben), { account: account.id, url: "https://no.example/x" }).catch(() => undefined);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
});

afterAll(async () => {
  await app?.close();
  await hub?.close();
  await echo?.close();
});

const rows = (html: string) => [...html.matchAll(/href="\/audit\/(\d+)">/g)].map(([, seq]) => Number(seq));

test("shows admins everything and others what is theirs, newest first, intents folded away", async () => {
  const all = await ada.get("/audit");
  const mine = await ben.get("/audit");
  expect(rows(all.text).length).toBeGreaterThan(rows(mine.text).length);
  expect(rows(all.text)).toEqual(rows(all.text).toSorted((a, b) => b - a));
  expect(mine.text).toContain(`GET ${echo.host}/items`);
  const made = /href="\/audit\/\d+">Made a team/;
  expect([made.test(all.text), made.test(mine.text)]).toEqual([true, false]);
  expect(mine.text).not.toMatch(/class="pill[^>]*>[^<]*<svg[^>]*>.*<\/svg>\s*Intent/);
  const others = await cleo.get("/audit");
  expect(others.text).not.toContain(echo.host);
  for (const { text } of [all, mine, others]) expect(text).not.toContain("ben-secret-token-1");

  const intents = await ben.get("/audit?outcome=pending");
  expect(rows(intents.text)).toHaveLength(1);
});

test("narrows by the address, and keeps the choice", async () => {
  const by = async (query: string) => rows((await ada.get(`/audit?${query}`)).text).length;
  expect(await by("action=execute")).toBe(2);
  expect(await by("action=execute&outcome=denied")).toBe(1);
  expect(await by(`account=${account.id}&action=execute`)).toBe(2);
  expect(await by(`actor=${people.cleo.id}&action=session.started`)).toBe(1);
  expect(await by("q=no.example")).toBe(1);
  expect(await by("since=2030-01-01")).toBe(0);
  expect(await by("until=2020-01-01")).toBe(0);
  const page = await ada.get(`/audit?actor=${people.ben.id}&action=account&since=2026-01-01`);
  expect(page.text).toContain(`<option value="${people.ben.id}" selected>`);
  expect(page.text).toContain('<option value="account" selected>');
  expect(page.text).toContain('value="2026-01-01"');
  const bad = await ada.get("/audit?since=yesterday");
  expect(bad.status).toBe(400);
  expect(bad.text).toContain('id="field-since-problem"');
});

test("shows the whole chain of one request, to those who may read it", async () => {
  const seq = rows((await ben.get("/audit?action=execute&outcome=ok")).text)[0]!;
  const page = await ben.get(`/audit/${seq}`);
  expect(rows(page.text)).toHaveLength(2);
  expect(page.text).toMatch(/Intent[\s\S]*200/);
  expect((await cleo.get(`/audit/${seq}`)).status).toBe(404);
  for (const odd of ["0", "99999999", "abc", "1.5", "1e400"]) expect((await ada.get(`/audit/${odd}`)).status).toBe(404);
});

test("counts calls by the hour, up to now", async () => {
  const ctx = hub.ctx(people.ben);
  expect((await callsByHour(ctx, 3)).map(({ calls, failed }) => [calls, failed])).toEqual([
    [0, 0],
    [0, 0],
    [2, 1],
  ]);
  now = new Date("2026-05-04T14:00:00Z");
  await execute(ctx, { account: account.id, url: "/later" });
  expect((await callsByHour(ctx, 3)).map(({ calls }) => calls)).toEqual([0, 2, 1]);
  now = new Date("2026-05-04T16:45:00Z");
  expect((await callsByHour(ctx, 3)).map(({ calls }) => calls)).toEqual([1, 0, 0]);
  expect((await callsByHour(hub.ctx(people.cleo), 24)).every(({ calls }) => calls === 0)).toBe(true);
});
