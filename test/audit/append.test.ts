import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unfold } from "../../src/audit/unfold.ts";
import { verify } from "../../src/audit/verify.ts";
import { newHub, rowsOf, type Hub } from "./hub.ts";
import { executed, who } from "./people.ts";

let hub: Hub;
beforeEach(async () => {
  hub = await newHub();
});
afterEach(() => hub.close());

describe("rows that many requests write at once", () => {
  test("from two processes, beside transactions, are one chain without a gap", async () => {
    const [one, two] = [await hub.start(), await hub.start()];
    const appended = Array.from({ length: 1000 }, (_, at) =>
      (at % 2 === 0 ? one : two).audit.append(who(), executed("ok")),
    );
    const recorded = Array.from({ length: 20 }, (_, at) => {
      const { database, audit } = at % 2 === 0 ? one : two;
      return database.knex.transaction((tx) => audit.record(tx, who(), executed("denied")));
    });
    const numbers = await Promise.all(appended);
    await Promise.all(recorded);
    const rows = await rowsOf(hub);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 1020 }, (_, at) => at + 1));
    expect(new Set(numbers).size).toBe(1000);
    expect(rows.filter(({ process }) => process === one.enrolment.number)).toHaveLength(510);
    expect(await verify(hub.admin, two.audit)).toMatchObject({ ok: true, checked: 1020 });
  });

  test("are told their own numbers", async () => {
    const { audit } = await hub.start();
    const numbers = await Promise.all(
      Array.from({ length: 300 }, (_, at) => audit.append(who(`request ${at}`), executed("ok"))),
    );
    const byNumber = new Map((await rowsOf(hub)).map((row) => [row.seq, row.request_id]));
    numbers.forEach((seq, at) => expect(byNumber.get(seq)).toBe(`request ${at}`));
  });

  test("are on disk before their writer is told", async () => {
    const { audit } = await hub.start();
    for (let turn = 1; turn <= 5; turn++) {
      await audit.append(who(), executed("pending"));
      expect(await rowsOf(hub)).toHaveLength(turn);
    }
  });

  test("are all written before the audit has closed, and none is taken after that", async () => {
    const { audit } = await hub.start();
    const last = Array.from({ length: 600 }, () => audit.append(who(), executed("ok")));
    await audit.close();
    expect(await rowsOf(hub)).toHaveLength(600);
    await Promise.all(last);
    await expect(audit.append(who(), executed("ok"))).rejects.toMatchObject({ code: "audit_unavailable" });
  });
});

describe("a change that is recorded in its transaction", () => {
  test("leaves no row when the transaction is rolled back, and no gap either", async () => {
    const { database, audit } = await hub.start();
    const undone = database.knex.transaction(async (tx) => {
      await audit.record(tx, who(), executed("ok", "/undone"));
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect(await rowsOf(hub)).toEqual([]);
    await database.knex.transaction((tx) => audit.record(tx, who(), executed("ok", "/done")));
    await audit.append(who(), executed("ok"));
    expect((await rowsOf(hub)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await verify(hub.admin, audit)).toMatchObject({ ok: true, checked: 2 });
  });

  test("does not happen when it can not be recorded", async () => {
    const { database, audit } = await hub.start();
    await hub.admin.knex.raw("alter table audit_head rename to gone");
    const change = database.knex.transaction(async (tx) => {
      await tx("teams").insert({ id: "0197a000-0000-7000-8000-00000000000a", name: "Sales" });
      await audit.record(tx, who(), { action: "team.created", outcome: "ok", facts: { team: "Sales" } });
    });
    await expect(change).rejects.toThrow();
    expect(await hub.admin.knex("teams").select()).toEqual([]);
  });

  test("may record more than once", async () => {
    const { database, audit } = await hub.start();
    await database.knex.transaction(async (tx) => {
      for (let turn = 0; turn < 3; turn++) await audit.record(tx, who(), executed("ok"));
    });
    expect(await verify(hub.admin, audit)).toMatchObject({ ok: true, checked: 3 });
  });
});

describe("an audit that can not be written", () => {
  test("refuses with audit_unavailable, leaves nothing, and goes on where it was as soon as it can", async () => {
    const { audit } = await hub.start();
    await audit.append(who(), executed("ok"));
    await hub.admin.knex.raw("alter table audit_blocks rename to gone");
    const refused = await Promise.allSettled(Array.from({ length: 50 }, () => audit.append(who(), executed("ok"))));
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "audit_unavailable", status: 503 } });
      expect((outcome as PromiseRejectedResult).reason.message).not.toMatch(/audit_blocks|relation/);
    }
    await hub.admin.knex.raw("alter table gone rename to audit_blocks");
    expect(await audit.append(who(), executed("ok"))).toBe(2);
    expect(await verify(hub.admin, audit)).toMatchObject({ ok: true, checked: 2 });
  });

  test("refuses so when its connections are cut, too", async () => {
    const { audit } = await hub.start();
    await audit.append(who(), executed("ok"));
    await hub.admin.knex.raw(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name = 'signet-hot'",
    );
    const outcome = await audit.append(who(), executed("ok")).catch((error: { code: string }) => error.code);
    expect([2, "audit_unavailable"]).toContain(outcome);
    await audit.append(who(), executed("ok"));
    expect(await verify(hub.admin, audit)).toMatchObject({ ok: true });
  });

  test("refuses a row that has no place in it, and nothing of what others write at that moment", async () => {
    const { audit } = await hub.start();
    const odd = audit.append(who(), { ...executed("ok"), account: "not an id" });
    const beside = audit.append(who(), executed("ok"));
    await expect(odd).rejects.toMatchObject({ code: "audit_unavailable" });
    expect(await beside).toBe(1);
    expect(await audit.append(who(), executed("ok"))).toBe(2);
    expect(await rowsOf(hub)).toHaveLength(2);
  });
});

describe("what came of a request", () => {
  test("is written with the next commit, in its order", async () => {
    const { audit, database } = await hub.start();
    await audit.append(who("one"), executed("pending"));
    audit.conclude(who("one"), executed("ok"));
    await audit.append(who("two"), executed("pending"));
    await audit.catchUp(database.knex);
    const rows = await rowsOf(hub);
    expect(rows.map((row) => `${row.request_id} ${row.outcome}`)).toEqual(["one pending", "one ok", "two pending"]);
    expect(await verify(hub.admin, audit)).toMatchObject({ ok: true, checked: 3 });
  });

  test("is kept while it can not be written, and its intent stays open that long", async () => {
    const { audit, database } = await hub.start();
    const intent = await audit.append(who("one"), executed("pending"));
    await hub.admin.knex.raw("alter table audit_blocks rename to gone");
    audit.conclude(who("one"), executed("ok"));
    await expect(audit.append(who("two"), executed("pending"))).rejects.toMatchObject({ code: "audit_unavailable" });
    expect(audit.lowest()).toBeLessThanOrEqual(intent);
    await hub.admin.knex.raw("alter table gone rename to audit_blocks");
    expect(await audit.append(who("three"), executed("pending"))).toBe(3);
    await audit.catchUp(database.knex);
    expect((await rowsOf(hub)).map((row) => row.request_id)).toEqual(["one", "one", "three"]);
    expect(audit.lowest()).toBe(3);
  });

  test("is written, too, when the audit closes before it was", async () => {
    const { audit } = await hub.start();
    await audit.append(who(), executed("pending"));
    audit.conclude(who(), executed("ok"));
    await audit.close();
    expect(await rowsOf(hub)).toHaveLength(2);
  });
});

test("what a stranger sends can not forge a line, nor stop the audit", async () => {
  const { audit } = await hub.start();
  const hostile = [
    "a\r\n2026-11-05 admin ok",
    "\u0000",
    "\ud800",
    "\u001b[2Jx",
    "'; drop table audit_events; --",
    '{"a":1}',
    "{}",
    "{,}",
  ];
  for (const text of hostile) {
    const event = { action: "session.refused", outcome: "denied", facts: { email: text, reason: text } } as const;
    await audit.append({ actor: { ...who().actor, name: text } as never, requestId: text }, event);
  }
  await unfold(hub.admin.knex);
  const rows = await hub.admin.knex("audit_events").orderBy("seq");
  expect(rows).toHaveLength(hostile.length);
  for (const row of rows) {
    for (const text of [row.actor_name, row.request_id, row.facts.email]) expect(text).not.toMatch(/\p{Cc}/u);
  }
  expect(rows[4].facts.email).toBe("'; drop table audit_events; --");
  expect(await verify(hub.admin, audit)).toMatchObject({ ok: true, checked: hostile.length });
});
