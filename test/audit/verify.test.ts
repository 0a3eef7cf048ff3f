import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Audit } from "../../src/audit/audit.ts";
import { ChainKey } from "../../src/audit/chain.ts";
import { unfold } from "../../src/audit/unfold.ts";
import { verify } from "../../src/audit/verify.ts";
import { linkOf, newHub, rowsOf, startOver, tamper, type Hub, type Process } from "./hub.ts";
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
  await startOver(hub);
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
    expect(checked.head.hash).toBe((await linkOf(hub, 10)).toString("hex"));
  });

  test("is whole when it is empty", async () => {
    await startOver(hub);
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
    ["whose block was edited", String.raw`update audit_blocks set hash = '\x00' where last_seq = 7`, 7, changed],
    ["whose block is missing", "delete from audit_blocks where last_seq = 7", 7, changed],
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
    await tamper(hub, "delete from audit_blocks where last_seq >= 9");
    await hub.admin.knex("audit_head").update({ seq: 8, hash: await linkOf(hub, 8) });
    await forger.append(who(), executed("ok"));
    await forger.append(who(), executed("ok"));
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: false, broken: { seq: 9 } });
  });
});

test("a chain cut together with its head is whole, but its head is not the one that was noted", async () => {
  const noted = (await verify(hub.admin, one.audit)).head;
  await tamper(hub, "delete from audit_events where seq > 8");
  await hub.admin.knex("audit_head").update({ seq: 8, hash: await linkOf(hub, 8) });
  const cut = await verify(hub.admin, one.audit);
  expect(cut.ok).toBe(true);
  expect(cut.head).not.toEqual(noted);
});

test("a head that was moved back shows, as rows do that lie behind it", async () => {
  await hub.admin.knex("audit_head").update({ seq: 8 });
  expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: false, broken: { seq: 8 } });
});

test("a mistake can not change or remove a row, because the database refuses", async () => {
  await unfold(one.database.knex);
  const mistakes = [
    "update audit_events set outcome = 'ok'",
    "delete from audit_events where seq = 1",
    "truncate audit_events",
    "update audit_blocks set hash = ''",
    "update audit_blocks set rows = '[]'",
    "delete from audit_blocks",
    "truncate audit_blocks",
  ];
  for (const sql of mistakes) await expect(one.database.knex.raw(sql)).rejects.toThrow("append-only");
  expect(await rowsOf(hub)).toHaveLength(10);
});

describe("rows that were made durable by one commit", () => {
  const together = () =>
    Promise.all(Array.from({ length: 20 }, (_, at) => one.audit.append(who(), executed("ok", `/deals/${at}`))));

  test("share a link, by which a change of any of them shows", async () => {
    const numbers = await together();
    const [block] = await hub.admin.knex("audit_blocks").where("last_seq", ">", 10).orderBy("last_seq");
    expect([block.first_seq, block.last_seq]).toEqual([11, Math.max(...numbers)]);
    await tamper(hub, "update audit_events set outcome = 'denied' where seq = 17");
    expect(await verify(hub.admin, one.audit)).toMatchObject({
      ok: false,
      checked: 10,
      broken: { seq: 11, reason: expect.stringContaining("rows up to 30") },
    });
  });

  test("are named one by one when they are missing", async () => {
    await together();
    await tamper(hub, "delete from audit_events where seq = 17");
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: false, broken: { seq: 17 } });
  });

  test("are found changed, too, where somebody changed them before they got their places", async () => {
    await hub.admin.knex.transaction(async (tx) => {
      await tx.raw("select pg_advisory_xact_lock(hashtext('signet:audit-unfold'))");
      await together();
      await tx.raw("alter table audit_blocks disable trigger user");
      await tx.raw("update audit_blocks set rows = replace(rows, '/deals/3', '/deals/4') where rows is not null");
      await tx.raw("alter table audit_blocks enable trigger user");
    });
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: false, broken: { seq: 11 } });
  });

  test("get their places once, also when several ask for them at the same moment", async () => {
    await Promise.all([together(), ...Array.from({ length: 5 }, () => unfold(one.database.knex))]);
    await Promise.all(Array.from({ length: 5 }, () => unfold(one.database.knex)));
    expect(await rowsOf(hub)).toHaveLength(30);
    expect(await hub.admin.knex("audit_blocks").whereNotNull("rows")).toEqual([]);
    expect(await verify(hub.admin, one.audit)).toMatchObject({ ok: true, checked: 30 });
  });
});
