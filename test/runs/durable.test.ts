import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior } from "../../src/behaviors/save.ts";
import type { World } from "../../src/context.ts";
import { getRun } from "../../src/runs/browse.ts";
import { queueRuns } from "../../src/runs/queue-many.ts";
import { Recovery } from "../../src/runs/recover.ts";
import { runnerOf } from "../../src/runs/runner.ts";
import { queueRun } from "../../src/runs/start.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { until } from "../support/program.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type SharedWorld } from "../support/world.ts";

// A run goes on wherever there is a process, whatever became of the one that had it. What a dead process leaves is
// written here as it leaves it; that real ones do is shown in test/process/schedules.test.ts.

let hub: SharedWorld;
let other: World;
let people: Cast;
let echo: Echo;
let bot: Bot;
let ahead = 0;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"], clock: () => new Date(Date.now() + ahead) });
  other = await hub.another();
  people = await cast(hub.world);
  echo = await newEcho();
  const service = await bearerService(hub, people.ada, echo.url);
  await connected(hub, people.ada, service, { token: "tok-12345678" }, { name: "CRM", slug: "crm" });
  bot = await addBot(ada(), { name: "CRM", slug: "crm", limits: { max_runs: 3 } });
});

afterAll(async () => {
  await hub?.close();
  await echo?.close();
});

beforeEach(() => {
  echo.requests.length = 0;
  echo.answer(json({ ok: true }));
});

const ada = () => hub.ctx(people.ada);
const runs = () => hub.world.database.knex("runs");
const post = (url: string) => ({ do: "http_request", account: "crm", method: "POST", url, body: {} });
const make = (slug: string, steps: object[]) =>
  addBehavior(ada(), { bot: bot.id, slug, title: slug, inputs: [], steps: steps as never, output: "done" });
const queued = (behavior: Behavior) => queueRun(ada(), behavior, {}, { trigger: "api" });
const state = async (id: string) => (await runs().where({ id }).first("state")).state as string;
const sent = () => echo.requests.map(({ path, header }) => [path, header("idempotency-key")]);

/** Puts a run into the hands of a process that is no more. */
async function leftBehind(id: string): Promise<void> {
  await runs().where({ id }).update({ state: "running", process: 987_654, attempts: 1 });
}

describe("a run whose process died", () => {
  it("is taken up once the process is found dead twice, and does again only what was not written down", async () => {
    const run = await queued(await make("three", [post("/a"), post("/b"), post("/c")]));
    await runnerOf(hub.world).take(run.id);
    const keys = sent();
    expect(keys.map(([path]) => path)).toEqual(["/a", "/b", "/c"]);
    // As if it had died when /b had been sent and nothing been heard of it.
    const { knex } = hub.world.database;
    await knex("run_steps").where({ run_id: run.id, key: "2" }).delete();
    await knex("run_steps").where({ run_id: run.id, key: "1" }).update({ state: "running", result: null });
    await runs().where({ id: run.id }).update({ finished_at: null, output: null });
    await leftBehind(run.id);
    const recovery = new Recovery(other);
    expect(await recovery.look()).toEqual([]);
    expect(await recovery.look()).toEqual([run.id]);
    await runnerOf(other).take(run.id);
    expect(sent()).toEqual([...keys, keys[1], keys[2]]);
    const { steps } = await getRun(ada(), run.id);
    expect(steps.map(({ state }) => state)).toEqual(["finished", "finished", "finished"]);
    expect(await runs().where({ id: run.id }).first()).toMatchObject({
      state: "succeeded",
      output: "done",
      attempts: 2,
    });
  });

  it("is written no more by a process that was only believed dead", async () => {
    const run = await queued(await make("slow", [post("/slow"), post("/after")]));
    let release = () => undefined as void;
    echo.answer((request, response) => {
      release = () => json({ by: "the first" })(request, response);
    });
    const lost = runnerOf(hub.world).take(run.id);
    await until(() => echo.requests.length === 1, "the request");
    await leftBehind(run.id);
    await runs().where({ id: run.id }).update({ state: "queued" });
    const first = release;
    echo.answer(json({ by: "the second" }));
    await runnerOf(other).take(run.id);
    first();
    await lost;
    expect(sent().map(([path]) => path)).toEqual(["/slow", "/slow", "/after"]);
    expect(sent()[0]).toEqual(sent()[1]);
    const { steps } = await getRun(ada(), run.id);
    expect(steps[0]!.result).toMatchObject({ body: { by: "the second" } });
    expect(await state(run.id)).toBe("succeeded");
  });
});

describe("a run whose job is gone", () => {
  it("is asked for again in a few seconds, and other bots' crowds do not keep it waiting", async () => {
    const behavior = await make("forgotten", []);
    const crowd = await addBot(ada(), { name: "Crowd", slug: "crowd" });
    const crowded = await addBehavior(ada(), { bot: crowd.id, title: "Many", inputs: [], steps: [], output: null });
    const many = Array.from({ length: 300 }, (_, index) => ({
      behavior: crowded,
      inputs: {},
      start: { trigger: "api" as const, key: `crowd:${index}` },
    }));
    await queueRuns(ada(), many);
    const run = await queued(behavior);
    await hub.world.database.knex("signet_queue.job").delete();
    const recovery = new Recovery(other);
    expect(await recovery.look()).toEqual([]);
    ahead += 11_000;
    const found = await recovery.look();
    expect(found).toContain(run.id);
    expect(found).toHaveLength(101);
    // One that is asked for already gets no second job.
    await recovery.look();
    const jobs = await hub.world.database.knex("signet_queue.job").count({ count: "*" });
    expect(Number(jobs[0]!.count)).toBe(101);
    await runs().where({ bot_id: crowd.id }).delete();
    await runnerOf(other).take(run.id);
    expect(await state(run.id)).toBe("succeeded");
  });

  it("is no matter of a moment that has not come", async () => {
    const run = await queued(await make("waits", [{ do: "wait", seconds: 3600 }, post("/late")]));
    await runnerOf(hub.world).take(run.id);
    expect(await state(run.id)).toBe("queued");
    await runnerOf(other).take(run.id);
    expect(echo.requests).toEqual([]);
    ahead += 3_600_000;
    await runnerOf(other).take(run.id);
    expect([sent().map(([path]) => path), await state(run.id)]).toEqual([["/late"], "succeeded"]);
  });
});

describe("runs that are queued together", () => {
  it("are there once for each key, in their order, however often and from wherever they are asked for", async () => {
    const behavior = await make("keyed", []);
    const wanted = Array.from({ length: 20 }, (_, index) => ({
      behavior,
      inputs: {},
      start: { trigger: "event" as const, key: `keyed:${index}` },
    }));
    const contexts = [ada(), { ...ada(), ...other, db: other.database.knex }, ada()];
    const answers = await Promise.all(contexts.map((ctx) => queueRuns(ctx, wanted)));
    const rows = await runs().whereLike("key", "keyed:%").orderBy("id").select("id", "key");
    expect(rows.map(({ key }) => key)).toEqual(wanted.map(({ start }) => start.key));
    for (const { runs: made } of answers) expect([...made].sort()).toEqual(rows.map(({ id, key }) => [key, id]).sort());
  });

  it("come without those that can not be", async () => {
    const behavior = await make("fits", []);
    const wrong = { behavior, inputs: { nothing: 1 }, start: { trigger: "event" as const, key: "wrong" } };
    const right = { behavior, inputs: {}, start: { trigger: "event" as const, key: "right" } };
    const { runs: made, refused } = await queueRuns(ada(), [wrong, right]);
    expect([[...made.keys()], [...refused].map(([key, { code }]) => [key, code])]).toEqual([
      ["right"],
      [["wrong", "invalid"]],
    ]);
  });
});
