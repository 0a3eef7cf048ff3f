import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WorkerActor } from "../../src/access/actor.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { countUnread, listNotices } from "../../src/notices/browse.ts";
import { markRead } from "../../src/notices/mark-read.ts";
import { tidyNotices } from "../../src/notices/tidy.ts";
import { setMember } from "../../src/people/set-member.ts";
import { newStudio, type Studio } from "../support/behaviors.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { call } from "../support/provider-hub.ts";
import { issueToken } from "../../src/people/token.ts";
import { auditRows, PASSWORDS } from "../support/world.ts";

let studio: Studio;
let app: App;
let own: Bot;
let team: Bot;
let all: Bot;

beforeAll(async () => {
  studio = await newStudio();
  const { hub, people } = studio;
  await setMember(hub.ctx(), people.support.id, { worker: people.ada.id, manager: false });
  own = await studio.bot(people.ben, "own");
  team = await studio.bot(people.ben, "team", { owner: { type: "team", id: people.support.id } });
  all = await studio.bot(people.ada, "all", { owner: { type: "organization", id: null } });
  app = await startApp(hub.world);
});

afterAll(async () => {
  await app?.close();
  await studio?.hub.close();
});

beforeEach(() => studio.hub.world.database.knex("notices").delete());

const tell = (bot: Bot, step: object, given: object = {}) =>
  studio.run(
    bot,
    { steps: [{ id: "told", do: "notify", title: "Late", ...step }], output: "{{ steps.told.told }}" },
    given,
  );
const read = async (who: WorkerActor) => (await listNotices(studio.hub.ctx(who))).items;
const titles = async (who: WorkerActor) => (await read(who)).map(({ title }) => title);

describe("whom a bot may tell", () => {
  it("a worker's bot its worker, by address and as the owner, once each", async () => {
    const { ben, cleo } = studio.people;
    expect((await tell(own, { to: ["owner", "BEN@example.com"] })).output).toEqual(["Ben Worker"]);
    expect(await tell(own, { to: ["owner", "cleo@example.com"] })).toMatchObject({
      state: "failed",
      error: {
        code: "invalid",
        message: "The bot can tell the worker it belongs to something; nobody among them is called “cleo@example.com”.",
      },
    });
    expect([await titles(ben), await titles(cleo)]).toEqual([["Late"], []]);
  });

  it("a team's bot the team's members, and nobody else, by the team's name too", async () => {
    expect((await tell(team, { to: "owner" })).output).toEqual(["Ada Admin", "Ben Worker"]);
    expect((await tell(team, { to: "support" })).output).toEqual(["Ada Admin", "Ben Worker"]);
    expect((await tell(team, { to: "{{ 'Support' }}" })).output).toEqual(["Ada Admin", "Ben Worker"]);
    expect((await tell(team, { to: "cleo@example.com" })).error?.code).toBe("invalid");
    expect((await tell(team, { to: "nobody@example.com" })).error?.code).toBe("invalid");
  });

  it("the organization's bot everybody; the owner is its admins", async () => {
    expect((await tell(all, { to: ["cleo@example.com", "Support"] })).output).toEqual([
      "Ada Admin",
      "Ben Worker",
      "Cleo Worker",
    ]);
    expect((await tell(all, { to: "owner" })).output).toEqual(["Ada Admin"]);
  });
});

describe("what it tells", () => {
  it("is filled in, one line and text, and stays text on the page", async () => {
    const title = "{{ 'Two\\nlines' }} <b>";
    await tell(own, { to: "owner", title, text: "a {{ 1 + 1 }}\nb", link: "/runs/{{ 'x/y' }}" });
    const [notice] = await read(studio.people.ben);
    expect(notice).toMatchObject({ title: "Two lines <b>", text: "a 2\nb", link: "/runs/x%2Fy", bot: { name: "own" } });
    const ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
    const page = await ben.get("/notices");
    expect(page.text).toContain("Two lines &lt;b&gt;");
    expect(page.text).toContain('href="/runs/x%2Fy">Open<');
  });

  it.each(["//evil.example", "/\\evil.example", "http://a.example", "javascript:alert(1)", "https://u:p@a.example/"])(
    "does not lead to %j",
    async (link) => {
      expect(await tell(own, { to: "owner", link })).toMatchObject({ state: "failed", error: { code: "invalid" } });
      expect(await read(studio.people.ben)).toEqual([]);
    },
  );

  it("is in the audit, without the text", async () => {
    await tell(own, { to: "owner", text: "canary-text-5512" });
    const rows = await auditRows(studio.hub.world);
    expect(rows.findLast(({ action }) => action === "notice.sent")).toMatchObject({
      actor_name: "own",
      facts: { to: ["Ben Worker"], people: 1, chain: ["Ben Worker", expect.stringMatching(/^own\//)] },
    });
    expect(JSON.stringify(rows)).not.toContain("canary-text-5512");
  });

  it("is bounded by the day", async () => {
    const { world } = studio.hub;
    const old = { worker_id: studio.people.ben.id, bot_id: own.id, bot_name: "own", title: "x", text: "" };
    await world.database.knex.raw(
      `insert into notices (id, worker_id, bot_id, bot_name, title, text, created_at)
       select gen_random_uuid(), :worker_id, :bot_id, :bot_name, :title, :text, now() from generate_series(1, 500)`,
      old,
    );
    expect(await tell(own, { to: "owner" })).toMatchObject({ state: "failed", error: { code: "rate_limited" } });
    await world.database.knex("notices").update({ created_at: new Date(Date.now() - 25 * 3_600_000) });
    expect(await tell(own, { to: "owner" })).toMatchObject({ state: "succeeded" });
    await world.database
      .knex("notices")
      .where({ title: "x" })
      .update({ created_at: new Date("2020-01-01") });
    expect(await tidyNotices(world)).toBe(500);
  });

  it("is only shown in a simulation", async () => {
    expect(await tell(own, { to: "owner" }, { simulate: true })).toMatchObject({ state: "succeeded", output: [] });
    expect(await read(studio.people.ben)).toEqual([]);
  });
});

describe("who was told", () => {
  it("sees how much is unread beside the pages, and reads it", async () => {
    const { hub, people } = studio;
    await tell(own, { to: "owner", title: "First", link: "https://docs.example/a" });
    await tell(own, { to: "owner", title: "Second" });
    const ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
    expect((await ben.get("/bots")).text).toContain("2 unread");
    const page = await ben.get("/notices");
    expect(page.text).toContain('rel="noopener noreferrer">docs.example<');
    const upTo = /name="up_to" value="([^"]+)"/.exec(page.text)![1]!;
    await tell(own, { to: "owner", title: "Third" });
    expect((await ben.post("/notices/read", { up_to: upTo })).location).toBe("/notices");
    expect(await countUnread(hub.ctx(people.ben))).toBe(1);
    await markRead(hub.ctx(people.ben));
    expect((await ben.get("/notices")).text).not.toContain("Mark all as read");
    const cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
    expect((await cleo.get("/notices")).text).toContain("No notices yet");
  });

  it("reads it by the API, page by page, and nobody else's", async () => {
    const { hub, people } = studio;
    const token = async (holder: { type: "worker" | "bot"; id: string }) =>
      (await issueToken(hub.ctx(), { holder, name: "Test", scopes: ["read", "manage"], expiresAt: null })).token;
    for (const title of ["One", "Two", "Three"]) await tell(team, { to: "owner", title });
    const ben = await token({ type: "worker", id: people.ben.id });
    const api = (method: string, path: string, body?: object) => call(`${app.url}/api/v1${path}`, method, ben, body);
    const first = await api("GET", "/notices?limit=2");
    expect(first.body.items.map((one: { title: string }) => one.title)).toEqual(["Three", "Two"]);
    const rest = await api("GET", `/notices?limit=2&cursor=${first.body.next_cursor}`);
    expect(rest.body).toMatchObject({ items: [{ title: "One", read_at: null }], next_cursor: null });
    expect((await api("POST", "/notices/read", { up_to: first.body.items[1].id })).body).toEqual({ marked: 2 });
    const unread = await api("GET", "/notices?unread=true");
    expect(unread.body.items.map((one: { title: string }) => one.title)).toEqual(["Three"]);
    expect(await countUnread(hub.ctx(people.ada))).toBe(3);
    const bot = await call(`${app.url}/api/v1/notices`, "GET", await token({ type: "bot", id: team.id }), undefined);
    expect(bot.status).toBe(403);
  });
});
