import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Account } from "../../src/accounts/account.ts";
import { disconnectAccount } from "../../src/accounts/disconnect.ts";
import { execute } from "../../src/accounts/execute.ts";
import { pauseAccount, resumeAccount } from "../../src/accounts/pause.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior, editBehavior } from "../../src/behaviors/save.ts";
import { record, type World } from "../../src/context.ts";
import type { Service } from "../../src/services/service.ts";
import { listRuns } from "../../src/runs/browse.ts";
import type { Run } from "../../src/runs/run.ts";
import { listEventTriggers } from "../../src/triggers/browse.ts";
import { ACCOUNT_EVENTS, type AddEventTrigger } from "../../src/triggers/event-trigger.ts";
import { addEventTrigger, deleteEventTrigger, switchEventTrigger } from "../../src/triggers/event-save.ts";
import { followEvents } from "../../src/triggers/follow-events.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type SharedWorld } from "../support/world.ts";

let hub: SharedWorld;
let other: World;
let people: Cast;
let echo: Echo;
let service: Service;
let adas: Bot;
let bens: Bot;
let team: Bot;
let account: Account;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  other = await hub.another();
  people = await cast(hub.world);
  echo = await newEcho();
  service = await bearerService(hub, people.ada, echo.url);
  adas = await addBot(ada(), { name: "Ada's", slug: "adas" });
  bens = await addBot(ben(), { name: "Ben's", slug: "bens" });
  team = await addBot(ben(), { name: "Team's", slug: "team", owner: { type: "team", id: people.support.id } });
  account = await connected(hub, people.ada, service, { token: "tok-12345678" }, { name: "CRM", slug: "crm" });
});

afterAll(async () => {
  await hub?.close();
  await echo?.close();
});

beforeEach(async () => {
  await follow();
  await hub.world.database.knex("event_triggers").delete();
});

const ada = () => hub.ctx(people.ada);
const ben = () => hub.ctx(people.ben);
const maker = (bot: Bot) => (bot === adas ? ada() : ben());

async function waiting(
  bot: Bot,
  slug: string,
  given: Partial<AddEventTrigger> = {},
  inputs: object[] = [],
): Promise<Behavior> {
  const program = { steps: [], output: "{{ trigger.account.slug }}", inputs: inputs as never };
  const behavior = await addBehavior(maker(bot), { bot: bot.id, slug, title: slug, ...program });
  await addEventTrigger(maker(bot), behavior.id, { events: [...ACCOUNT_EVENTS], ...given });
  return behavior;
}

/** Both processes look, at the same time and until there is nothing more. */
async function follow(): Promise<void> {
  for (let round = 0; round < 2; round++)
    await Promise.all([hub.world, other].map(async (world) => void (await followEvents(world))));
}

const runsOf = async (behavior: Behavior): Promise<Run[]> =>
  (await listRuns(hub.ctx(), { behavior: behavior.id })).items;
const eventsOf = async (behavior: Behavior) =>
  (await runsOf(behavior)).map(({ occasion }) => (occasion as { event: string }).event).reverse();

describe("what happens to an account", () => {
  it("starts what waits for it once, whichever of two processes looks", async () => {
    const behavior = await waiting(adas, "told", {}, [{ name: "account" }, { name: "event" }]);
    for (let round = 0; round < 10; round++) {
      await pauseAccount(ada(), account.id);
      await resumeAccount(ada(), account.id);
      await Promise.all([follow(), follow()]);
    }
    await follow();
    expect(await eventsOf(behavior)).toEqual(Array(10).fill(["account.paused", "account.resumed"]).flat());
    const [run] = await runsOf(behavior);
    expect(run).toMatchObject({ trigger: "event", startedBy: { type: "event", name: "account.resumed" } });
    expect(run!.occasion).toMatchObject({ account: { id: account.id, slug: "crm", name: "CRM" }, reason: null });
    expect(run!.inputs).toEqual({ account: account.id, event: "account.resumed" });
    const [trigger] = (await listEventTriggers(ada(), behavior.id, {})).items;
    expect(trigger!.lastRunId).toBe(run!.id);
  });

  it("is told with its reason when the account must be reconnected", async () => {
    const behavior = await waiting(
      adas,
      "mends",
      { events: ["account.needs_reconnect"], inputs: { why: "{{ trigger.reason }}" } },
      [{ name: "why" }],
    );
    const oauth = await connected(hub, people.ada, service, { token: "tok-12345678" }, { name: "Other" });
    const event = {
      action: "account.needs_reconnect",
      outcome: "ok",
      account: oauth.id,
      facts: { account: "Other", reason: "It was revoked." },
    } as const;
    await record(ada(), event);
    await follow();
    expect((await runsOf(behavior)).map(({ inputs }) => inputs)).toEqual([{ why: "It was revoked." }]);
  });

  it("is told of those accounts alone that the bot may use", async () => {
    const [mine, theirs, shared] = [
      await waiting(bens, "mine"),
      await waiting(team, "theirs"),
      await waiting(team, "one", { events: ["account.paused"] }),
    ];
    const secret = { token: "tok-12345678" };
    await connected(hub, people.ada, service, secret, { name: "Ada's own" });
    await connected(hub, people.ben, service, secret, { name: "Ben's own", slug: "bens-own" });
    const ours = await connected(hub, people.ben, service, secret, {
      name: "Ours",
      slug: "ours",
      owner: { type: "team", id: people.support.id },
    });
    await connected(hub, people.ada, service, secret, { name: "Everybody's", owner: { type: "organization" } });
    await follow();
    const slugs = async (behavior: Behavior) =>
      (await runsOf(behavior)).map(({ occasion }) => (occasion as { account: { slug: string } }).account.slug);
    expect([await slugs(mine), await slugs(theirs)]).toEqual([["bens-own"], ["ours"]]);
    // Shared with the bot itself: from then on, and until it is gone, also when it is.
    await pauseAccount(ada(), account.id);
    await follow();
    expect(await slugs(shared)).toEqual([]);
    await resumeAccount(ada(), account.id);
    await shareAccount(ada(), account.id, { with: { type: "bot", id: team.id } });
    await pauseAccount(ada(), account.id);
    await disconnectAccount(ada(), account.id);
    await disconnectAccount(ben(), ours.id);
    await follow();
    expect(await slugs(theirs)).toEqual(["ours", "crm", "ours"]);
    expect(await slugs(mine)).toEqual(["bens-own"]);
  });

  it("is narrowed down to one account, which the bot must be able to use", async () => {
    const [a, b] = [
      await connected(hub, people.ben, service, { token: "tok-12345678" }, { name: "A" }),
      await connected(hub, people.ben, service, { token: "tok-12345678" }, { name: "B" }),
    ];
    const behavior = await waiting(bens, "narrow", { account: a.id });
    for (const { id } of [a, b]) await pauseAccount(ben(), id);
    await follow();
    expect(await eventsOf(behavior)).toEqual(["account.paused"]);
    const foreign = await connected(hub, people.ada, service, { token: "tok-12345678" }, { name: "C" });
    const wish = (key: string) => addEventTrigger(ben(), behavior.id, { events: ["account.paused"], account: key });
    await expect(wish(foreign.id)).rejects.toMatchObject({ issues: [{ path: "account" }] });
    await expect(addEventTrigger(ben(), behavior.id, { events: [] })).rejects.toThrow("Choose at least one event.");
    await expect(
      addEventTrigger(hub.ctx(people.cleo), behavior.id, { events: ["account.paused"] }),
    ).rejects.toMatchObject({ code: "not_found" });
  });

  it("does not start again what brought it about, and nothing from before or while it was paused", async () => {
    const one = await connected(hub, people.ben, service, { token: "tok-12345678" }, { name: "One" });
    await pauseAccount(ben(), one.id);
    const behavior = await waiting(bens, "later");
    const [trigger] = (await listEventTriggers(ben(), behavior.id, {})).items;
    await switchEventTrigger(ben(), behavior.id, trigger!.id, "paused");
    await resumeAccount(ben(), one.id);
    await follow();
    await switchEventTrigger(ben(), behavior.id, trigger!.id, "active");
    const behalf = {
      run: "r",
      behavior: "bens/later",
      chain: ["Ben Worker", "bens/later"],
      starter: { type: "worker", id: people.ben.id },
    };
    await pauseAccount({ ...ben(), behalf }, one.id);
    await follow();
    expect(await eventsOf(behavior)).toEqual([]);
    await resumeAccount(ben(), one.id);
    await follow();
    expect(await eventsOf(behavior)).toEqual(["account.resumed"]);
    await deleteEventTrigger(ben(), behavior.id, trigger!.id);
    await pauseAccount(ben(), one.id);
    await follow();
    expect(await eventsOf(behavior)).toEqual(["account.resumed"]);
  });

  it("pauses what it can not start, with the reason, and keeps none of the others from it", async () => {
    const one = await connected(hub, people.ben, service, { token: "tok-12345678" }, { name: "Two" });
    const wrong = await waiting(bens, "wrong", {}, [{ name: "n", type: "number", required: true }]);
    const right = await waiting(bens, "right");
    await pauseAccount(ben(), one.id);
    await follow();
    expect((await listEventTriggers(ben(), wrong.id, {})).items).toMatchObject([
      { state: "paused", pausedReason: "Input n: This is required." },
    ]);
    expect(await eventsOf(right)).toEqual(["account.paused"]);
    await editBehavior(ben(), wrong.id, { enabled: false });
    expect(await runsOf(wrong)).toEqual([]);
  });

  it("is found among a great many requests", async () => {
    const one = await connected(hub, people.ben, service, { token: "tok-12345678" }, { name: "Three", slug: "three" });
    const behavior = await waiting(bens, "found");
    await Promise.all(Array.from({ length: 40 }, () => execute(ben(), { account: "three", url: "/" }, "api")));
    await Promise.all([
      pauseAccount(ben(), one.id),
      ...Array.from({ length: 40 }, () => execute(ben(), { account: "three", url: "/" }, "api").catch(() => undefined)),
    ]);
    await follow();
    expect(await eventsOf(behavior)).toEqual(["account.paused"]);
  });
});
