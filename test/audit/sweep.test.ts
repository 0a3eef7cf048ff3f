import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closeUnknown, markLowest } from "../../src/audit/sweep.ts";
import { verify } from "../../src/audit/verify.ts";
import { newHub, rowsOf, type Hub } from "./hub.ts";
import { executed, who } from "./people.ts";

/** Who holds a lock in this database; other test files have processes of the same number in theirs. */
const HOLDERS = `from pg_locks where locktype = 'advisory' and classid = ? and objid = ? and granted
  and database = (select oid from pg_database where datname = current_database())`;

let hub: Hub;
beforeEach(async () => {
  hub = await newHub();
});
afterEach(() => hub.close());

/** Runs killed.ts until it has begun its requests, and kills it. Returns its number among the processes. */
async function killedProcess(): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "killed.ts")], {
    env: { ...process.env, TEST_URL: hub.url, TEST_KEYS: hub.keys },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [line] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer];
  child.kill("SIGKILL");
  await ended;
  await gone(Number(line));
  return Number(line);
}

/** Waits until the server has noticed that a process is gone: it holds its lock no longer. */
async function gone(number: number): Promise<void> {
  await hub.admin.knex.transaction((tx) => tx.raw("select pg_advisory_xact_lock(?, ?)", [0x516e, number]));
}

async function unknown(): Promise<string[]> {
  return (await rowsOf(hub)).filter(({ outcome }) => outcome === "unknown").map(({ request_id }) => request_id);
}

describe("what a killed process had begun", () => {
  test("is closed as unknown, each request once, and what it had finished is left alone", async () => {
    const one = await hub.start();
    await killedProcess();
    expect(await closeUnknown(one.database, one.audit)).toBe(4);
    expect((await unknown()).sort()).toEqual(["open", "redirected", "twice", "two kinds"]);
    const [open] = await hub.admin.knex("audit_events").where({ request_id: "open", outcome: "unknown" });
    expect(open).toMatchObject({ action: "execute", actor_name: "Ann", facts: { path: "/open" } });
    expect((await rowsOf(hub)).at(-1)).toMatchObject({ action: "audit.closed", facts: { requests: 4 } });
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: true });
  });

  test("is closed once, however often and from however many processes it is looked for", async () => {
    const processes = await Promise.all([hub.start(), hub.start(), hub.start()]);
    await killedProcess();
    const counts = await Promise.all(
      processes.flatMap(({ database, audit }) => [closeUnknown(database, audit), closeUnknown(database, audit)]),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe(4);
    for (const { database, audit } of processes) expect(await closeUnknown(database, audit)).toBe(0);
    expect((await unknown()).sort()).toEqual(["open", "redirected", "twice", "two kinds"]);
  });

  test("is closed by the next start of the only process, too", async () => {
    const number = await killedProcess();
    const next = await hub.start();
    expect(next.enrolment.number).toBeGreaterThan(number);
    expect(await closeUnknown(next.database, next.audit)).toBe(4);
  });

  test("is looked for again when the audit could not be written at first", async () => {
    const one = await hub.start();
    await killedProcess();
    await hub.admin.knex.raw("alter table audit_head rename to gone");
    await expect(closeUnknown(one.database, one.audit)).rejects.toMatchObject({ code: "audit_unavailable" });
    await hub.admin.knex.raw("alter table gone rename to audit_head");
    expect(await closeUnknown(one.database, one.audit)).toBe(4);
  });
});

describe("what a living process has begun", () => {
  test("is not closed by another one, nor by itself", async () => {
    const [one, two] = [await hub.start(), await hub.start()];
    await one.audit.append(who(), executed("pending"));
    expect(await closeUnknown(two.database, two.audit)).toBe(0);
    expect(await closeUnknown(one.database, one.audit)).toBe(0);
  });

  test("is not closed while a hub on another database of the same server lives or dies", async () => {
    const other = await newHub();
    try {
      const [here, there] = [await hub.start(), await other.start()];
      await there.audit.append(who(), executed("pending"));
      expect(there.enrolment.number).toBe(here.enrolment.number);
      const { number } = there.enrolment;
      const next = await other.start();
      await there.kill();
      // The process here has the same number and lives, which is nothing to the hub there.
      await other.admin.knex.transaction((tx) => tx.raw("select pg_advisory_xact_lock(?, ?)", [0x516e, number]));
      expect(await closeUnknown(next.database, next.audit)).toBe(1);
    } finally {
      await other.close();
    }
  });

  test("is not closed after the process lost its connection, because it comes back", async () => {
    const [one, two] = [await hub.start(), await hub.start()];
    await one.audit.append(who(), executed("pending"));
    const { number } = one.enrolment;
    await hub.admin.knex.raw(`select pg_terminate_backend(pid) ${HOLDERS}`, [0x516e, number]);
    await gone(number);
    await expect.poll(() => holds(number), { timeout: 20_000 }).toBe(true);
    expect(await closeUnknown(two.database, two.audit)).toBe(0);
    expect(await hub.admin.knex("processes").where({ number })).toHaveLength(1);
  });

  test("is closed by the next sweep when it leaves in order but with something open", async () => {
    const [one, two] = [await hub.start(), await hub.start()];
    await one.audit.append(who("begun"), executed("pending"));
    await one.audit.append(who("finished"), executed("pending"));
    await one.audit.append(who("finished"), executed("failed"));
    const { number } = one.enrolment;
    await one.kill();
    await gone(number);
    expect(await closeUnknown(two.database, two.audit)).toBe(1);
    expect(await unknown()).toEqual(["begun"]);
    expect((await hub.admin.knex("processes").select("number")).map((row) => row.number)).toEqual([
      two.enrolment.number,
    ]);
  });
});

describe("how far back a sweep looks", () => {
  test("is as far as the oldest open intent of the process, and never past one", async () => {
    const one = await hub.start();
    const low = async () => {
      await markLowest(one.database, one.audit);
      return (await hub.admin.knex("processes").first<{ low_seq: number }>("low_seq"))!.low_seq;
    };
    expect(await low()).toBe(0);
    await one.audit.append(who("first"), executed("ok"));
    const begun = await one.audit.append(who("long"), executed("pending"));
    await one.audit.append(who("short"), executed("pending"));
    await one.audit.append(who("short"), executed("ok"));
    expect(await low()).toBe(begun);
    expect(one.audit.lowest()).toBe(begun);
    const ended = await one.audit.append(who("long"), executed("ok"));
    expect(await low()).toBe(ended);
  });
});

async function holds(number: number): Promise<boolean> {
  return (await hub.admin.knex.raw(`select ${HOLDERS}`, [0x516e, number])).rows.length > 0;
}
