import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Account } from "../../src/accounts/account.ts";
import { execute } from "../../src/accounts/execute.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { botActor } from "../../src/bots/browse.ts";
import { editBot } from "../../src/bots/edit.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior, type AddBehavior } from "../../src/behaviors/save.ts";
import { deactivateWorker, reactivateWorker } from "../../src/people/deactivate.ts";
import { getRun } from "../../src/runs/browse.ts";
import { startRun } from "../../src/runs/start.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

const SECRET = "tok-canary-9c1e77d24f9a4b58";

let hub: TestWorld;
let people: Cast;
let echo: Echo;
let crm: Account;
let delegate: Bot;
let helper: Bot;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  people = await cast(hub.world);
  echo = await newEcho();
  const service = await bearerService(hub, people.ada, `${echo.url}/api`);
  crm = await connected(hub, people.ada, service, { token: SECRET }, { name: "CRM", slug: "crm-main" });
  delegate = await addBot(hub.ctx(people.ada), { name: "CRM", slug: "crm" });
  helper = await addBot(hub.ctx(people.ben), { name: "Helper", slug: "helper" });
});

afterAll(async () => {
  await hub.close();
  await echo.close();
});

beforeEach(() => {
  echo.requests.length = 0;
  echo.answer(json({ items: [{ id: 1 }, { id: 2 }] }));
});

const contacts = [
  {
    id: "found",
    do: "http_request",
    account: "crm-main",
    method: "GET",
    url: "/contacts",
    query: { email: "{{ inputs.email }}" },
  },
];
const make = (bot: Bot, slug: string, more: Partial<AddBehavior>) =>
  addBehavior(hub.ctx(bot.owner.id === people.ben.id ? people.ben : people.ada), {
    bot: bot.id,
    slug,
    title: slug,
    inputs: [],
    steps: [],
    output: null,
    ...more,
  });
const run = (behavior: Behavior, inputs: object = {}, actor = people.ada as never) =>
  startRun(hub.ctx(actor), behavior.id, { inputs: inputs as never, wait_ms: 10_000 }, "api");

describe("a run of Ada's behavior", () => {
  it("sends its request as the bot, with the bot's account, and answers with the output", async () => {
    const behavior = await make(delegate, "find", {
      inputs: [{ name: "email", required: true }],
      steps: contacts,
      output: "{{ steps.found.body.items.map(c, c.id) }}",
    });
    const ended = await run(behavior, { email: "cy@example.com" });
    expect(ended).toMatchObject({ state: "succeeded", output: [1, 2], error: null });
    expect(echo.last.path).toBe("/api/contacts?email=cy%40example.com");
    expect(echo.last.header("authorization")).toBe(`Bearer ${SECRET}`);
    const { steps } = await getRun(hub.ctx(people.ada), ended.id);
    expect(steps).toMatchObject([{ key: "0", stepId: "found", state: "finished", result: { status: 200 } }]);
    expect(JSON.stringify(steps)).not.toContain(SECRET);
  });

  it("is written into the audit with everybody who is behind it", async () => {
    await hub.world.audit.catchUp(hub.world.database.knex);
    const [row] = (await auditRows(hub.world))
      .filter((one) => one.action === "execute" && one.outcome === "ok")
      .slice(-1);
    expect(row.facts).toMatchObject({ behavior: "crm/find", chain: ["Ada Admin", "crm/find"], via: "behavior" });
    expect(row.actor_name).toBe("CRM");
  });

  it("goes through decisions and loops", async () => {
    const behavior = await make(delegate, "notes", {
      steps: [
        { id: "found", do: "http_request", account: "crm-main", url: "/contacts" },
        { do: "set", name: "ids", value: "{{ steps.found.body.items.map(c, c.id) }}" },
        {
          do: "decide",
          outcomes: [
            { title: "none", when: "size(vars.ids) == 0", steps: [{ do: "stop", state: "succeeded", output: "none" }] },
            {
              title: "some",
              steps: [
                {
                  do: "loop",
                  over: "vars.ids",
                  as: "id",
                  steps: [
                    {
                      do: "http_request",
                      account: "crm-main",
                      method: "POST",
                      url: "/notes/{{ vars.id }}",
                      body: { n: "{{ vars.id }}" },
                    },
                  ],
                },
              ],
            },
          ],
        },
      ] as never,
      output: "{{ vars.ids }}",
    });
    expect(await run(behavior)).toMatchObject({ state: "succeeded", output: [1, 2] });
    expect(echo.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/contacts",
      "POST /api/notes/1",
      "POST /api/notes/2",
    ]);
    expect(echo.last.body.toString()).toBe('{"n":2}');
    const keys = echo.requests.map((one) => one.header("idempotency-key"));
    expect(keys[0]).toBeUndefined();
    expect(new Set(keys.slice(1)).size).toBe(2);
  });
});

describe("delegation", () => {
  it("lets Ben's bot run Ada's public behavior without being able to use her account", async () => {
    const target = await make(delegate, "open", {
      public: true,
      steps: contacts.map((step) => ({ ...step, query: {} })),
      output: "{{ steps.found.status }}",
    });
    const caller = await make(helper, "call", {
      steps: [{ id: "called", do: "run_behavior", behavior: "crm/open" }] as never,
      output: "{{ steps.called.output }}",
    });
    const ended = await run(caller, {}, people.ben as never);
    expect(ended).toMatchObject({ state: "succeeded", output: 200 });
    const [row] = (await auditRows(hub.world)).filter((one) => one.action === "execute").slice(-1);
    expect(row.facts.chain).toEqual(["Ben Worker", "helper/call", "crm/open"]);
    const direct = await make(helper, "direct", { steps: contacts.map((step) => ({ ...step, query: {} })) });
    expect(await run(direct, {}, people.ben as never)).toMatchObject({ state: "failed", error: { code: "not_found" } });
    expect(target.public).toBe(true);
  });

  it("serves two bots, of which neither may use the account that they have used for them", async () => {
    const cleos = await addBot(hub.ctx(people.cleo), { name: "Cleo's clerk", slug: "clerk" });
    const called = [{ id: "called", do: "run_behavior", behavior: "crm/open" }];
    const asks = { slug: "asks", title: "Asks", inputs: [], steps: called, output: "{{ steps.called.output }}" };
    const theirs = await Promise.all([
      addBehavior(hub.ctx(people.ben), { bot: helper.id, ...asks } as AddBehavior),
      addBehavior(hub.ctx(people.cleo), { bot: cleos.id, ...asks } as AddBehavior),
    ]);
    const actors = [people.ben, people.cleo];
    for (const [index, behavior] of theirs.entries()) {
      const ended = await run(behavior, {}, actors[index] as never);
      expect(ended).toMatchObject({ state: "succeeded", output: 200 });
      const bot = (await botActor(hub.world, behavior.bot.id, ["execute"]))!;
      const direct = execute(hub.ctx(bot), { account: crm.id, url: "/contacts" });
      await expect(direct).rejects.toMatchObject({ code: "not_found" });
    }
  });

  it("refuses a private behavior when it is run, too", async () => {
    await make(delegate, "closed", { steps: contacts });
    const caller = await make(helper, "sneak", { steps: [{ do: "run_behavior", behavior: "crm/closed" }] as never });
    expect(await run(caller, {}, people.ben as never)).toMatchObject({ state: "failed", error: { code: "not_found" } });
    expect(echo.requests).toHaveLength(0);
  });
});

describe("what goes wrong", () => {
  it("is taken up by on_error", async () => {
    echo.answer(json({ error: "no" }, 500));
    const behavior = await make(delegate, "caught", {
      steps: [
        {
          id: "asked",
          do: "http_request",
          account: "crm-main",
          url: "/x",
          fail_on: "5xx",
          on_error: [{ do: "stop", state: "failed", message: "CRM answered {{ steps.asked.status }}" }],
        },
      ] as never,
    });
    expect(await run(behavior)).toMatchObject({
      state: "failed",
      error: { code: "stopped_by_behavior", message: "CRM answered 500" },
    });
  });

  it("is refused beyond the bot's limits", async () => {
    const bot = await addBot(hub.ctx(people.ada), {
      name: "Small",
      limits: { max_calls: 2, hosts: ["api.example.com"] },
    });
    const behavior = await make(bot, "limited", { steps: contacts.map((step) => ({ ...step, query: {} })) });
    expect(await run(behavior)).toMatchObject({ state: "failed", error: { code: "rule_denied" } });
    await editBot(hub.ctx(people.ada), bot.id, { limits: { max_calls: 2 } });
    const many = await make(bot, "many", {
      steps: [
        { do: "loop", over: "[1, 2, 3]", steps: [{ do: "http_request", account: "crm-main", url: "/n" }] },
      ] as never,
    });
    expect(await run(many)).toMatchObject({ state: "failed", error: { code: "rate_limited" } });
    expect(echo.requests).toHaveLength(2);
  });

  it("ends with the share that allowed it", async () => {
    const actor = (await botActor(hub.world, helper.id, ["execute"]))!;
    expect(actor.limits).toBeUndefined();
    await shareAccount(hub.ctx(people.ada), crm.id, { with: { type: "bot", id: helper.id } });
    const direct = await make(helper, "shared", {
      steps: [{ id: "a", do: "http_request", account: "crm-main", url: "/ok" }] as never,
      output: "{{ steps.a.status }}",
    });
    expect(await run(direct, {}, people.ben as never)).toMatchObject({ state: "succeeded", output: 200 });
  });
});

describe("a worker who leaves", () => {
  it("takes along what their bots may do, and brings it back", async () => {
    const behavior = await make(helper, "farewell", { output: 1, public: true });
    const actor = () => botActor(hub.world, helper.id, ["execute"]);
    expect(await actor()).toMatchObject({ name: "Helper" });
    await deactivateWorker(hub.ctx(people.ada), people.ben.id);
    expect(await actor()).toBeUndefined();
    expect(await run(behavior)).toMatchObject({ state: "failed", error: { code: "forbidden" } });
    await reactivateWorker(hub.ctx(people.ada), people.ben.id);
    expect(await actor()).toMatchObject({ name: "Helper" });
  });
});
