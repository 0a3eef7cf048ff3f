import { createHook } from "node:async_hooks";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ANONYMOUS } from "../../src/access/actor.ts";
import { deactivateWorker, reactivateWorker } from "../../src/people/deactivate.ts";
import { inviteWorker } from "../../src/people/invite.ts";
import { actorOfSession } from "../../src/people/session.ts";
import { signIn } from "../../src/people/sign-in.ts";
import { sweepPeople } from "../../src/people/sweep.ts";
import { auditRows, cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let now = new Date("2026-03-01T09:00:00Z");
let hub: TestWorld;
let people: Cast;

const later = (seconds: number) => (now = new Date(now.getTime() + seconds * 1000));
const enter = (email: string, password: string, address = "192.0.2.7") =>
  signIn(hub.ctx(ANONYMOUS), { email, password, browser: "Firefox", address });
const lastEvent = async () => (await auditRows(hub.world)).at(-1);

beforeAll(async () => {
  hub = await newWorld({ clock: () => now });
  people = await cast(hub.world);
});
afterAll(() => hub.close());
beforeEach(async () => {
  await hub.world.database.knex("sign_in_failures").delete();
});

describe("signing in", () => {
  test("opens a session of which only the hash is stored, and is recorded under the worker's name", async () => {
    const { token, worker } = await enter(" BEN@Example.com ", PASSWORDS.ben);
    expect(worker).toMatchObject({ id: people.ben.id, email: "ben@example.com", state: "active" });
    expect(worker).not.toHaveProperty("password_hash");
    expect(token).toMatch(/^[\w-]{43}$/);
    expect((await actorOfSession(hub.world, token))?.actor).toEqual(people.ben);
    const stored = JSON.stringify(await hub.world.database.knex("sessions"));
    expect(stored).not.toContain(token);
    expect(await lastEvent()).toMatchObject({ action: "session.started", actor_id: people.ben.id });
  });

  test.each([
    ["a wrong password", "ben@example.com", "not the password at all", "password", "ben@example.com"],
    ["nobody's email", "nobody@example.com", PASSWORDS.ben, "unknown", "nobody@example.com"],
    ["a password in the email field", PASSWORDS.ben, PASSWORDS.ben, "unknown", null],
    ["a quote and a semicolon", "ben@example.com'; drop table workers; --", "x", "unknown", null],
  ])("with %s gets the one same refusal", async (_, email, password, reason, recorded) => {
    await expect(enter(email, password)).rejects.toMatchObject({
      code: "unauthenticated",
      message: "The email or the password is not right.",
      issues: [],
    });
    const event = await lastEvent();
    expect(event).toMatchObject({ action: "session.refused", outcome: "denied", actor_type: "anonymous" });
    expect(event.facts).toEqual({ email: recorded, reason });
  });

  test("is refused the same way before joining and after being deactivated", async () => {
    await inviteWorker(hub.ctx(people.ada), { email: "dora@example.com", name: "Dora" });
    await expect(enter("dora@example.com", "")).rejects.toMatchObject({ name: "ZodError" });
    await expect(enter("dora@example.com", "anything at all")).rejects.toMatchObject({ code: "unauthenticated" });
    await deactivateWorker(hub.ctx(people.ada), people.cleo.id);
    await expect(enter("cleo@example.com", PASSWORDS.cleo)).rejects.toMatchObject({ code: "unauthenticated" });
    await reactivateWorker(hub.ctx(people.ada), people.cleo.id);
    await expect(enter("cleo@example.com", PASSWORDS.cleo)).resolves.toBeDefined();
  });

  test("hashes for an unknown email as it does for a known one", async () => {
    const hashes: string[] = [];
    const watch = createHook({ init: (_, type) => type.startsWith("ARGON2") && hashes.push(type) }).enable();
    onTestFinished(() => void watch.disable());
    const made = async (email: string) => {
      await expect(enter(email, "not the password at all")).rejects.toMatchObject({ code: "unauthenticated" });
      return hashes.splice(0).length;
    };
    expect([await made("ben@example.com"), await made("nobody@example.com")]).toEqual([1, 1]);
  });

  test("ends the session in which it is done", async () => {
    const first = await enter("ben@example.com", PASSWORDS.ben);
    const { session } = (await actorOfSession(hub.world, first.token))!;
    const ctx = hub.ctx(people.ben, { session });
    const second = await signIn(ctx, {
      email: "ben@example.com",
      password: PASSWORDS.ben,
      browser: null,
      address: "192.0.2.7",
    });
    await expect.poll(() => actorOfSession(hub.world, first.token)).toBeUndefined();
    expect(await actorOfSession(hub.world, second.token)).toBeDefined();
  });

  test.each([{ state: "deactivated" }, { password_hash: null }])(
    "that is under way when the worker becomes %j opens no session",
    async (change) => {
      const { knex } = hub.world.database;
      const before = await knex("workers").where({ id: people.ben.id }).first("state", "password_hash");
      const sessions = async () => (await knex("sessions").where({ worker_id: people.ben.id })).length;
      const opened = await sessions();
      const waiting = async () =>
        (await knex("pg_stat_activity").whereRaw("datname = current_database() and wait_event_type = 'Lock'")).length;
      const entering = await knex.transaction(async (db) => {
        await db("workers").where({ id: people.ben.id }).update(change);
        const attempt = enter("ben@example.com", PASSWORDS.ben).catch((error: unknown) => error);
        await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
        return { attempt };
      });
      expect(await entering.attempt).toMatchObject({ code: "unauthenticated" });
      expect(await sessions()).toBe(opened);
      await knex("workers").where({ id: people.ben.id }).update(before);
    },
  );

  test("makes a hash of older costs anew", async () => {
    const workers = hub.world.database.knex("workers").where({ id: people.ben.id });
    const { password_hash: original } = await workers.clone().first("password_hash");
    const old = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    await workers.clone().update({ password_hash: old });
    await enter("ben@example.com", "password");
    const { password_hash: upgraded } = await workers.clone().first("password_hash");
    expect(upgraded).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await enter("ben@example.com", "password");
    await workers.clone().update({ password_hash: original });
  });
});

describe("guessing", () => {
  const guess = (address?: string, email = "ben@example.com") => enter(email, "not the password at all", address);
  const fail = async (times: number, address?: string, email?: string) => {
    for (let i = 0; i < times; i++)
      await expect(guess(address, email)).rejects.toMatchObject({ code: "unauthenticated" });
  };
  const limited = (retryAfter: number) => ({ code: "rate_limited", retryAfter });

  test("is free five times, then waits twice as long each time, fifteen minutes at most, and never for good", async () => {
    await fail(5);
    for (const wait of [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]) {
      await expect(guess()).rejects.toMatchObject(limited(wait));
      await expect(enter("ben@example.com", PASSWORDS.ben)).rejects.toMatchObject(limited(wait));
      later(wait - 1);
      await expect(guess()).rejects.toMatchObject(limited(1));
      later(1);
      await fail(1);
    }
    later(900);
    await expect(enter("ben@example.com", PASSWORDS.ben)).resolves.toBeDefined();
    await fail(5);
  });

  test("an unknown email is limited like a known one", async () => {
    await fail(5, undefined, "nobody@example.com");
    await expect(guess(undefined, "Nobody@example.com")).rejects.toMatchObject(limited(5));
  });

  test("all at once lets no more through than one after the other", async () => {
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => guess().catch((error: { code: string }) => error.code)),
    );
    expect(codes.filter((code) => code === "unauthenticated")).toHaveLength(5);
    expect(codes.filter((code) => code === "rate_limited")).toHaveLength(15);
  });

  test("from many addresses is limited for the account, but not for the address the worker signs in from", async () => {
    await enter("ben@example.com", PASSWORDS.ben, "203.0.113.5");
    for (let i = 1; i <= 5; i++) await fail(1, `192.0.2.${i}`);
    await expect(guess("192.0.2.99")).rejects.toMatchObject(limited(5));
    await expect(enter("ben@example.com", PASSWORDS.ben, "203.0.113.5")).resolves.toBeDefined();
  });

  test("one account leaves the others alone", async () => {
    await fail(6 - 1);
    await expect(enter("ada@example.com", PASSWORDS.ada)).resolves.toBeDefined();
  });

  test("is still limited after a restart, and stores neither emails nor addresses", async () => {
    await fail(5);
    const again = await newWorldOn();
    await expect(
      signIn(again.ctx, { email: "ben@example.com", password: PASSWORDS.ben, browser: null, address: "192.0.2.7" }),
    ).rejects.toMatchObject({ code: "rate_limited" });
    await again.close();
    const stored = JSON.stringify(await hub.world.database.knex("sign_in_failures"));
    expect(stored).not.toMatch(/ben|192\.0\.2/);
  });

  test("is forgotten after a day, and swept away after two", async () => {
    await fail(5);
    await sweepPeople(hub.world);
    await expect(guess()).rejects.toMatchObject({ code: "rate_limited" });
    later(24 * 3600 + 1);
    await fail(5);
    later(3 * 24 * 3600);
    await sweepPeople(hub.world);
    expect(await hub.world.database.knex("sign_in_failures")).toEqual([]);
  });
});

/** Another process on the same database, with nothing remembered. */
async function newWorldOn() {
  const { openDatabase } = await import("../../src/storage/database.ts");
  const database = openDatabase(hub.databaseUrl);
  const ctx = { ...hub.ctx(ANONYMOUS), database, db: database.knex };
  return { ctx, close: () => database.close() };
}
