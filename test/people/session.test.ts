import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ANONYMOUS, type BotActor, type WorkerActor } from "../../src/access/actor.ts";
import { changePassword } from "../../src/people/change-password.ts";
import { changeWorker } from "../../src/people/change-worker.ts";
import { deactivateWorker, reactivateWorker } from "../../src/people/deactivate.ts";
import { actorOfSession, endOtherSessions, endSession, listSessions } from "../../src/people/session.ts";
import { setMember } from "../../src/people/set-member.ts";
import { signIn } from "../../src/people/sign-in.ts";
import { sweepPeople } from "../../src/people/sweep.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

const HOUR = 3600_000;
let now = new Date("2026-03-01T09:00:00Z");
let hub: TestWorld;
let people: Cast;

beforeAll(async () => {
  hub = await newWorld({ clock: () => now });
  people = await cast(hub.world);
});
afterAll(() => hub.close());

const later = (ms: number) => (now = new Date(now.getTime() + ms));
const who = (token: string) => actorOfSession(hub.world, token);
async function open(name: "ada" | "ben" | "cleo", browser: string | null = "Firefox") {
  const input = { email: `${name}@example.com`, password: PASSWORDS[name], browser, address: "192.0.2.7" };
  const { token } = await signIn(hub.ctx(ANONYMOUS), input);
  return { token, session: (await who(token))!.session };
}

test("a session is answered from memory while it is used", async () => {
  const { token } = await open("ben");
  const asked = vi.spyOn(hub.world.database, "prepared");
  expect((await who(token))?.actor.name).toBe("Ben Worker");
  expect((await who(token))?.actor.name).toBe("Ben Worker");
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
});

test.each([
  ["nothing", ""],
  ["a short text", "abc"],
  ["a guess", "A".repeat(43)],
  ["a null character", "\0".repeat(43)],
])("%s is nobody's session", async (_, token) => expect(await who(token)).toBeUndefined());

test("a session ends after twelve hours without use, however often it was used before", async () => {
  const { token } = await open("ben");
  for (let i = 0; i < 3; i++) {
    later(11 * HOUR);
    expect(await who(token)).toBeDefined();
  }
  later(12 * HOUR);
  await expect.poll(async () => (await who(token)) === undefined).toBe(true);
});

test("a session ends after seven days even if it is used all the time", async () => {
  const { token } = await open("ben");
  for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
    later(6 * HOUR);
    expect(await who(token)).toBeDefined();
  }
  later(6 * HOUR);
  expect(await who(token)).toBeUndefined();
  await sweepPeople(hub.world);
  expect(await hub.world.database.knex("sessions").where("expires_at", "<=", now)).toHaveLength(0);
});

test("a session that another process has seen used goes on here too", async () => {
  const { token, session } = await open("ben");
  later(11 * HOUR);
  await hub.world.database.knex("sessions").where({ id: session }).update({ last_used_at: now });
  later(2 * HOUR);
  expect(await who(token)).toBeDefined();
});

test("the last use is written once a minute and nobody waits for it", async () => {
  const { token, session } = await open("ben");
  const asked = vi.spyOn(hub.world.database, "prepared");
  later(59_000);
  await who(token);
  expect(asked).not.toHaveBeenCalled();
  later(1_000);
  const used = now;
  await Promise.all([who(token), who(token)]);
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
  const lastUse = async () => (await hub.world.database.knex("sessions").where({ id: session }).first()).last_used_at;
  await expect.poll(lastUse).toEqual(used);
});

test("Ben sees his sessions and ends one, or all others, but nobody else's", async () => {
  await hub.world.database.knex("sessions").delete();
  const [here, there, third] = [await open("ben", "Here"), await open("ben", "There"), await open("ben", "Third")];
  const cleos = await open("cleo");
  const ctx = hub.ctx(people.ben, { session: here.session });
  expect((await listSessions(ctx)).map(({ browser, current }) => [browser, current])).toEqual([
    ["Third", false],
    ["There", false],
    ["Here", true],
  ]);
  await expect(endSession(ctx, cleos.session)).rejects.toMatchObject({ code: "not_found" });
  await expect(endSession(ctx, "not-an-id")).rejects.toMatchObject({ code: "not_found" });
  await endSession(ctx, there.session);
  await expect.poll(() => who(there.token)).toBeUndefined();
  expect(await endOtherSessions(ctx)).toBe(1);
  await expect.poll(() => who(third.token)).toBeUndefined();
  expect(await who(here.token)).toBeDefined();
  expect(await who(cleos.token)).toBeDefined();
  await endSession(ctx);
  await expect.poll(() => who(here.token)).toBeUndefined();
  await expect(endSession(ctx)).rejects.toMatchObject({ code: "not_found" });
});

test("another password needs the current one and ends the other sessions", async () => {
  const [here, there] = [await open("cleo"), await open("cleo")];
  const ctx = hub.ctx(people.cleo, { session: here.session });
  const next = "a barge on another river";
  await expect(changePassword(ctx, { current: "wrong wrong wrong", password: next })).rejects.toMatchObject({
    code: "invalid",
    issues: [{ path: "current" }],
  });
  await expect(changePassword(ctx, { current: PASSWORDS.cleo, password: "password1234" })).rejects.toMatchObject({
    issues: [{ path: "password" }],
  });
  await changePassword(ctx, { current: PASSWORDS.cleo, password: next });
  await expect.poll(() => who(there.token)).toBeUndefined();
  expect(await who(here.token)).toBeDefined();
  await expect(open("cleo")).rejects.toMatchObject({ code: "unauthenticated" });
  await changePassword(ctx, { current: next, password: PASSWORDS.cleo });
});

test("a stolen session can not try passwords without limit, and bots have none to change", async () => {
  const ctx = hub.ctx(people.cleo);
  const guess = () => changePassword(ctx, { current: "wrong wrong wrong", password: "a barge on another river" });
  for (let i = 0; i < 5; i++) await expect(guess()).rejects.toMatchObject({ code: "invalid" });
  await expect(guess()).rejects.toMatchObject({ code: "rate_limited" });
  const bot: BotActor = {
    type: "bot",
    id: people.cleo.id,
    name: "B",
    slug: "b",
    owner: { type: "organization", id: null },
    scopes: [],
  };
  await expect(changePassword(hub.ctx(bot), { current: "x", password: "y" })).rejects.toMatchObject({
    code: "forbidden",
  });
});

test("what a worker may do follows their teams, and ends with a new role or with deactivation", async () => {
  const { token } = await open("ben");
  const admin = hub.ctx(people.ada);
  await setMember(admin, people.support.id, { worker: people.ben.id, manager: false });
  const teams = async () => ((await who(token))?.actor as WorkerActor).teams;
  await expect.poll(teams).toEqual([{ id: people.support.id, manager: false }]);
  await changeWorker(admin, people.ben.id, { role: "admin" });
  await expect.poll(() => who(token)).toBeUndefined();
  const second = await open("ben");
  await changeWorker(admin, people.ben.id, { role: "worker" });
  await expect.poll(() => who(second.token)).toBeUndefined();
  const third = await open("ben");
  await deactivateWorker(admin, people.ben.id);
  await expect.poll(() => who(third.token)).toBeUndefined();
  await reactivateWorker(admin, people.ben.id);
  expect(await who(third.token)).toBeUndefined();
});

test("a session that was left behind opens nothing for a deactivated worker", async () => {
  const { token, session } = await open("cleo");
  const { knex } = hub.world.database;
  await knex("workers").where({ id: people.cleo.id }).update({ state: "deactivated" });
  hub.world.memory.drop("session", session);
  expect(await who(token)).toBeUndefined();
  await knex("workers").where({ id: people.cleo.id }).update({ state: "active" });
});
