import { afterAll, beforeAll, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { bearerService } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let echo: Echo;
let people: Cast;
let ada: Browser;
let ben: Browser;
let cleo: Browser;

beforeAll(async () => {
  echo = await newEcho();
  hub = await newWorld({ outboundAllow: [echo.host] });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
});

afterAll(async () => {
  await app?.close();
  await hub?.close();
  await echo?.close();
});

test("lists workers; emails and the (+) are for admins", async () => {
  const page = await ada.get("/people?q=ben");
  expect(page.text).toContain("Ben Worker");
  expect(page.text).toContain("ben@example.com");
  expect(page.text).toMatch(/href="\/people\/new"[\s\S]*?<\/svg>\s*(<span>)?Add/);
  expect(page.text).not.toContain("Cleo Worker");
  const seen = await cleo.get("/people");
  expect(seen.text).toContain("Ben Worker");
  expect(seen.text).not.toContain("ben@example.com");
  expect(seen.text).not.toContain("/people/new");
});

test("keeps everybody else out of what is for admins", async () => {
  const ids = { ben: people.ben.id, support: people.support.id };
  for (const path of ["/people/new", `/people/${ids.ben}/deactivate`, "/teams/new", `/teams/${ids.support}/delete`]) {
    const visit = await cleo.get(path);
    expect([path, visit.status]).toEqual([path, 403]);
    expect(visit.text).toContain("This page is for admins.");
  }
  const acts = [
    "/people",
    `/people/${ids.ben}`,
    `/people/${ids.ben}/deactivate`,
    "/teams",
    `/teams/${ids.support}/members`,
  ];
  for (const path of acts) {
    const visit = await cleo.post(path, { name: "x", worker: people.cleo.id });
    expect([path, visit.status]).toEqual([path, 403]);
  }
  const { text } = await ada.get(`/teams/${ids.support}`);
  expect(text).not.toContain("Cleo Worker</a>");
  const stranger = await new Browser(app).get("/people/new");
  expect([stranger.status, stranger.location]).toEqual([303, "/sign-in?next=%2Fpeople%2Fnew"]);
});

test("invites with a link that is shown once; a refused form keeps what was typed", async () => {
  const typed = { name: "Eve Example", email: "not an address", role: "admin", teams: people.support.id };
  const bad = await ada.post("/people", typed);
  expect(bad.status).toBe(400);
  expect(bad.text).toContain('value="not an address"');
  expect(bad.text).toMatch(new RegExp(`value="${people.support.id}" checked`));
  expect(bad.text).toMatch(/value="admin" checked/);

  const made = await ada.post("/people", { ...typed, email: "eve@example.com", role: "worker" });
  const link = new RegExp(`${app.url}/invitations/[\\w-]{43}`).exec(made.text)?.[0];
  expect(link).toBeDefined();
  const list = await ada.get("/people?state=invited");
  expect(list.text).toContain("Eve Example");
  expect(list.text).not.toContain("/invitations/");
  const id = /href="\/people\/([0-9a-f-]{36})"/.exec(list.text)![1]!;

  const again = await ada.post(`/people/${id}/invite`);
  expect(again.text).toMatch(/\/invitations\/[\w-]{43}/);
  expect((await new Browser(app).get(link!.slice(app.url.length))).status).toBe(404);
});

test("changes a role, which signs the worker out", async () => {
  const dora = new Browser(app);
  const made = await ada.post("/people", { name: "Dora", email: "dora@example.com", role: "worker" });
  const path = /\/invitations\/[\w-]{43}/.exec(made.text)![0];
  await dora.post(path, { name: "Dora", password: "doors and windows" });
  const id = /href="\/people\/([0-9a-f-]{36})"/.exec((await ada.get("/people?q=dora")).text)![1]!;
  expect((await dora.get("/people")).status).toBe(200);
  expect((await ada.post(`/people/${id}`, { name: "Dora D", role: "admin" })).location).toBe(`/people/${id}`);
  await expect.poll(async () => (await dora.get("/people")).location).toContain("/sign-in");
  const empty = await ada.post(`/people/${id}`, { name: "", role: "admin" });
  expect(empty.status).toBe(400);
  expect(empty.text).toContain("Enter a name.");
});

test("names what somebody owns before deactivating, and lets them in again", async () => {
  const service = await bearerService(hub, people.ada, echo.url);
  await connectAccount(hub.ctx(people.cleo), {
    service: service.id,
    name: "Cleo's inbox",
    secret: { token: "cleo-secret-token" },
  });
  const ask = await ada.get(`/people/${people.cleo.id}/deactivate`);
  expect(ask.text).toContain("1 account and 0 bots");
  expect(ask.text).toContain("Cleo&#39;s inbox");
  expect((await cleo.get("/")).status).toBe(200);
  await ada.post(`/people/${people.cleo.id}/deactivate`);
  await expect.poll(async () => (await cleo.get("/people")).location).toContain("/sign-in");
  expect((await ada.get(`/people/${people.cleo.id}`)).text).toContain("Reactivate");
  await ada.post(`/people/${people.cleo.id}/reactivate`);
  await cleo.signIn("cleo@example.com", PASSWORDS.cleo);
  const own = await ada.post(`/people/${people.ada.id}/deactivate`);
  expect((await ada.follow(own)).text).toMatch(/only admin|can not deactivate yourself/);
});

test("makes, fills, renames and deletes a team", async () => {
  const taken = await ada.post("/teams", { name: "Support" });
  expect(taken.status).toBe(400);
  expect(taken.text).toContain("This name is taken.");
  const at = (await ada.post("/teams", { name: "Platform" })).location!;
  expect((await ada.post(`${at}/members`, { worker: "" })).text).toContain("Choose somebody.");
  await ada.post(`${at}/members`, { worker: people.cleo.id, manager: "on" });
  expect((await ada.get(at)).text).toMatch(/Cleo Worker[\s\S]*Manager/);
  // What a process remembers of a person is dropped a moment after it changed.
  await expect.poll(async () => (await cleo.get(at)).text).toContain("Add a member");
  expect((await cleo.post(`${at}/members`, { worker: people.ben.id })).location).toBe(at);
  expect((await ben.post(`${at}/members/${people.cleo.id}/remove`)).status).toBe(403);
  await ada.post(`${at}/members/${people.cleo.id}/manager`, { manager: "" });
  await expect.poll(async () => (await cleo.get(at)).text).not.toContain("Add a member");
  expect((await cleo.post(`${at}/members/${people.ben.id}/remove`)).status).toBe(403);
  expect((await ada.post(`${at}/rename`, { name: "" })).status).toBe(400);
  await ada.post(`${at}/rename`, { name: "Platforms" });
  const gone = await ada.post(`${at}/delete`);
  expect((await ada.follow(gone)).text).toContain("Deleted the team Platforms.");
  expect((await ada.get(at)).status).toBe(404);
});

test("says what is not there, in the frame of whoever asks", async () => {
  const inside = await ada.get("/nowhere");
  expect(inside.status).toBe(404);
  expect(inside.text).toContain("Go to the home page");
  expect(inside.headers.get("signet-error")).toBe("not_found");
  const outside = await new Browser(app).get("/nowhere");
  expect(outside.status).toBe(404);
  expect(outside.text).toContain("Go to sign in");
  expect((await ada.get("/people/not-an-id")).status).toBe(404);
  expect((await ada.get("/design")).status).toBe(404);
});
