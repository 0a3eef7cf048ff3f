import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { addBehavior } from "../../src/behaviors/save.ts";
import type { World } from "../../src/context.ts";
import { getRun } from "../../src/runs/browse.ts";
import { suspend } from "../../src/runs/finish.ts";
import { rerun } from "../../src/runs/rerun.ts";
import { runnerOf } from "../../src/runs/runner.ts";
import { runRuns } from "../../src/runs/serve.ts";
import { queueRun } from "../../src/runs/start.ts";
import { stopRun } from "../../src/runs/stop.ts";
import type { Run } from "../../src/runs/run.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type SharedWorld } from "../support/world.ts";

// What becomes of a run when its process is told to stop, when somebody stops it, and when a step fails.

let hub: SharedWorld;
let people: Cast;
let echo: Echo;
let bot: Bot;
let ahead = 0;
let held: ServerResponse[] = [];

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"], clock: () => new Date(Date.now() + ahead) });
  people = await cast(hub.world);
  echo = await newEcho();
  const service = await bearerService(hub, people.ada, echo.url);
  await connected(hub, people.ada, service, { token: "tok-12345678" }, { name: "CRM", slug: "crm" });
  bot = await addBot(ada(), { name: "CRM", slug: "crm" });
});

afterAll(async () => {
  await hub.close();
  await echo.close();
});

beforeEach(() => {
  echo.requests.length = 0;
  held = [];
  echo.answer(json({ ok: true }));
});

const ada = () => hub.ctx(people.ada);
let made = 0;
const make = (steps: object[], more: object = {}) => {
  const slug = `b-${++made}`;
  return addBehavior(ada(), { bot: bot.id, slug, title: slug, steps, output: "done", ...more } as never);
};
const post = (url: string, more: object = {}) => ({ do: "http_request", account: "crm", method: "POST", url, ...more });
const queued = async (steps: object[]) => queueRun(ada(), await make(steps), {}, { trigger: "api" });
const now = async ({ id }: Run) => (await getRun(ada(), id)).run;
const paths = () => echo.requests.map(({ path }) => path);

/** The provider answers `path` only when `release` is called. */
function holdBack(path: string): void {
  echo.answer((request, response) =>
    request.path === path ? held.push(response) : json({ ok: true })(request, response),
  );
}

function release(): void {
  for (const response of held.splice(0)) response.writeHead(200, { "content-type": "application/json" }).end("{}");
}

/** A process that takes runs. */
async function process(): Promise<{ world: World; close(): Promise<void> }> {
  const world = await hub.another();
  const { close } = await runRuns(world);
  return { world, close };
}

describe("a process that is told to stop", () => {
  it("finishes the request that is under way; another one goes on, and nothing is sent twice", async () => {
    const first = await process();
    holdBack("/2");
    const run = await queued([post("/1"), post("/2"), post("/3")]);
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(1);
    const closed = first.close();
    release();
    await closed;
    expect(await now(run)).toMatchObject({ state: "queued", attempts: 1 });
    const second = await process();
    await expect.poll(async () => (await now(run)).state, { timeout: 10_000 }).toBe("succeeded");
    expect(paths()).toEqual(["/1", "/2", "/3"]);
    expect((await getRun(ada(), run.id)).steps.map(({ state }) => state)).toEqual(["finished", "finished", "finished"]);
    await second.close();
  });

  it("does not sit a pause between attempts out", async () => {
    const first = await process();
    echo.answer((request, response) => json({}, echo.requests.length === 1 ? 503 : 200)(request, response));
    const run = await queued([post("/1", { fail_on: "5xx", retry: { times: 1, wait_seconds: 50 } })]);
    await expect.poll(() => echo.requests.length, { timeout: 10_000 }).toBe(1);
    // The failed attempt is on record once the pause has begun.
    await expect
      .poll(async () => (await getRun(ada(), run.id)).steps[0]?.durationMs, { timeout: 10_000 })
      .not.toBe(undefined);
    await first.close();
    const second = await process();
    await expect.poll(async () => (await now(run)).state, { timeout: 10_000 }).toBe("succeeded");
    expect(paths()).toEqual(["/1", "/1"]);
    await second.close();
  });

  it("leaves waits to whoever is there when they end", async () => {
    const first = await process();
    const run = await queued([
      post("/1"),
      { do: "wait", seconds: 3600 },
      { id: "at", do: "set", name: "at", value: "{{ now }}" },
      post("/2"),
    ]);
    await expect.poll(async () => (await now(run)).dueAt > hub.world.clock(), { timeout: 10_000 }).toBe(true);
    await first.close();
    const second = await process();
    expect((await now(run)).state).toBe("queued");
    expect(paths()).toEqual(["/1"]);
    ahead += 3_601_000;
    // The queue has a clock of its own, in the database; its job comes in an hour.
    await runnerOf(second.world).take(run.id);
    expect((await now(run)).state).toBe("succeeded");
    expect(paths()).toEqual(["/1", "/2"]);
    expect((await now(run)).attempts).toBe(2);
    await second.close();
  });
});

describe("a run that another process took over", () => {
  it("is written and gone on with no more by the one that had it", async () => {
    const [first, second] = [await hub.another(), await hub.another()];
    holdBack("/1");
    const run = await queued([{ ...post("/1"), id: "one" }, post("/2")]);
    const lost = runnerOf(first).take(run.id);
    await expect.poll(() => held.length).toBe(1);
    // As whoever believes the first one dead does.
    await hub.world.database.knex("runs").where({ id: run.id }).update({ state: "queued" });
    const late = held.splice(0);
    echo.answer(json({ by: "second" }));
    await runnerOf(second).take(run.id);
    for (const response of late) response.writeHead(200, { "content-type": "application/json" }).end('{"by":"first"}');
    await lost;
    expect(paths()).toEqual(["/1", "/1", "/2"]);
    // The provider could tell that both are the same request.
    expect(new Set(echo.requests.slice(0, 2).map((one) => one.header("idempotency-key"))).size).toBe(1);
    const { run: end, steps } = await getRun(ada(), run.id);
    expect(end).toMatchObject({ state: "succeeded", attempts: 2 });
    expect(steps[0]!.result).toMatchObject({ body: { by: "second" } });
  });
});

describe("a run that is stopped", () => {
  let serving: Awaited<ReturnType<typeof process>>;
  beforeAll(async () => {
    serving = await process();
  });
  afterAll(() => serving.close());

  it("ends before its next request, wherever it is under way; what was sent stays on record", async () => {
    holdBack("/1");
    const run = await queued([post("/1"), post("/2")]);
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(1);
    expect((await stopRun(ada(), run.id)).state).toBe("running");
    release();
    await expect.poll(async () => (await now(run)).state).toBe("stopped");
    expect(paths()).toEqual(["/1"]);
    const { steps } = await getRun(ada(), run.id);
    expect(steps[0]).toMatchObject({ state: "finished", result: { status: 200 } });
    await expect(stopRun(ada(), run.id)).rejects.toMatchObject({ code: "conflict" });
    // And can be gone on with.
    echo.answer(json({ ok: true }));
    const again = await rerun(ada(), run.id, { from: "failure" });
    await expect.poll(async () => (await now(again)).state, { timeout: 10_000 }).toBe("succeeded");
    expect(paths()).toEqual(["/1", "/2"]);
  });

  it("does not sit out its pauses, nor its waits", async () => {
    echo.answer(json({}, 503));
    const pausing = await queued([post("/1", { fail_on: "5xx", retry: { times: 3, wait_seconds: 50 } })]);
    const waiting = await queued([{ do: "wait", seconds: 3600 }]);
    await expect.poll(async () => (await now(waiting)).dueAt > hub.world.clock(), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => echo.requests.length, { timeout: 10_000 }).toBe(1);
    for (const run of [pausing, waiting]) {
      await stopRun(ada(), run.id);
      await expect.poll(async () => (await now(run)).state, { timeout: 10_000 }).toBe("stopped");
    }
    expect(paths()).toEqual(["/1"]);
  });

  it("does not sleep over it when it was stopped in the moment in which it began to wait", async () => {
    const run = await queueRun(
      ada(),
      await make([{ do: "wait", seconds: 3600 }]),
      {},
      { trigger: "api", dueAt: new Date(Date.now() + 9e6) },
    );
    const { knex } = hub.world.database;
    const held = { state: "running", process: 7, attempts: 1, stopping: true };
    await knex("runs").where({ id: run.id }).update(held);
    const hold = { root: run.id, process: 7, attempt: 1 };
    expect(await suspend(hub.world, run, hold, new Date(Date.now() + 9e6), 5)).toBe("stopped");
    const end = await now(run);
    expect([end.state, end.finishedAt]).toEqual(["stopped", expect.any(Date)]);
    expect(await suspend(hub.world, run, { ...hold, process: 8 }, new Date(), 5)).toBeUndefined();
  });

  it("ends those that it called, which can not be stopped alone", async () => {
    holdBack("/in");
    const inner = await make([post("/in"), post("/never")]);
    const outer = await queued([{ do: "run_behavior", behavior: inner.id }, post("/never")]);
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(1);
    const [call] = (await getRun(ada(), outer.id)).calls;
    await expect(stopRun(ada(), call!.id)).rejects.toThrow("Stop that one.");
    await stopRun(ada(), outer.id);
    release();
    await expect.poll(async () => (await now(outer)).state).toBe("stopped");
    expect((await getRun(ada(), call!.id)).run.state).toBe("stopped");
    expect(paths()).toEqual(["/in"]);
  });
});

describe("a step that fails", () => {
  let serving: Awaited<ReturnType<typeof process>>;
  beforeAll(async () => {
    serving = await process();
  });
  afterAll(() => serving.close());
  const ended = async (run: Run) => {
    await expect.poll(async () => (await now(run)).state, { timeout: 10_000 }).toMatch(/succeeded|failed/);
    return getRun(ada(), run.id);
  };

  it("is done again as often as it says", async () => {
    echo.answer((request, response) => json({}, echo.requests.length < 3 ? 503 : 200)(request, response));
    const retry = { fail_on: "5xx", retry: { times: 2, wait_seconds: 0 } };
    const { run, steps } = await ended(await queued([post("/1", retry)]));
    expect(run.state).toBe("succeeded");
    expect(paths()).toEqual(["/1", "/1", "/1"]);
    expect(steps[0]!.shown).toMatchObject({ attempt: 3 });
  });

  it("is taken up by on_error, and what fails in there by its own", async () => {
    echo.answer((request, response) => json({}, request.path === "/fine" ? 200 : 500)(request, response));
    const deeper = post("/deeper", { fail_on: "5xx", on_error: [post("/fine")] });
    const { run, steps } = await ended(await queued([post("/top", { fail_on: "5xx", on_error: [deeper] })]));
    expect(run.state).toBe("succeeded");
    expect(steps.map(({ key, state }) => [key, state])).toEqual([
      ["0", "failed"],
      ["0!0", "failed"],
      ["0!0!0", "finished"],
    ]);
  });

  it("fails the run when what was to help fails, too, and the run names that step", async () => {
    echo.answer(json({}, 500));
    const helpless = post("/help", { fail_on: "5xx" });
    const inLoop = { do: "loop", over: "[1]", steps: [post("/top", { fail_on: "5xx", on_error: [helpless] })] };
    const { run } = await ended(await queued([inLoop]));
    expect(run).toMatchObject({ state: "failed", error: { code: "upstream_invalid", step: "0[0].0!0" } });
  });
});
