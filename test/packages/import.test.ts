import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Account } from "../../src/accounts/account.ts";
import { getAccount } from "../../src/accounts/browse.ts";
import { listShares } from "../../src/accounts/share.ts";
import { getBehavior } from "../../src/behaviors/browse.ts";
import { editBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import { getBot } from "../../src/bots/browse.ts";
import { importPackage } from "../../src/packages/import.ts";
import { previewPackage } from "../../src/packages/preview.ts";
import { startRun } from "../../src/runs/start.ts";
import { listServices } from "../../src/services/browse.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { connected } from "../support/services.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";
import { CRM, CRM_PROMPTS, helpdeskPackage } from "./cast.ts";

const SECRET = "client-canary-51d0c2e7";

let hub: TestWorld;
let people: Cast;
let echo: Echo;
let inbox: Account;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  people = await cast(hub.world);
  echo = await newEcho();
  echo.answer(json({ tickets: [{ id: 7 }, { id: 8 }] }));
});
afterAll(async () => {
  await hub?.close();
  await echo?.close();
});

const ada = () => hub.ctx(people.ada);
const whole = () => helpdeskPackage(echo.url);
const only = (...parts: ("services" | "bots" | "behaviors")[]) => {
  const pack = whole();
  for (const part of ["services", "bots", "behaviors"] as const) if (!parts.includes(part)) pack[part] = [];
  return pack;
};
const count = (table: string) =>
  hub.world.database
    .knex(table)
    .count({ count: "*" })
    .then(([row]) => Number(row!.count));

describe("an empty hub", () => {
  it("is told what a package would make and what it still asks, and nothing is made", async () => {
    const preview = await previewPackage(ada(), { package: whole() });
    expect(preview).toMatchObject({ ready: false, problems: [], installed: null, owner: { type: "organization" } });
    expect(preview.missing).toEqual([
      { key: "desk", type: "account", label: "Helpdesk account", service: "acme/helpdesk" },
    ]);
    expect(preview.changes.map(({ what, action, name }) => `${action} ${what} ${name}`)).toEqual([
      "create service Helpdesk",
      "create bot Helpdesk Bot",
      "create behavior List tickets in eu",
      "create behavior First ticket",
    ]);
    for (const table of ["services", "bots", "behaviors", "packages"]) expect(await count(table)).toBe(0);
  });

  it("gets the service first, then an account, then all of it, and the bot works", async () => {
    const services = { ...only("services"), prompts: [], uid: "acme/helpdesk-service" };
    await importPackage(ada(), { package: services });
    const [service] = (await listServices(ada(), {})).items;
    expect(service).toMatchObject({ uid: "acme/helpdesk", name: "Helpdesk" });
    inbox = await connected(hub, people.ada, service!, { token: "tok-canary-desk" }, { name: "Inbox", slug: "inbox" });

    const preview = await previewPackage(ada(), { package: whole(), answers: { desk: "inbox" } });
    expect(preview).toMatchObject({ ready: true, missing: [] });
    expect(preview.changes.map(({ what, action, name }) => `${action} ${what} ${name}`)).toEqual([
      "unchanged service Helpdesk",
      "create bot Helpdesk Bot",
      "create share Shares Inbox with Helpdesk Bot",
      "create behavior List tickets in eu",
      "create behavior First ticket",
    ]);
    const done = await importPackage(ada(), {
      package: whole(),
      answers: { desk: "inbox" },
      expected: preview.fingerprint,
    });
    expect(done.bots).toMatchObject([{ uid: "acme/desk", slug: "desk" }]);
    expect(done.behaviors.map(({ name }) => name)).toEqual(["desk/list-tickets", "desk/first-ticket"]);

    const bot = await getBot(ada(), "desk");
    expect(bot).toMatchObject({
      uid: "acme/desk",
      owner: { type: "organization" },
      config: { region: "eu", page: 20 },
    });
    expect((await listShares(ada(), inbox.id)).map((share) => share.with)).toEqual([{ type: "bot", id: bot.id }]);
    const behavior = await getBehavior(ada(), "desk/list-tickets");
    expect(behavior.steps[0]).toMatchObject({ account: inbox.id, query: { region: "{{ config.region }}" } });

    const run = await startRun(ada(), "desk/first-ticket", { wait_ms: 10_000 }, "api");
    expect(run).toMatchObject({ state: "succeeded", output: { id: 7 } });
    expect(echo.last.path).toBe("/tickets?region=eu");
    const imported = (await auditRows(hub.world)).filter(({ action }) => action === "package.imported");
    expect(imported.at(-1)!.facts).toEqual({ package: "Helpdesk Bot", version: "1.0", made: 4, changed: 0 });
  });
});

describe("a package that is there already", () => {
  const answers = { desk: "inbox" };

  it("changes nothing when it is imported again", async () => {
    const preview = await previewPackage(ada(), { package: whole(), answers });
    expect(preview.changes.map(({ action }) => action)).toEqual(["unchanged", "unchanged", "unchanged", "unchanged"]);
    expect(preview.installed).toMatchObject({ version: "1.0", same: true, by: "Ada Admin" });
    await importPackage(ada(), { package: whole(), answers });
    expect((await getBehavior(ada(), "desk/list-tickets")).version).toBe(1);
  });

  it("is brought to a newer version in place, field by field", async () => {
    const newer = { ...whole(), version: "1.1" };
    newer.bots![0]!.config = { region: "{{{ prompts.region }}}", page: 50 };
    newer.behaviors![0]!.title = "Tickets";
    const before = await getBot(ada(), "desk");
    const preview = await previewPackage(ada(), { package: newer, answers });
    expect(
      preview.changes.filter(({ action }) => action === "update").map(({ name, fields }) => [name, fields]),
    ).toEqual([
      [
        "Helpdesk Bot",
        [{ field: "config", before: { page: 20, region: "eu" }, after: { page: 50, region: "eu" }, edited: false }],
      ],
      ["Tickets", [{ field: "title", before: "List tickets in eu", after: "Tickets", edited: false }]],
    ]);
    await importPackage(ada(), { package: newer, answers });
    expect(await getBot(ada(), "desk")).toMatchObject({ id: before.id, config: { page: 50 } });
    expect(await getBehavior(ada(), "desk/list-tickets")).toMatchObject({ title: "Tickets", version: 2 });
  });

  it("does not overwrite what was edited here unless that was looked at", async () => {
    const behavior = await getBehavior(ada(), "desk/list-tickets");
    await editBehavior(ada(), behavior.id, { title: "Ada's tickets" });
    const preview = await previewPackage(ada(), { package: whole(), answers });
    const change = preview.changes.find(({ uid }) => uid === "acme/desk/list")!;
    expect(change.fields).toEqual([
      { field: "title", before: "Ada's tickets", after: "List tickets in eu", edited: true },
    ]);
    expect(preview.edits).toBe(1);
    await expect(importPackage(ada(), { package: whole(), answers })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("edited here"),
    });
    await editBehavior(ada(), behavior.id, { title: "Ada's better tickets" });
    await expect(
      importPackage(ada(), { package: whole(), answers, expected: preview.fingerprint }),
    ).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("changed since the preview") });
    const again = await previewPackage(ada(), { package: whole(), answers });
    await importPackage(ada(), { package: whole(), answers, expected: again.fingerprint });
    expect((await getBehavior(ada(), behavior.id)).title).toBe("List tickets in eu");
  });
});

describe("what is taken already", () => {
  const foreign = () => {
    const pack = { ...only("bots", "behaviors"), uid: "other/helpdesk", name: "Other" };
    pack.bots![0]!.uid = "other/desk";
    pack.behaviors!.forEach((behavior, index) => Object.assign(behavior, { uid: `other/${index}`, bot: "desk" }));
    return pack;
  };

  it("is a conflict with a free short name, which can be given as the answer, and calls follow it", async () => {
    const answers = { desk: "inbox" };
    const preview = await previewPackage(ada(), { package: foreign(), answers });
    const [bot] = preview.changes;
    expect(bot).toMatchObject({ action: "conflict", suggestion: "desk-2", path: "bots.0" });
    expect(preview).toMatchObject({ ready: false, conflicts: 1 });
    await expect(importPackage(ada(), { package: foreign(), answers })).rejects.toMatchObject({
      code: "conflict",
      issues: [{ path: "bots.0" }],
    });
    await importPackage(ada(), { package: foreign(), answers, rename: { "other/desk": "desk-2" } });
    const behavior = await getBehavior(ada(), "desk-2/first-ticket");
    expect(behavior.steps[0]).toMatchObject({ behavior: "desk-2/list-tickets" });
    // The name that was chosen is remembered.
    expect((await previewPackage(ada(), { package: foreign(), answers })).changes.map(({ action }) => action)).toEqual([
      "unchanged",
      "unchanged",
      "unchanged",
    ]);
  });

  it("and belongs to somebody else is not touched", async () => {
    await addBot(hub.ctx(people.cleo), { name: "Cleo's", slug: "cleos", uid: "cleo/bot" });
    const pack = { ...only("bots"), uid: "other/cleo" };
    pack.bots![0]!.uid = "cleo/bot";
    const preview = await previewPackage(hub.ctx(people.ben), { package: pack, answers: {} });
    expect(preview.changes).toMatchObject([{ action: "conflict", note: expect.stringContaining("somebody else") }]);
    await expect(importPackage(ada(), { package: pack })).rejects.toThrow();
    expect((await getBot(hub.ctx(people.cleo), "cleos")).name).toBe("Cleo's");
  });
});

describe("all or nothing", () => {
  it("leaves nothing behind when the last item is refused by the database", async () => {
    const pack = {
      ...helpdeskPackage(echo.url),
      uid: "acme/half",
      prompts: CRM_PROMPTS,
      services: [CRM],
      bots: [{ uid: "acme/half-bot", slug: "half", name: "Half" }],
      behaviors: [
        { uid: "acme/half/1", bot: "half", slug: "one", title: "One" },
        { uid: "acme/half/2", bot: "half", slug: "two", title: "Two" },
      ],
    };
    const db = hub.world.database.knex;
    await db.raw("alter table behaviors add constraint no_two check (slug <> 'two')");
    const tables = ["services", "bots", "behaviors", "packages", "package_items", "secrets"];
    const before = await Promise.all(tables.map(count));
    const answers = { client: "id", secret: SECRET };
    await expect(importPackage(ada(), { package: pack, answers })).rejects.toThrow();
    expect(await Promise.all(tables.map(count))).toEqual(before);
    await db.raw("alter table behaviors drop constraint no_two");
    await importPackage(ada(), { package: pack, answers });
    expect(await count("services")).toBe(before[0]! + 1);
  });

  it("keeps a secret that is there when it is not given again, and shows it nowhere", async () => {
    const pack = {
      ...helpdeskPackage(echo.url),
      ...{ uid: "acme/half", prompts: CRM_PROMPTS, services: [{ ...CRM, name: "CRM" }], bots: [], behaviors: [] },
    };
    const kept = await previewPackage(ada(), { package: pack, answers: { client: "id" } });
    expect(kept).toMatchObject({ ready: true, missing: [] });
    expect(kept.changes[0]!.fields).toEqual([{ field: "name", before: "Acme CRM", after: "CRM", edited: false }]);
    const replaced = await previewPackage(ada(), { package: pack, answers: { client: "id", secret: `${SECRET}-2` } });
    expect(replaced.changes[0]!.fields).toContainEqual(
      expect.objectContaining({ field: "settings.client_secret", before: "saved, hidden" }),
    );
    const done = await importPackage(ada(), { package: pack, answers: { client: "id", secret: `${SECRET}-2` } });
    const rows = [await hub.world.database.knex("packages"), await hub.world.database.knex("package_items")];
    const audit = await auditRows(hub.world);
    expect(JSON.stringify([kept, replaced, done, rows, audit])).not.toContain(SECRET);
    expect(JSON.stringify(rows)).toContain("saved, hidden");
  });
});

describe("who may", () => {
  it("set services up: admins; workers install bots for themselves on services that are there", async () => {
    const cleo = hub.ctx(people.cleo);
    const alone = { ...only("services"), uid: "cleo/services", prompts: [] };
    alone.services![0] = { ...alone.services![0]!, uid: "cleo/helpdesk", name: "Cleo's desk" };
    const refused = await previewPackage(cleo, { package: alone });
    expect(refused.problems).toMatchObject([{ path: "services.0", message: expect.stringContaining("Only admins") }]);
    await expect(importPackage(cleo, { package: alone })).rejects.toMatchObject({ code: "invalid" });

    const pack = { ...whole(), uid: "cleo/desk" };
    pack.bots![0] = { ...pack.bots![0]!, uid: "cleo/desk", slug: "cleo-desk" };
    pack.behaviors = [{ ...pack.behaviors![0]!, uid: "cleo/list", bot: "cleo-desk" }];
    const service = await getAccount(ada(), inbox.id);
    const mine = await connected(
      hub,
      people.cleo,
      { id: service.service.id } as never,
      { token: "tok-canary-cleo" },
      { name: "Mine" },
    );
    await importPackage(cleo, { package: pack, answers: { desk: mine.id } });
    expect(await getBot(cleo, "cleo-desk")).toMatchObject({ owner: { type: "worker", id: people.cleo.id } });
  });

  it("install what somebody else has already: as a copy of their own, which leaves the other alone", async () => {
    const [ben, before] = [hub.ctx(people.ben), await getBot(ada(), "desk")];
    const pack = { ...only("bots"), prompts: whole().prompts!.slice(1), version: "9.0" };
    pack.bots![0]!.name = "Ben's desk";
    const preview = await previewPackage(ben, { package: pack });
    expect(preview).toMatchObject({ installed: null, conflicts: 1, changes: [{ suggestion: "desk-3" }] });
    const [{ uid }] = preview.changes as unknown as [{ uid: string }];
    expect(uid).toMatch(/^acme\/desk:copy-[0-9a-f]{8}$/);
    await importPackage(ben, { package: pack, rename: { [uid]: "bens-desk" } });
    expect(await getBot(ben, "bens-desk")).toMatchObject({ uid, owner: { type: "worker", id: people.ben.id } });
    expect(await getBot(ada(), "desk")).toEqual(before);
    const installed = await hub.world.database.knex("packages").where({ uid: "acme/helpdesk-bot" }).first();
    expect(installed).toMatchObject({ version: "1.0", owner_type: "organization" });
    // Ben's own answers and version are his, and the same copy is updated the next time.
    const again = await previewPackage(ben, { package: pack });
    expect(again).toMatchObject({
      installed: { version: "9.0", by: "Ben Worker" },
      changes: [{ action: "unchanged" }],
    });
  });

  it("share an account: who manages it", async () => {
    const pack = { ...whole(), uid: "ben/desk" };
    pack.bots![0] = { ...pack.bots![0]!, uid: "ben/desk", slug: "ben-desk" };
    pack.behaviors = [{ ...pack.behaviors![0]!, uid: "ben/list", bot: "ben-desk" }];
    const stranger = await previewPackage(hub.ctx(people.ben), { package: pack, answers: { desk: inbox.id } });
    expect(stranger.problems).toMatchObject([
      { path: "answers.desk", message: expect.stringContaining("not visible") },
    ]);
    const cleos = await hub.world.database.knex("accounts").where({ owner_id: people.cleo.id }).first("id");
    const seen = await previewPackage(ada(), { package: pack, answers: { desk: cleos.id } });
    expect(seen.problems).toMatchObject([
      { path: "answers.desk", message: expect.stringContaining("only the account's owner") },
    ]);
  });

  it("own what is made: nobody for others", async () => {
    const pack = { ...only("bots"), uid: "ben/org", prompts: [] };
    pack.bots![0] = { uid: "ben/org", slug: "ben-org", name: "Ben's" };
    const owner = { type: "organization" as const };
    const preview = await previewPackage(hub.ctx(people.ben), { package: pack, owner });
    expect(preview.problems).toMatchObject([{ path: "owner" }]);
    await expect(importPackage(hub.ctx(people.ben), { package: pack, owner })).rejects.toThrow("may not make");
    const team = { type: "team" as const, id: people.support.id };
    await importPackage(hub.ctx(people.ben), { package: pack, owner: team });
    expect((await getBot(ada(), "ben-org")).owner).toEqual(team);
  });
});
