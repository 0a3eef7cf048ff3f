import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import { getBehavior } from "../../src/behaviors/browse.ts";
import { exportPackage } from "../../src/packages/export.ts";
import { importPackage } from "../../src/packages/import.ts";
import { startRun } from "../../src/runs/start.ts";
import { listSchedules } from "../../src/schedules/browse.ts";
import { scheduleBehavior } from "../../src/schedules/add.ts";
import { addService } from "../../src/services/add.ts";
import type { Service } from "../../src/services/service.ts";
import { listServices } from "../../src/services/browse.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

const CANARY = "canary-0f6b8e3d77";

interface Place {
  hub: TestWorld;
  people: Cast;
}

let here: Place;
let there: Place;
let echo: Echo;
let desk: Service;
let crm: Service;

beforeAll(async () => {
  echo = await newEcho();
  echo.answer(json({ tickets: [{ id: 7 }] }));
  [here, there] = await Promise.all([newPlace(), newPlace()]);
  const { hub, people } = here;
  desk = await addService(ada(here), {
    kind: "api_key",
    name: "Desk & Co",
    settings: { in: "header", name: "X-Key" },
    base_url: echo.url,
    headers: { "x-app": "signet" },
  });
  crm = await addService(ada(here), {
    catalog: "salesforce",
    name: "CRM",
    settings: { client_id: "id", client_secret: `secret-${CANARY}` },
  });
  const inbox = await connected(hub, people.ada, desk, { key: `key-${CANARY}` }, { name: "Inbox", slug: "inbox" });
  const other = await connected(hub, people.ada, desk, { key: `other-${CANARY}` }, { name: "Other", slug: "other" });
  const sales = await connected(hub, people.ada, crm, { access_token: `token-${CANARY}` }, { name: "Sales" });
  const owner = { type: "organization" as const };
  const bot = await addBot(ada(here), {
    name: "Desk Bot",
    slug: "desk",
    owner,
    limits: { accounts: ["inbox", other.id] },
  });
  const first = await addBehavior(ada(here), {
    bot: bot.id,
    slug: "list",
    title: "List",
    public: true,
    inputs: [{ name: "account", type: "account", default: inbox.id }],
    steps: [
      { id: "a", do: "http_request", account: "inbox", url: "/tickets" },
      {
        id: "b",
        do: "http_request",
        account: inbox.id,
        url: "/{{ inputs.account }}",
        on_error: [{ do: "http_request", account: other.slug, url: "/late" }],
      },
      { id: "c", do: "http_request", account: "{{ inputs.account }}", url: "/me" },
      { id: "d", do: "http_request", account: { service: crm.id }, url: "/services/data", disabled: true },
      { id: "e", do: "http_request", account: { service: desk.id }, url: "/any", disabled: true },
      { id: "f", do: "http_request", account: sales.slug, url: "/services/data", disabled: true },
    ] as never,
    output: "{{ steps.a.body.tickets }}",
  });
  await scheduleBehavior(ada(here), first.id, { cron: "0 6 * * *", time_zone: "Europe/Berlin" });
  await scheduleBehavior(ada(here), first.id, { at: "2099-01-01T00:00:00Z" });
  await addBehavior(ada(here), {
    bot: bot.id,
    slug: "call",
    title: "Call",
    inputs: [],
    steps: [{ id: "all", do: "run_behavior", behavior: first.id }] as never,
    output: "{{ steps.all.output[0].id }}",
  });
});
afterAll(async () => {
  await here?.hub.close();
  await there?.hub.close();
  await echo?.close();
});

async function newPlace(): Promise<Place> {
  const hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  return { hub, people: await cast(hub.world) };
}
const ada = ({ hub, people }: Place) => hub.ctx(people.ada);
const all = () => exportPackage(ada(here), { bots: ["desk"], services: [crm.id, desk.id] });

describe("an exported package", () => {
  it("holds no secret, and nothing that is known by an id of this hub", async () => {
    const pack = await all();
    const text = JSON.stringify(pack);
    expect(text).not.toContain("canary");
    for (const table of ["accounts", "services", "bots", "behaviors"])
      for (const { id, uid } of await here.hub.world.database.knex(table).select("*"))
        if (id !== uid) expect(text, table).not.toContain(id);
    const known = [...pack.services, ...pack.bots, ...pack.behaviors].map(({ uid }) => uid);
    for (const [id] of text.matchAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g)) expect(known).toContain(id);
  });

  it("asks for secrets and accounts instead, each once", async () => {
    const { prompts, services, bots, behaviors } = await all();
    expect(prompts.map(({ key, type, label, service }) => [key, type, label, service])).toEqual(
      [
        ["crm_client_secret", "secret", expect.stringContaining("CRM: "), undefined],
        ["desk_co_account", "account", "Desk & Co account", desk.uid],
        ["desk_co_account_2", "account", "Desk & Co account 2", desk.uid],
        ["salesforce_account", "account", "Salesforce account", "salesforce"],
        ["desk_co_service", "service", "Desk & Co", desk.uid],
      ].sort((a, b) => order.indexOf(a[0]!) - order.indexOf(b[0]!)),
    );
    expect(services[0]).toMatchObject({
      catalog: "salesforce",
      settings: { client_secret: "{{{ prompts.crm_client_secret }}}" },
    });
    expect(bots[0]!.limits.accounts).toEqual(["{{{ prompts.desk_co_account }}}", "{{{ prompts.desk_co_account_2 }}}"]);
    const list = behaviors.find(({ slug }) => slug === "list")!;
    expect(list.inputs[0]!.default).toBe("{{{ prompts.desk_co_account }}}");
    expect(list.steps.map((step) => (step as unknown as { account: unknown }).account)).toEqual([
      "{{{ prompts.desk_co_account }}}",
      "{{{ prompts.desk_co_account }}}",
      "{{ inputs.account }}",
      { service: "salesforce" },
      { service: "{{{ prompts.desk_co_service }}}" },
      "{{{ prompts.salesforce_account }}}",
    ]);
    expect(behaviors[0]!.steps[0]).toMatchObject({ behavior: "desk/list" });
  });
  const order = ["crm_client_secret", "desk_co_account", "desk_co_account_2", "desk_co_service", "salesforce_account"];

  it("is the same however it is asked for", async () => {
    expect(await exportPackage(ada(here), { services: [desk.id, crm.id], bots: ["desk"] })).toEqual(await all());
  });

  it("can be imported into an empty hub, and exports from there as it was", async () => {
    const pack = await all();
    const secret = { crm_client_secret: `elsewhere-${CANARY}` };
    // Accounts can only be linked once their services are there: until then steps take any account of the service.
    await importPackage(ada(there), { package: pack, answers: secret });
    expect((await getBehavior(ada(there), "desk/list")).steps[0]).toMatchObject({
      account: { service: expect.any(String) },
    });
    const { items } = await listServices(ada(there), {});
    const found = (uid: string) => items.find((service) => service.uid === uid)!;
    const { hub, people } = there;
    const owner = { type: "organization" as const };
    const first = await connected(hub, people.ada, found(desk.uid), { key: `one-${CANARY}` }, { name: "A", owner });
    const second = await connected(hub, people.ada, found(desk.uid), { key: `two-${CANARY}` }, { name: "B", owner });
    const third = await connected(
      hub,
      people.ada,
      found(crm.uid),
      { access_token: `three-${CANARY}` },
      { name: "C", owner },
    );
    const answers = { desk_co_account: first.id, desk_co_account_2: second.slug, salesforce_account: third.id };
    await importPackage(ada(there), { package: pack, answers });

    const again = await exportPackage(ada(there), { bots: ["desk"], services: items.map(({ id }) => id) });
    expect(again).toEqual(pack);
    // What was scheduled by the first import is not scheduled again.
    const { items: schedules } = await listSchedules(ada(there), {});
    expect(schedules.map(({ cron, timeZone }) => [cron, timeZone])).toEqual([["0 6 * * *", "Europe/Berlin"]]);
    expect(await startRun(ada(there), "desk/call", { wait_ms: 10_000 }, "api")).toMatchObject({
      state: "succeeded",
      output: 7,
    });
  });

  it("is for those who may see what is in it", async () => {
    const cleo = here.hub.ctx(here.people.cleo);
    await expect(exportPackage(cleo, { services: [crm.id] })).rejects.toMatchObject({ code: "forbidden" });
    await addBot(ada(here), { name: "Ada's own", slug: "adas" });
    await expect(exportPackage(cleo, { bots: ["adas"] })).rejects.toMatchObject({ code: "not_found" });
    const seen = await exportPackage(cleo, { bots: ["desk"] });
    // She sees the organization's bot, but not Ada's accounts.
    expect(seen.prompts.map(({ label, service }) => [label, service])).toContainEqual(["Account", undefined]);
    expect(JSON.stringify(seen)).not.toContain("inbox");
    await expect(exportPackage(cleo, {})).rejects.toMatchObject({ code: "invalid" });
  });
});
