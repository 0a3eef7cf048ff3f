import { afterAll, beforeAll, expect, test } from "vitest";
import { inviteWorker } from "../../src/people/invite.ts";
import { setupToken } from "../../src/people/setup.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let people: Cast;

beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
  app = await startApp(hub.world);
});

afterAll(async () => {
  await app?.close();
  await hub?.close();
});

const browser = () => new Browser(app);

test("signs in with the form, and out again", async () => {
  const ben = browser();
  const form = await ben.get("/sign-in?next=/people");
  expect(form.status).toBe(200);
  expect(form.text).toMatch(/<label[^>]*>Email<\/label>[\s\S]*<label[^>]*>Password<\/label>[\s\S]*Sign in<\/span>/);
  const visit = await ben.post("/sign-in", { email: "Ben@Example.com", password: PASSWORDS.ben, next: "/people" });
  expect([visit.status, visit.location]).toEqual([303, "/people"]);
  expect(ben.cookie("signet")).toMatch(/^[\w-]{43}$/);
  expect(visit.headers.getSetCookie().find((line) => line.startsWith("signet="))).toMatch(/HttpOnly.*SameSite=Lax/);

  expect((await ben.get("/sign-in")).location).toBe("/");
  const out = await ben.post("/sign-out");
  expect([out.status, out.location]).toEqual([303, "/sign-in"]);
  expect(out.headers.get("clear-site-data")).toContain('"cache"');
  expect(ben.cookie("signet")).toBeUndefined();
  expect((await ben.follow(out)).text).toContain("You are signed out.");
  expect((await ben.post("/sign-out")).location).toBe("/sign-in");
});

test("leads to no other site after signing in", async () => {
  for (const next of ["https://evil.example/", "//evil.example", "/\\evil.example", "/%0d%0aset-cookie:a=b\n"]) {
    const visit = await browser().post("/sign-in", { email: "cleo@example.com", password: PASSWORDS.cleo, next });
    expect(visit.location).not.toContain("evil");
  }
});

test("keeps the email and not the password when it is wrong, and says the same for strangers", async () => {
  const wrong = await browser().post("/sign-in", { email: "cleo@example.com", password: "wrong horse battery" });
  const stranger = await browser().post("/sign-in", { email: "nobody@example.com", password: "wrong horse battery" });
  expect([wrong.status, stranger.status]).toEqual([400, 400]);
  expect(wrong.text).toContain('value="cleo@example.com"');
  expect(wrong.text).toContain("The email or the password is not right.");
  expect(wrong.text).not.toContain("wrong horse");
  expect(stranger.text.replaceAll("nobody@", "cleo@")).toBe(wrong.text);
});

test("says beside each field what is missing", async () => {
  const visit = await browser().post("/sign-in", { email: "", password: "" });
  expect(visit.status).toBe(400);
  expect(visit.text).toContain('href="#field-email">Enter your email address.');
  expect(visit.text).toContain('id="field-password-problem"');
});

test("asks to wait after many wrong guesses", async () => {
  const guess = () => browser().post("/sign-in", { email: "dora@example.com", password: "guess after guess" });
  let visit = await guess();
  for (let tries = 0; tries < 10 && visit.status === 400; tries++) visit = await guess();
  expect(visit.status).toBe(429);
  expect(visit.text).toContain("Too many wrong attempts.");
  expect(visit.text).toContain('value="dora@example.com"');
});

test("an invitation is joined once, and signs in", async () => {
  const { token } = await inviteWorker(hub.ctx(people.ada), { email: "eve@example.com", name: "Eve" });
  const path = `/invitations/${token}`;
  expect((await browser().get(path)).text).toContain("eve@example.com");
  const weak = await browser().post(path, { name: "Eve Ivy", password: "short" });
  expect(weak.status).toBe(400);
  expect(weak.text).toContain('value="Eve Ivy"');
  expect(weak.text).toContain("Use at least 12 characters");

  const form = { name: "Eve Ivy", password: "ivy on the old wall" };
  const visits = [browser(), browser()];
  const answers = await Promise.all(visits.map((one) => one.post(path, form)));
  expect(answers.map((one) => one.status).sort()).toEqual([303, 404]);
  const winner = visits[answers.findIndex((one) => one.status === 303)]!;
  expect((await winner.get("/sign-in")).location).toBe("/");
  const late = await browser().get(path);
  expect(late.status).toBe(404);
  expect(late.text).toContain("This invitation no longer works");
  expect((await browser().get(`/setup/${token}`)).status).toBe(404);
});

test("refuses forms that another site sent", async () => {
  const ben = await browser().signIn("ben@example.com", PASSWORDS.ben);
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: app.url.replace(/\d+$/, "1") },
    { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
  ];
  for (const headers of foreign) {
    const visit = await ben.post("/sign-out", {}, headers);
    expect(visit.status).toBe(403);
    expect(visit.text).toContain("sent from another site");
  }
  const bare = await fetch(`${app.url}/sign-out`, {
    method: "POST",
    headers: { "sec-fetch-site": "cross-site", cookie: `signet=${ben.cookie("signet")}` },
    redirect: "manual",
  });
  expect(bare.status).toBe(403);
  expect((await ben.get("/sign-in")).location).toBe("/");
});

test("the set-up link makes one first admin, also when it is used twice at once", async () => {
  const empty = await newWorld();
  const fresh = await startApp(empty.world);
  try {
    const path = `/setup/${await setupToken(empty.world)}`;
    expect((await new Browser(fresh).get("/setup/not-the-token")).status).toBe(404);
    expect((await new Browser(fresh).get(path)).text).toContain("Create the first admin");
    const weak = await new Browser(fresh).post(path, { name: "Ann", email: "ann@", password: "short" });
    expect(weak.status).toBe(400);
    expect(weak.text).toMatch(/value="Ann"[\s\S]*value="ann@"/);
    expect(weak.text).not.toContain('value="short"');

    const visitors = ["ann", "bob"].map((name) => ({ name, browser: new Browser(fresh) }));
    const answers = await Promise.all(
      visitors.map(({ name, browser }) =>
        browser.post(path, { name, email: `${name}@example.com`, password: "tall ships at anchor" }),
      ),
    );
    expect(answers.map((one) => one.status).sort()).toEqual([303, 404]);
    const won = answers.findIndex((one) => one.status === 303);
    expect(answers[won]!.location).toBe("/");
    expect((await visitors[won]!.browser.get("/sign-in")).location).toBe("/");
    expect((await new Browser(fresh).get(path)).status).toBe(404);
  } finally {
    await fresh.close();
    await empty.close();
  }
});
