import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior, editBehavior, type AddBehavior } from "../../src/behaviors/save.ts";
import { listRuns } from "../../src/runs/browse.ts";
import { runnerOf } from "../../src/runs/runner.ts";
import { startRun } from "../../src/runs/start.ts";
import { scheduleBehavior } from "../../src/schedules/add.ts";
import { getSchedule, listSchedules } from "../../src/schedules/browse.ts";
import { pauseSchedule, resumeSchedule } from "../../src/schedules/pause.ts";
import { removeSchedule } from "../../src/schedules/remove.ts";
import { runDue } from "../../src/triggers/run-due.ts";
import { auditRows, cast, newWorld, type Cast, type SharedWorld } from "../support/world.ts";

const MINUTE = 60_000;

let hub: SharedWorld;
let people: Cast;
let crm: Bot;
let helper: Bot;
let now = new Date("2026-05-31T12:00:00Z");
const clock = () => new Date(now);

beforeAll(async () => {
  hub = await newWorld({ clock });
  people = await cast(hub.world);
  crm = await addBot(hub.ctx(people.ada), { name: "CRM", slug: "crm" });
  helper = await addBot(hub.ctx(people.ben), { name: "Helper", slug: "helper" });
});

afterAll(() => hub?.close());

const make = (bot: Bot, slug: string, more: Partial<AddBehavior> = {}) =>
  addBehavior(hub.ctx(bot === crm ? people.ada : people.ben), {
    bot: bot.id,
    slug,
    title: slug,
    inputs: [],
    steps: [],
    output: null,
    ...more,
  });
const pass = (minutes: number) => (now = new Date(now.getTime() + minutes * MINUTE));
const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * MINUTE).toISOString();
const ada = () => hub.ctx(people.ada);
const ben = () => hub.ctx(people.ben);
const runsOf = async (behavior: Behavior) => (await listRuns(ada(), { behavior: behavior.id })).items;

/** All that is due, as one process does it. */
async function drain(world = hub.world): Promise<void> {
  while (await runDue(world));
}

describe("a schedule", () => {
  it("starts its run when the moment has come, as who scheduled it, and is gone then", async () => {
    const behavior = await make(crm, "once", { inputs: [{ name: "count", type: "number", required: true }] });
    const made = await scheduleBehavior(ada(), behavior.id, { at: inMinutes(5), inputs: { count: "7" } });
    await drain();
    expect(await runsOf(behavior)).toEqual([]);
    pass(5);
    await drain();
    await drain();
    const runs = await runsOf(behavior);
    expect(runs).toMatchObject([
      { trigger: "schedule", state: "queued", startedBy: { type: "worker", id: people.ada.id }, inputs: { count: 7 } },
    ]);
    expect(runs[0]!.occasion).toMatchObject({ schedule: made.id, missed: 0 });
    await expect(getSchedule(ada(), made.id)).rejects.toMatchObject({ code: "not_found" });
    const started = (await auditRows(hub.world)).filter((row) => row.action === "run.started").at(-1);
    expect(started).toMatchObject({ actor_name: "Ada Admin", facts: { behavior: "crm/once", trigger: "schedule" } });
  });

  it("comes again by its pattern, and runs once where many times were missed, and says how many", async () => {
    const behavior = await make(crm, "again");
    const made = await scheduleBehavior(ada(), behavior.id, { cron: "0 * * * *", time_zone: "Europe/Berlin" });
    pass(60);
    await drain();
    pass(5 * 60 + 1);
    await drain();
    const runs = await runsOf(behavior);
    expect(runs.map(({ occasion }) => (occasion as { missed: number }).missed)).toEqual([4, 0]);
    expect(await getSchedule(ada(), made.id)).toMatchObject({
      missed: 4,
      lastRunId: runs[0]!.id,
      nextAt: new Date(Math.ceil(now.getTime() / 3_600_000) * 3_600_000),
    });
    await removeSchedule(ada(), made.id);
  });

  it("is checked when it is made", async () => {
    const behavior = await make(crm, "checked", { inputs: [{ name: "email", required: true }] });
    const wrong = (given: object) => scheduleBehavior(ada(), behavior.id, given).catch((error: Error) => error.message);
    expect(await wrong({ at: inMinutes(1) })).toBe("Input email: This is required.");
    expect(await wrong({ at: inMinutes(-5), inputs: { email: "x" } })).toBe("This moment has passed.");
    expect(await wrong({ cron: "0 0 30 2 *", inputs: { email: "x" } })).toBe(
      "There is no such time in the years to come.",
    );
    await expect(scheduleBehavior(ada(), behavior.id, { inputs: { email: "x" } })).rejects.toThrow("Say when");
    await expect(scheduleBehavior(ben(), behavior.id, { at: inMinutes(1) })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("waits with the reason when it can not run as it is, and goes on when it can again", async () => {
    const behavior = await make(crm, "waits", { public: true });
    const mine = await scheduleBehavior(ada(), behavior.id, { cron: "*/10 * * * *" });
    const bens = await scheduleBehavior(ben(), behavior.id, { cron: "*/10 * * * *" });
    await editBehavior(ada(), behavior.id, { public: false });
    pass(10);
    await drain();
    expect(await getSchedule(ben(), bens.id)).toMatchObject({
      state: "paused",
      pausedReason: "Ben Worker may not run this any more.",
    });
    await editBehavior(ada(), behavior.id, { enabled: false });
    pass(10);
    await drain();
    expect(await getSchedule(ada(), mine.id)).toMatchObject({
      state: "paused",
      pausedReason: "crm/waits is switched off.",
    });
    await expect(resumeSchedule(ada(), mine.id)).rejects.toMatchObject({ code: "conflict" });
    await editBehavior(ada(), behavior.id, { enabled: true, inputs: [{ name: "new", required: true }] });
    await expect(resumeSchedule(ada(), mine.id)).rejects.toThrow("Input new: This is required.");
    await editBehavior(ada(), behavior.id, { inputs: [] });
    await resumeSchedule(ada(), mine.id);
    pass(10);
    await drain();
    expect(await runsOf(behavior)).toHaveLength(2);
    const paused = (await auditRows(hub.world)).filter((row) => row.action === "schedule.paused");
    expect(paused.map((row) => row.facts.reason)).toContain("crm/waits is switched off.");
    await pauseSchedule(ada(), mine.id);
    pass(60);
    await drain();
    expect(await runsOf(behavior)).toHaveLength(2);
  });

  it("is seen and ended by who made it and who looks after the bot, and by nobody else", async () => {
    const behavior = await make(crm, "seen", { public: true });
    const made = await scheduleBehavior(ben(), behavior.id, { at: inMinutes(600) });
    const cleo = hub.ctx(people.cleo);
    expect((await listSchedules(cleo, {}, behavior.id)).items).toEqual([]);
    await expect(removeSchedule(cleo, made.id)).rejects.toMatchObject({ code: "not_found" });
    expect((await listSchedules(ben(), {}, behavior.id)).items).toHaveLength(1);
    await removeSchedule(ada(), made.id);
    expect((await listSchedules(ada(), {}, behavior.id)).items).toEqual([]);
  });
});

describe("duplicates", () => {
  const count = async (behavior: Behavior) => (await listSchedules(ada(), {}, behavior.id)).items.length;

  it("are allowed, kept out, or take the place of what waits, among those of the same maker", async () => {
    const behavior = await make(crm, "doubles", { public: true });
    const add = (duplicates: "allow" | "keep_first" | "keep_last", ctx = ada()) =>
      scheduleBehavior(ctx, behavior.id, { at: inMinutes(60), duplicates });
    const first = await add("allow");
    await add("allow");
    await add("allow", ben());
    expect(await count(behavior)).toBe(3);
    expect((await add("keep_first")).id).toBe(first.id);
    expect(await count(behavior)).toBe(3);
    const last = await add("keep_last");
    expect((await listSchedules(ada(), {}, behavior.id)).items.map(({ id }) => id)).toContain(last.id);
    // Ben's stays.
    expect(await count(behavior)).toBe(2);
  });

  it("that come in the same moment find one another", async () => {
    const behavior = await make(crm, "rush");
    const add = (duplicates: "keep_first" | "keep_last") =>
      scheduleBehavior(ada(), behavior.id, { at: inMinutes(60), duplicates });
    const made = await Promise.all(Array.from({ length: 8 }, () => add("keep_first")));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    await Promise.all(Array.from({ length: 8 }, () => add("keep_last")));
    expect(await count(behavior)).toBe(1);
  });
});

describe("a step", () => {
  it("schedules as its bot, once, and ends what it scheduled", async () => {
    const target = await make(crm, "later", { public: true, inputs: [{ name: "who" }] });
    const caller = await make(helper, "plan", {
      steps: [
        {
          id: "planned",
          do: "schedule_behavior",
          behavior: "crm/later",
          at: '{{ now + duration("1h") }}',
          inputs: { who: "{{ inputs.who }}" },
        },
        { do: "schedule_behavior", behavior: "crm/later", cron: "0 9 * * 1-5", time_zone: "Europe/Berlin", inputs: {} },
      ] as never,
      inputs: [{ name: "who" }],
      output: "{{ steps.planned.next_at }}",
    });
    const simulated = await startRun(ben(), caller.id, { inputs: { who: "Cy" }, simulate: true }, "api");
    expect(simulated).toMatchObject({ state: "succeeded", output: inMinutes(60) });
    expect((await listSchedules(ada(), {}, target.id)).items).toEqual([]);
    const run = await startRun(ben(), caller.id, { inputs: { who: "Cy" }, wait_ms: 10_000 }, "api");
    expect(run).toMatchObject({ state: "succeeded", output: inMinutes(60) });
    const { items } = await listSchedules(ada(), {}, target.id);
    expect(items.map(({ scheduler, inputs, cron }) => [cron ?? "once", scheduler.name, inputs]).sort()).toEqual([
      ["0 9 * * 1-5", "Helper", {}],
      ["once", "Helper", { who: "Cy" }],
    ]);
    pass(60);
    await drain();
    expect(await runsOf(target)).toMatchObject([{ startedBy: { type: "bot", name: "Helper" }, botId: crm.id }]);
    const ender = await make(helper, "end", {
      steps: [{ id: "ended", do: "unschedule_behavior", behavior: "crm/later" }] as never,
      output: "{{ steps.ended.removed }}",
    });
    expect(await startRun(ben(), ender.id, { wait_ms: 10_000 }, "api")).toMatchObject({ output: 1 });
  });

  it("that is taken again after its process died, before that was written down, schedules nothing twice", async () => {
    const target = await make(crm, "twice", { public: true });
    const caller = await make(helper, "again", {
      steps: [{ do: "schedule_behavior", behavior: "crm/twice", at: '{{ now + duration("1m") }}' }] as never,
    });
    const run = await startRun(ben(), caller.id, { wait_ms: 10_000 }, "api");
    pass(1);
    await drain();
    expect(await runsOf(target)).toHaveLength(1);
    // As the dead process left it: the schedule made, and run, but the step not marked as done.
    await hub.world.database.knex("run_steps").where({ run_id: run.id }).update({ state: "running", result: null });
    await hub.world.database.knex("runs").where({ id: run.id }).update({ state: "queued" });
    await runnerOf(hub.world).take(run.id);
    expect(await hub.world.database.knex("runs").where({ id: run.id }).first("state")).toEqual({ state: "succeeded" });
    await drain();
    expect(await runsOf(target)).toHaveLength(1);
  });

  it("may schedule no more than it may run", async () => {
    await make(crm, "private");
    const caller = await make(helper, "sneak", {
      steps: [{ do: "schedule_behavior", behavior: "crm/private", at: '{{ now + duration("1m") }}' }] as never,
    });
    const run = await startRun(ben(), caller.id, { wait_ms: 10_000 }, "api");
    expect(run).toMatchObject({ state: "failed", error: { code: "not_found" } });
  });
});

describe("a thousand that are due at once", () => {
  it("are queued once each by two processes that look at the same time, in few statements", async () => {
    const behavior = await make(crm, "many", { public: true });
    const { knex } = hub.world.database;
    await knex.raw(
      `insert into schedules (id, behavior_id, at, time_zone, inputs, duplicates, scheduler_type, scheduler_id, scheduler_name, next_at, created_at)
       select gen_random_uuid(), ?, ?, 'UTC', '{}', 'allow', 'worker', ?, 'Ada Admin', ?, ? from generate_series(1, 1000)`,
      [behavior.id, now, people.ada.id, now, now],
    );
    const other = await hub.another();
    let statements = 0;
    knex.on("query", () => statements++);
    await Promise.all([drain(), drain(other)]);
    await Promise.all([drain(), drain(other)]);
    knex.removeAllListeners("query");
    const [row] = await knex("runs")
      .where({ behavior_id: behavior.id })
      .count({ count: "*" })
      .countDistinct({ keys: "key" });
    expect(row).toEqual({ count: 1000, keys: 1000 });
    expect(statements).toBeLessThan(150);
    expect(await knex("schedules").where({ behavior_id: behavior.id })).toEqual([]);
  });
});
