import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Audit } from "../../src/audit/audit.ts";
import { ChainKey } from "../../src/audit/chain.ts";
import { verify } from "../../src/audit/verify.ts";
import { newHub, rowsOf, tamper, type Hub, type Process } from "./hub.ts";
import { executed, who } from "./people.ts";

let hub: Hub;
let one: Process;

beforeAll(async () => {
  hub = await newHub();
  one = await hub.start();
});
afterAll(() => hub.close());

/** Ten rows, of which 4 and 5 were written in transactions. */
beforeEach(async () => {
  await tamper(hub, "delete from audit_events");
  await hub.admin.knex("audit_head").update({ seq: 0, hash: Buffer.from([0]) });
  for (let seq = 1; seq <= 10; seq++) {
    const event = executed("ok", `/contacts/${seq}`);
    if (seq === 4 || seq === 5) await one.database.knex.transaction((tx) => one.audit.record(tx, who(), event));
    else await one.audit.append(who(), event);
  }
});

describe("a chain that nobody touched", () => {
  test("is whole, and tells how much was checked and where it stands", async () => {
    const checked = await verify(hub.admin, one.audit);
    expect(checked).toEqual({
      ok: true,
      checked: 10,
      head: { seq: 10, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const [last] = await hub.admin.knex("audit_events").where({ seq: 10 }).select("hash");
    expect(checked.head.hash).toBe(last.hash.toString("hex"));
  });

  test("is whole when it is empty", async () => {
    await tamper(hub, "delete from audit_events");
    await hub.admin.knex("audit_head").update({ seq: 0, hash: Buffer.from([0]) });
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: true, checked: 0 });
  });

  test("is whole over more rows than are read at a time", async () => {
    await Promise.all(Array.from({ length: 4500 }, () => one.audit.append(who(), executed("ok"))));
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: true, checked: 4510 });
  });

  test("holds facts that Postgres writes in its own way", async () => {
    const facts = { path: 'é"\\/\u0001😀', status: 1e21, duration_ms: 0.1, bytes: -0, host: "", via: "__proto__" };
    await one.audit.append({ ...who(), actor: { ...who().actor, name: "Zoë\n\ud800" } }, {
      ...executed("ok"),
      facts,
    } as never);
    await one.database.knex.transaction((tx) => one.audit.record(tx, who(), { ...executed("ok"), facts } as never));
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: true, checked: 12 });
  });
});

describe("the row is named", () => {
  const changed = "this row was changed, inserted or moved";
  const cases: [what: string, sql: string, seq: number, reason: string][] = [
    ["that was edited", "update audit_events set outcome = 'denied' where seq = 3", 3, changed],
    ["whose facts were edited", `update audit_events set facts = facts || '{"path":"/x"}' where seq = 4`, 4, changed],
    ["that got a fact more", `update audit_events set facts = facts || '{"x":null}' where seq = 4`, 4, changed],
    ["whose actor was edited", "update audit_events set actor_name = 'Bob' where seq = 1", 1, changed],
    ["whose account was edited", "update audit_events set account_id = gen_random_uuid() where seq = 10", 10, changed],
    ["that was re-dated", "update audit_events set at = at - interval '1 day' where seq = 6", 6, changed],
    [
      "that was re-dated by a millisecond",
      "update audit_events set at = at + interval '1 ms' where seq = 6",
      6,
      changed,
    ],
    ["whose link was edited", String.raw`update audit_events set hash = '\x00' where seq = 5`, 5, changed],
    ["that is missing", "delete from audit_events where seq = 5", 5, "this row is missing"],
    ["that was first and is missing", "delete from audit_events where seq = 1", 1, "this row is missing"],
    [
      "that is missing though the rest moved up",
      "delete from audit_events where seq = 5; update audit_events set seq = -(seq - 1) where seq > 5; update audit_events set seq = -seq where seq < 0",
      5,
      changed,
    ],
    [
      "that was inserted",
      `update audit_events set seq = -(seq + 1) where seq >= 6; update audit_events set seq = -seq where seq < 0;
       insert into audit_events select 6, at, action, outcome, actor_type, actor_id, actor_name, account_id, request_id, process, facts, hash
       from audit_events where seq = 5`,
      6,
      changed,
    ],
    [
      "that was swapped with another",
      "update audit_events set seq = -seq where seq in (3, 8); update audit_events set seq = 11 + seq where seq < 0",
      3,
      changed,
    ],
    [
      "from which on all are missing",
      "delete from audit_events where seq > 7",
      8,
      "this row and all after it are missing",
    ],
    [
      "that was last and is missing",
      "delete from audit_events where seq = 10",
      10,
      "this row and all after it are missing",
    ],
    ["before which nothing is left", "delete from audit_events", 1, "this row and all after it are missing"],
  ];
  test.each(cases)("%s", async (_what, sql, seq, reason) => {
    await tamper(hub, sql);
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: false, checked: seq - 1, broken: { seq, reason } });
  });

  test("when all its links after an edit were made anew by somebody without the key", async () => {
    const forger = new Audit(hub.admin, new ChainKey(randomBytes(32)), 99, () => new Date());
    await tamper(hub, "delete from audit_events where seq >= 9");
    const [eighth] = await hub.admin.knex("audit_events").where({ seq: 8 }).select("hash");
    await hub.admin.knex("audit_head").update({ seq: 8, hash: eighth.hash });
    await forger.append(who(), executed("ok"));
    await forger.append(who(), executed("ok"));
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: false, broken: { seq: 9 } });
  });
});

test("a chain cut together with its head is whole, but its head is not the one that was noted", async () => {
  const noted = (await verify(hub.admin, one.audit)).head;
  await tamper(hub, "delete from audit_events where seq > 8");
  const [last] = await hub.admin.knex("audit_events").where({ seq: 8 }).select("hash");
  await hub.admin.knex("audit_head").update({ seq: 8, hash: last.hash });
  const cut = await verify(hub.admin, one.audit);
  expect(cut.ok).toBe(true);
  expect(cut.head).not.toEqual(noted);
});

test("a head that was moved back shows, as rows do that lie behind it", async () => {
  await hub.admin.knex("audit_head").update({ seq: 8 });
  expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: false, broken: { seq: 8 } });
});

test("a mistake can not change or remove a row, because the database refuses", async () => {
  for (const sql of ["update audit_events set outcome = 'ok'", "delete from audit_events where seq = 1"]) {
    await expect(one.database.knex.raw(sql)).rejects.toThrow("append-only");
  }
  await expect(one.database.knex.raw("truncate audit_events")).rejects.toThrow("append-only");
  expect(await rowsOf(hub)).toHaveLength(10);
});
