import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChainKey, link, type Row } from "../../src/audit/chain.ts";
import { storedFacts, type Event } from "../../src/audit/event.ts";

const key = new ChainKey(randomBytes(32));
const before = randomBytes(32);
const row: Row = {
  seq: 7,
  at: new Date("2026-11-05T12:00:00.123Z"),
  action: "execute",
  outcome: "ok",
  actor_type: "worker",
  actor_id: "ann",
  actor_name: "Ann",
  account_id: "acc",
  request_id: "req",
  process: 3,
  facts: { host: "api.example.com", status: 200 },
};

describe("a link of the chain", () => {
  test("is 32 bytes, and the same for the same row", () => {
    expect(link(key, before, row).length).toBe(32);
    const shuffled = { ...row, facts: { status: 200, host: "api.example.com" } };
    expect(link(key, before, shuffled)).toEqual(link(key, before, row));
  });

  test("is made with the HMAC-SHA256 of RFC 2104, of what was before and what is new", () => {
    const [secret, previous] = [randomBytes(32), randomBytes(32)];
    const message = Buffer.concat([previous, Buffer.from("Zoë", "utf8")]);
    expect(new ChainKey(secret).sign(previous, "Zoë")).toEqual(createHmac("sha256", secret).update(message).digest());
  });

  const changes: Partial<Row>[] = [
    { seq: 8 },
    { at: new Date("2026-11-05T12:00:00.124Z") },
    { action: "execute.test" },
    { outcome: "failed" },
    { actor_type: "bot" },
    { actor_id: null },
    { actor_id: "" },
    { actor_name: "Ann " },
    { account_id: null },
    { request_id: "reQ" },
    { process: 4 },
    { facts: {} },
    { facts: { host: "api.example.com" } },
    { facts: { host: "api.example.com", status: "200" } },
    { facts: { host: "api.example.com", status: 200, code: null } },
    { facts: { host: "api.example.com", "status ": 200 } },
    // What one field loses another gains: no two rows share their bytes.
    { actor_id: "an", actor_name: "nAnn" },
    { action: "execut", outcome: "eok" },
  ];
  test.each(changes)("is another one when the row differs in %j", (change) => {
    expect(link(key, before, { ...row, ...change })).not.toEqual(link(key, before, row));
  });

  test("is another one behind another row, and under another key", () => {
    expect(link(key, randomBytes(32), row)).not.toEqual(link(key, before, row));
    expect(link(new ChainKey(randomBytes(32)), before, row)).not.toEqual(link(key, before, row));
  });
});

describe("facts as they are stored", () => {
  const stored = (facts: object) => storedFacts({ action: "execute", outcome: "ok", facts } as Event);

  test("have no control characters, so that no line can be forged", () => {
    const forged = 'GET\r\n2026-11-05 "ok"\u0000\u001b[2J\u007f\u0085\u009b\u2028\u2029';
    expect(stored({ path: forged }).path).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    expect(stored({ path: "a\nb" })).toEqual({ path: "a\uFFFDb" });
  });

  test("have none in their lists either", () => {
    expect(stored({ hosts: ["a\r\nb", "c"] })).toEqual({ hosts: ["a\uFFFD\uFFFDb", "c"] });
  });

  test("are cut where they are too long, visibly", () => {
    const { path } = stored({ path: "x".repeat(5000) });
    expect(path).toBe(`${"x".repeat(2000)}…`);
    expect(stored({ path: "x".repeat(2000) }).path).toBe("x".repeat(2000));
  });

  test("are texts that Postgres takes, also where a character was halved", () => {
    expect(stored({ path: "\ud800" })).toEqual({ path: "\uFFFD" });
    expect(stored({ path: `${"x".repeat(1999)}😀` })).toEqual({ path: `${"x".repeat(1999)}\uFFFD…` });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2100, minLength: 0 }), (text) => {
        const { path } = stored({ path: text }) as { path: string };
        expect(path.isWellFormed()).toBe(true);
        expect(path).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test("keep numbers, truth values and null, and leave out what is undefined", () => {
    expect(stored({ status: 200, truncated: false, code: null, rule: undefined })).toEqual({
      status: 200,
      truncated: false,
      code: null,
    });
  });
});
