import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Browser, startApp, type App, type Visit } from "../support/app.ts";
import { cast, newWorld, PASSWORDS, type TestWorld } from "../support/world.ts";

// A failure that nobody foresaw: a table is gone. Whoever asks learns a request number, and the log the rest.

let hub: TestWorld;
let app: App;
let ada: Browser;
const logged: { facts: Record<string, unknown>; sentence: string }[] = [];

beforeAll(async () => {
  const note = (facts: object, sentence: string) => void logged.push({ facts: { ...facts }, sentence });
  hub = await newWorld({ log: { info: note, warn: note, error: note } });
  await cast(hub.world);
  app = await startApp(hub.world);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
});

beforeEach(() => void logged.splice(0));
afterEach(() => hub.world.database.knex.raw("alter table if exists hidden_away rename to bots"));

afterAll(async () => {
  await app?.close();
  await hub?.close();
});

const hideBots = () => hub.world.database.knex.raw("alter table bots rename to hidden_away");
const DETAILS = /relation|does not exist|select .* from|knex|node_modules|\.ts:\d|at async/i;

/** What the answer gives away is its request's number alone, under which the log has the rest. */
function expectNumber(visit: Pick<Visit, "text" | "headers">): void {
  const id = visit.headers.get("signet-request-id")!;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(visit.text).toContain(id);
  expect(visit.text).not.toMatch(DETAILS);
  expect(visit.headers.get("signet-error")).toBe("unavailable");
  const told = logged.filter(({ facts }) => facts.request_id === id);
  expect(told.map(({ sentence }) => sentence)).toEqual(["internal error"]);
  expect(told[0]!.facts.error).toMatch(/hidden_away|bots/);
}

test("a page that fails inside Signet is a page of Signet, with the request's number and no details", async () => {
  await hideBots();
  const visit = await ada.get("/bots?q=x");
  expect(visit.status).toBe(500);
  expect(visit.text).toContain("<h1>Something went wrong inside Signet</h1>");
  expect(visit.text).toContain("Ada Admin");
  expect(visit.text).toContain("give the request number to the people who run this hub");
  expect(visit.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(visit.headers.get("cache-control")).toBe("no-store");
  expectNumber(visit);
});

test("a form that fails inside Signet says so, too, and what was typed is in neither answer nor log", async () => {
  await hideBots();
  const visit = await ada.post("/bots/new", { name: "typed-and-not-repeated" });
  expect(visit.status).toBe(500);
  expectNumber(visit);
  expect(visit.text + JSON.stringify(logged)).not.toContain("typed-and-not-repeated");
});

test("somebody without a session gets the frame without navigation", async () => {
  const { knex } = hub.world.database;
  await knex.raw("alter table workers rename to people_gone");
  try {
    const visit = await new Browser(app).post("/sign-in", { email: "ada@example.com", password: PASSWORDS.ada });
    expect(visit.status).toBe(500);
    expect(visit.text).toContain("Go to sign in");
    expect(visit.text).not.toContain('aria-label="Main"');
    expect(visit.text).toContain(visit.headers.get("signet-request-id")!);
    expect(visit.text).not.toMatch(DETAILS);
  } finally {
    await knex.raw("alter table people_gone rename to workers");
  }
});

test("the API answers with a problem of the same shape as any other", async () => {
  const page = await ada.post("/settings/tokens", { name: "All", scopes: ["execute", "manage", "read"] });
  const token = /sgw_[\w-]{43}/.exec(page.text)![0];
  await hideBots();
  const answer = await fetch(`${app.url}/api/v1/bots`, { headers: { authorization: `Bearer ${token}` } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([500, "application/problem+json; charset=utf-8"]);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ status: 500, title: "Internal error", code: "unavailable" });
  expectNumber({ text, headers: answer.headers });
});
