import { afterAll, beforeAll, expect, test } from "vitest";
import { browserName } from "../../src/http/browser-name.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { cast, newWorld, PASSWORDS, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;

beforeAll(async () => {
  hub = await newWorld();
  await cast(hub.world);
  app = await startApp(hub.world);
});

afterAll(async () => {
  await app?.close();
  await hub?.close();
});

const as = (name: "ada" | "ben" | "cleo", password = PASSWORDS[name]) =>
  new Browser(app).signIn(`${name}@example.com`, password);

/** What a process remembers of a session is dropped a moment after it ended. */
const signedOut = (browser: Browser) =>
  expect.poll(async () => (await browser.get("/settings")).location).toContain("/sign-in");

test("shows the callback address to everybody, and what is about the hub to admins", async () => {
  const ben = await as("ben");
  const page = await ben.get("/settings");
  expect(page.text).toContain(`value="${app.url}/oauth/callback"`);
  expect(page.text).not.toContain("/settings/about");
  expect((await ben.get("/settings/about")).status).toBe(403);
  expect((await ben.post("/settings/about/verify")).status).toBe(403);
  const ada = await as("ada");
  expect((await ada.get("/settings/about")).text).toMatch(/PostgreSQL \d+/);
  expect((await ada.post("/settings/about/verify")).text).toMatch(/All \d+ rows are unbroken\./);
});

test("issues a token that is shown once and works, until it is revoked", async () => {
  const ben = await as("ben");
  const typed = { name: "", scopes: "manage", expires_at: "2020-01-01" };
  const bad = await ben.post("/settings/tokens", typed);
  expect(bad.status).toBe(400);
  expect(bad.text).toContain("Enter a name.");
  expect(bad.text).toMatch(/value="manage" checked/);
  expect(bad.text).not.toMatch(/value="execute" checked/);
  const none = await ben.post("/settings/tokens", { name: "None", expires_at: "" });
  expect(none.text).toContain("Choose at least one scope.");
  const past = await ben.post("/settings/tokens", { ...typed, name: "Past" });
  expect(past.text).toContain("Choose a moment in the future.");

  const made = await ben.post("/settings/tokens", { name: "Export", scopes: ["read", "execute"], expires_at: "" });
  const token = /sgw_[\w-]{43}/.exec(made.text)![0];
  const me = () => fetch(`${app.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  expect((await me()).status).toBe(200);
  const list = await ben.get("/settings/tokens");
  expect(list.text).toContain("Export");
  expect(list.text).not.toContain(token);
  const revoke = /action="(\/settings\/tokens\/[^"]+\/revoke)"/.exec(list.text)![1]!;
  expect((await (await as("cleo")).post(revoke)).status).toBe(404);
  await ben.post(revoke);
  await expect.poll(async () => (await me()).status).toBe(401);
});

test("lists my sessions and ends the others", async () => {
  const [here, there] = [await as("cleo"), await as("cleo")];
  const page = await here.get("/settings/sessions");
  expect(page.text).toContain("This browser");
  const session = /name="session" value="([^"]+)"/.exec(page.text)![1]!;
  expect((await (await as("ben")).post("/settings/sessions/end", { session })).status).toBe(404);
  await here.post("/settings/sessions/end", { session });
  await signedOut(there);
  const third = await as("cleo");
  await here.post("/settings/sessions/end-others");
  await signedOut(third);
  expect((await here.get("/settings")).status).toBe(200);
});

test("changes my name and my password, and keeps no password in the page", async () => {
  const cleo = await as("cleo");
  const empty = await cleo.post("/settings/profile", { name: "" });
  expect([empty.status, empty.text.includes("Enter a name.")]).toEqual([400, true]);
  await cleo.post("/settings/profile", { name: "Cleo C." });
  expect((await cleo.get("/settings/profile")).text).toContain('value="Cleo C."');

  const wrong = await cleo.post("/settings/password", {
    current: "not the right one",
    password: "barge on the nile 2",
  });
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain("This is not your current password.");
  expect(wrong.text).not.toMatch(/not the right one|barge on the nile/);
  const weak = await cleo.post("/settings/password", { current: PASSWORDS.cleo, password: "short" });
  expect(weak.text).toContain("Use at least 12 characters");
  const other = await as("cleo");
  await cleo.post("/settings/password", { current: PASSWORDS.cleo, password: "barge on the nile 2" });
  expect((await cleo.get("/settings")).status).toBe(200);
  await signedOut(other);
  await as("cleo", "barge on the nile 2");
});

test("calls browsers by names that people know", () => {
  const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15";
  const edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/124.0 Safari/537.36 Edg/124.0";
  expect([mac, edge, "curl/8.5.0", "node", null].map(browserName)).toEqual([
    "Safari on macOS",
    "Edge on Windows",
    "curl",
    "node",
    "Unknown browser",
  ]);
});
