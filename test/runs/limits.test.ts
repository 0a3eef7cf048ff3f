import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ServerResponse } from "node:http";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { addBehavior } from "../../src/behaviors/save.ts";
import type { World } from "../../src/context.ts";
import { getRun } from "../../src/runs/browse.ts";
import { runRuns } from "../../src/runs/serve.ts";
import { queueRun, startRun } from "../../src/runs/start.ts";
import type { Run } from "../../src/runs/run.ts";
import { json, newEcho, text, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type SharedWorld } from "../support/world.ts";

// What the runs of a bot may use up, however they were started and wherever they run.

let hub: SharedWorld;
let other: World;
let people: Cast;
let echo: Echo;
const serving: { close(): Promise<void> }[] = [];
/** Requests that the provider holds back, and the most that it ever held at once. */
let held: ServerResponse[] = [];
let most = 0;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  other = await hub.another();
  people = await cast(hub.world);
  echo = await newEcho();
  const service = await bearerService(hub, people.ada, echo.url);
  await connected(hub, people.ada, service, { token: "tok-12345678" }, { name: "CRM", slug: "crm" });
  for (const world of [hub.world, other]) serving.push(await runRuns(world));
});

afterAll(async () => {
  for (const one of serving) await one.close();
  await hub.close();
  await echo.close();
});

beforeEach(() => {
  echo.requests.length = 0;
  [held, most] = [[], 0];
  echo.answer(json({ ok: true }));
});

const ada = () => hub.ctx(people.ada);
let made = 0;
const bot = (limits: object): Promise<Bot> => addBot(ada(), { name: `Bot ${++made}`, slug: `bot-${made}`, limits });
const make = (of: Bot, steps: object[], slug = `b-${++made}`) =>
  addBehavior(ada(), { bot: of.id, slug, title: slug, inputs: [], steps: steps as never, output: "done" });
const ask = (url = "/x") => ({ do: "http_request", account: "crm", url });
async function ran(of: Bot, steps: object[]): Promise<Run> {
  return startRun(ada(), (await make(of, steps)).id, { wait_ms: 25_000 }, "api");
}
const state = async (id: string) => (await getRun(ada(), id)).run.state;

function holdBack(): void {
  echo.answer((_, response) => {
    held.push(response);
    most = Math.max(most, held.length);
  });
}

function release(): void {
  for (const response of held.splice(0)) response.writeHead(200, { "content-type": "application/json" }).end("{}");
}

describe("runs at once", () => {
  it("are as many as the bot may have, over two processes, and each end makes room for the next", async () => {
    holdBack();
    const behavior = await make(await bot({ max_runs: 2 }), [ask()]);
    const runs = await Promise.all(Array.from({ length: 8 }, () => queueRun(ada(), behavior, {}, { trigger: "api" })));
    for (let done = 0; done < 8; done += 2) {
      await expect.poll(() => held.length, { timeout: 10_000 }).toBe(2);
      const running = await Promise.all(runs.map(({ id }) => state(id)));
      expect(running.filter((one) => one === "running")).toHaveLength(2);
      release();
    }
    await expect.poll(() => Promise.all(runs.map(({ id }) => state(id)))).toEqual(Array(8).fill("succeeded"));
    expect(most).toBe(2);
  });

  it("are not more when several are asked for in the same moment with patience", async () => {
    const behavior = await make(await bot({ max_runs: 1 }), [ask()]);
    echo.answer((request, response) => {
      held.push(response);
      most = Math.max(most, held.length);
      setImmediate(() => {
        held.splice(held.indexOf(response), 1);
        json({})(request, response);
      });
    });
    const ctx = { ...ada(), ...other, db: other.database.knex };
    const runs = await Promise.all(
      Array.from({ length: 6 }, (_, at) => startRun(at % 2 ? ada() : ctx, behavior.id, { wait_ms: 20_000 }, "api")),
    );
    expect(runs.map((run) => run.state)).toEqual(Array(6).fill("succeeded"));
    expect(most).toBe(1);
  });

  it("are counted one after the other: who asks while another one takes the last place waits for the answer", async () => {
    const of = await bot({ max_runs: 1 });
    const behavior = await make(of, [ask()]);
    const later = { trigger: "api" as const, dueAt: new Date(Date.now() + 3_600_000) };
    const taken = await queueRun(ada(), behavior, {}, later);
    const { knex } = hub.world.database;
    const tx = await knex.transaction();
    expect((await tx.raw("select run_room(?, 1) as room", [of.id])).rows).toEqual([{ room: true }]);
    const asking = startRun(ada(), behavior.id, { wait_ms: 1 }, "api");
    const waiting = async () =>
      (await knex.raw("select 1 from pg_locks where locktype = 'advisory' and not granted")).rows.length as number;
    await expect.poll(waiting).toBe(1);
    await tx("runs").where({ id: taken.id }).update({ state: "running", process: hub.world.audit.process });
    await tx.commit();
    expect((await asking).state).toBe("queued");
    await knex("runs").where({ id: taken.id }).update({ state: "stopped" });
  });

  it("do not count one that waits for a moment to come", async () => {
    const of = await bot({ max_runs: 1 });
    const waits = await startRun(ada(), (await make(of, [{ do: "wait", seconds: 3600 }])).id, { wait_ms: 1 }, "api");
    await expect.poll(() => state(waits.id)).toBe("queued");
    expect(await ran(of, [ask()])).toMatchObject({ state: "succeeded" });
  });
});

describe("one run", () => {
  const endless = { do: "loop", over: "[1, 2, 3, 4, 5, 6, 7, 8]", steps: [{ do: "set", name: "a", value: 1 }] };

  it("takes no more steps than its bot may", async () => {
    expect(await ran(await bot({ max_steps: 5 }), [endless])).toMatchObject({
      state: "failed",
      error: { code: "rate_limited", message: "The run took more than 5 steps, which is as much as its bot may." },
    });
  });

  it("is over when its seconds are, also while a provider keeps it waiting, and on_error prolongs nothing", async () => {
    holdBack();
    const run = await ran(await bot({ max_seconds: 1 }), [{ ...ask(), on_error: [ask("/again")] }]);
    expect(run).toMatchObject({ state: "failed", error: { code: "rate_limited" } });
    expect(run.error?.message).toContain("took longer than 1 seconds");
    expect(echo.requests.map(({ path }) => path)).toEqual(["/x"]);
    release();
  });

  it("is not caught by on_error when it calls too often", async () => {
    const run = await ran(await bot({ max_calls: 1 }), [ask("/1"), { ...ask("/2"), on_error: [ask("/3")] }]);
    expect(run).toMatchObject({ state: "failed", error: { code: "rate_limited", step: "1" } });
    expect(echo.requests.map(({ path }) => path)).toEqual(["/1"]);
  });

  it("collects no more than 16 MiB of results", async () => {
    echo.answer(text("x".repeat(1_000_000), "text/plain"));
    const run = await ran(await bot({}), [{ do: "loop", over: `[${Array(20).fill(1).join(", ")}]`, steps: [ask()] }]);
    expect(run).toMatchObject({ state: "failed", error: { code: "rate_limited" } });
    expect(run.error?.message).toContain("16 MiB");
    expect(echo.requests).toHaveLength(17);
  });

  it("spends its callers' budget, not one of its own", async () => {
    const of = await bot({ max_calls: 3 });
    const inner = await make(of, [ask("/1"), ask("/2")]);
    const call = { do: "run_behavior", behavior: inner.id };
    expect(await ran(of, [call, call])).toMatchObject({ state: "failed", error: { code: "rate_limited", step: "1" } });
    expect(echo.requests).toHaveLength(3);
  });
});

describe("calls of behaviors", () => {
  it("go eight deep and no deeper, so that one which calls itself comes to an end", async () => {
    const of = await bot({});
    const slug = `self-${++made}`;
    const behavior = await make(of, [ask(), { do: "run_behavior", behavior: `${of.slug}/${slug}` }], slug);
    const run = await startRun(ada(), behavior.id, { wait_ms: 20_000 }, "api");
    expect(run).toMatchObject({ state: "failed", error: { code: "rule_denied", step: "1" } });
    expect(echo.requests).toHaveLength(8);
    const { knex } = hub.world.database;
    const chains = await knex("runs").where({ behavior_id: behavior.id }).orderBy("id").pluck("chain");
    expect(chains.map((chain) => (chain as string[]).length)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    const last = await knex("runs").where({ behavior_id: behavior.id }).orderBy("id", "desc").first("error");
    expect(last.error.message).toBe("Behaviors call each other at most 8 deep.");
  });
});
