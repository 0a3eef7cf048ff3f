import { afterAll, beforeAll, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { addBot } from "../../src/bots/add.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let people: Cast;
const browsers = {} as Record<"ada" | "ben" | "cleo", Browser>;

beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
  app = await startApp(hub.world);
  const service = await bearerService(hub, people.ada, "https://desk.example.com", { name: "Orchard desk" });
  await connected(hub, people.ben, service, { token: "canary-1234567" }, { name: "Ben's orchard" });
  await connectAccount(hub.ctx(people.ada), {
    service: service.id,
    name: "Everybody's orchard",
    owner: { type: "organization" },
    secret: { token: "canary-1234567" },
  });
  await addBot(hub.ctx(people.ben), { name: "Orchard keeper" });
  for (const who of ["ada", "ben", "cleo"] as const)
    browsers[who] = await new Browser(app).signIn(`${who}@example.com`, PASSWORDS[who]);
});

afterAll(async () => {
  await app?.close();
  await hub?.close();
});

interface Group {
  label: string;
  places: { href: string; label: string; detail: string | null }[];
}

async function found(who: keyof typeof browsers, q: string): Promise<Record<string, string[]>> {
  const { status, text, headers } = await browsers[who].get(`/jump.json?q=${encodeURIComponent(q)}`);
  expect([status, headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
  expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  const { groups } = JSON.parse(text) as { groups: Group[] };
  return Object.fromEntries(groups.map(({ label, places }) => [label, places.map((place) => place.label)]));
}

test("finds what the one who asks may see, sort by sort", async () => {
  expect(await found("ben", "orchard")).toEqual({
    Accounts: ["Ben's orchard", "Everybody's orchard"],
    Services: ["Orchard desk"],
    Bots: ["Orchard keeper"],
  });
  expect(await found("cleo", "orchard")).toEqual({ Accounts: ["Everybody's orchard"], Services: ["Orchard desk"] });
  expect(Object.keys(await found("ada", "orchard"))).toEqual(["Accounts", "Services", "Bots"]);
  expect(await found("cleo", "supp")).toEqual({ People: ["Support"] });
});

test("knows pages by other words too, and keeps those of admins to admins", async () => {
  expect((await found("ben", "console")).Pages).toEqual(["Requests"]);
  expect((await found("ada", "invite")).Pages).toEqual(["Invite a worker"]);
  expect(await found("ben", "invite")).toEqual({});
  expect((await found("ben", "")).Pages).not.toContain("Library");
  for (const who of ["ada", "ben"] as const) {
    for (const label of (await found(who, "")).Pages!) expect(label).not.toBe("");
  }
});

test("every place that is offered is there for who is offered it", async () => {
  for (const who of ["ada", "ben", "cleo"] as const) {
    for (const q of ["", "orchard", "e"]) {
      const { groups } = JSON.parse((await browsers[who].get(`/jump.json?q=${q}`)).text) as { groups: Group[] };
      for (const { href } of groups.flatMap(({ places }) => places)) {
        expect([who, href, (await browsers[who].get(href)).status]).toEqual([who, href, 200]);
      }
    }
  }
});

test("tells an email to nobody who may not know it, nor lets it be found", async () => {
  expect((await found("ada", "cleo@example")).People).toEqual(["Cleo Worker"]);
  expect(await found("ben", "cleo@example")).toEqual({});
  expect((await browsers.ben.get("/jump.json?q=cleo")).text).not.toContain("cleo@example.com");
});

test("takes whatever is typed", async () => {
  for (const q of ["%", "_", "\\", "'", "\0", "<b>", "x".repeat(5000)]) {
    for (const path of ["/jump.json", "/jump"])
      expect((await browsers.ben.get(`${path}?q=${encodeURIComponent(q)}`)).status, q).toBe(200);
  }
  expect(await found("ben", "%")).toEqual({});
});

test("does the same as a page, and is for those who are signed in", async () => {
  const page = await browsers.ben.get("/jump?q=orchard");
  expect(page.text).toMatch(
    /<a href="\/accounts\/ben-s-orchard">Ben&#39;s orchard<\/a>|<a href="[^"]+">Ben&#39;s orchard/,
  );
  expect((await browsers.ben.get("/jump?q=" + encodeURIComponent("<b>"))).text).toContain("“&lt;b&gt;”");
  const stranger = new Browser(app);
  expect((await stranger.get("/jump.json?q=orchard")).location).toMatch(/^\/sign-in/);
  const home = await browsers.ben.get("/");
  expect(home.text).toMatch(/<a class="nav-link jump-link" href="\/jump" data-jump/);
});
