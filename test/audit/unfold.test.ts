import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { verify } from "../../src/audit/verify.ts";
import { newHub, type Hub } from "./hub.ts";
import { executed, who } from "./people.ts";

let hub: Hub;
beforeEach(async () => {
  hub = await newHub();
});
afterEach(() => hub.close());

const waiting = async () => (await hub.admin.knex("audit_blocks").whereNotNull("rows").select("last_seq")).length;
const placed = async () => (await hub.admin.knex("audit_events").select("seq")).length;

describe("rows that nobody reads", () => {
  test("get their places a moment later", async () => {
    const { audit } = await hub.start();
    await audit.append(who(), executed("ok"));
    expect(await waiting()).toBe(1);
    await expect.poll(waiting, { timeout: 5_000 }).toBe(0);
    expect(await placed()).toBe(1);
  });

  test("wait while there is a rush, and get their places once it is over", { timeout: 60_000 }, async () => {
    let rows = 0;
    const rush = async () => {
      const { audit, kill } = await hub.start();
      const before = await placed();
      const until = performance.now() + 1_000;
      for (; performance.now() < until; rows += 200)
        await Promise.all(Array.from({ length: 200 }, () => audit.append(who(), executed("ok"))));
      const early = (await placed()) - before;
      await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
      expect(await placed()).toBe(rows);
      await kill();
      return early;
    };
    // A machine that stands still for a moment looks like the end of a rush.
    let early = await rush();
    for (let again = 0; early > 0 && again < 4; again++) early = await rush();
    expect(early).toBe(0);
  });

  test("are there for whoever reads in the middle of a rush", async () => {
    const { audit, database } = await hub.start();
    await Promise.all(Array.from({ length: 2_000 }, () => audit.append(who(), executed("ok"))));
    await audit.catchUp(database.knex);
    expect(await placed()).toBe(2_000);
    expect(await verify(hub.admin, audit)).toMatchObject({ ok: true, checked: 2_000 });
  });
});
