import { afterEach, beforeEach, expect, test } from "vitest";
import { ANONYMOUS, SCOPES } from "../../src/access/actor.ts";
import { addWorker } from "../../src/people/add-worker.ts";
import { workerActor } from "../../src/people/browse.ts";
import { changeWorker } from "../../src/people/change-worker.ts";
import { deactivateWorker, reactivateWorker } from "../../src/people/deactivate.ts";
import { issueOwnToken, verifyToken } from "../../src/people/token.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let people: Cast;
beforeEach(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
});
afterEach(() => hub.close());

const NOBODY = "018f0000-0000-7000-8000-000000000000";
const lastFacts = async () => (await auditRows(hub.world)).at(-1).facts;

test("a worker changes their own name, an admin anybody's name and role", async () => {
  expect(await changeWorker(hub.ctx(people.ben), people.ben.id, { name: " Benjamin " })).toMatchObject({
    name: "Benjamin",
  });
  await expect(changeWorker(hub.ctx(people.ben), people.cleo.id, { name: "C" })).rejects.toMatchObject({
    code: "forbidden",
  });
  await expect(changeWorker(hub.ctx(people.ben), people.ben.id, { role: "admin" })).rejects.toMatchObject({
    code: "forbidden",
  });
  await expect(changeWorker(hub.ctx(ANONYMOUS), people.ben.id, { name: "B" })).rejects.toMatchObject({
    code: "forbidden",
  });
  expect(await changeWorker(hub.ctx(people.ada), people.ben.id, { role: "admin" })).toMatchObject({ role: "admin" });
  expect(await lastFacts()).toEqual({ worker: "ben@example.com", changes: ["role: worker → admin"] });
  await expect.poll(async () => (await workerActor(hub.world, people.ben.id, SCOPES))?.role).toBe("admin");
  await expect(changeWorker(hub.ctx(people.ada), NOBODY, { name: "N" })).rejects.toMatchObject({ code: "not_found" });
  await expect(changeWorker(hub.ctx(people.ada), "x", { name: "N" })).rejects.toMatchObject({ code: "not_found" });
  await expect(changeWorker(hub.ctx(people.ben), people.ben.id, { email: "x@y.z" } as never)).rejects.toMatchObject({
    name: "ZodError",
  });
});

test("the only admin can neither be demoted nor deactivated, nor do it to themselves", async () => {
  const admin = hub.ctx(people.ada);
  await expect(changeWorker(admin, people.ada.id, { role: "worker" })).rejects.toMatchObject({ code: "conflict" });
  await expect(deactivateWorker(admin, people.ada.id)).rejects.toMatchObject({ code: "conflict" });
  await expect(deactivateWorker(hub.ctx(), people.ada.id)).rejects.toMatchObject({ code: "conflict" });
  // Somebody who has not joined yet can not open the door again.
  await addWorker(admin, { email: "dora@example.com", name: "Dora", role: "admin" });
  await expect(changeWorker(admin, people.ada.id, { role: "worker" })).rejects.toMatchObject({ code: "conflict" });
});

test("two admins who demote or deactivate each other at once leave one of them", async () => {
  await changeWorker(hub.ctx(people.ada), people.ben.id, { role: "admin" });
  const ben = { ...people.ben, role: "admin" as const };
  const results = await Promise.allSettled([
    changeWorker(hub.ctx(people.ada), ben.id, { role: "worker" }),
    deactivateWorker(hub.ctx(ben), people.ada.id),
  ]);
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  expect(await hub.world.database.knex("workers").where({ role: "admin", state: "active" })).toHaveLength(1);
});

test("deactivating ends tokens and the actor at once, and is recorded with what it ended", async () => {
  const { token } = await issueOwnToken(hub.ctx(people.cleo), { name: "CLI" });
  expect(await verifyToken(hub.world, token)).toBeDefined();
  expect(await deactivateWorker(hub.ctx(people.ada), people.cleo.id)).toMatchObject({ state: "deactivated" });
  expect(await lastFacts()).toEqual({ worker: "cleo@example.com", sessions: 0, tokens: 1 });
  await expect.poll(() => verifyToken(hub.world, token)).toBeUndefined();
  await expect.poll(() => workerActor(hub.world, people.cleo.id, SCOPES)).toBeUndefined();
  await expect(issueOwnToken(hub.ctx(people.cleo), { name: "Late" })).rejects.toMatchObject({ code: "not_found" });
  await deactivateWorker(hub.ctx(people.ada), people.cleo.id);
  expect(await reactivateWorker(hub.ctx(people.ada), people.cleo.id)).toMatchObject({ state: "active" });
  expect(await verifyToken(hub.world, token)).toBeUndefined();
});

test("only admins deactivate and reactivate, and whoever never joined is invited again afterwards", async () => {
  for (const verb of [deactivateWorker, reactivateWorker]) {
    await expect(verb(hub.ctx(people.ben), people.cleo.id)).rejects.toMatchObject({ code: "forbidden" });
    await expect(verb(hub.ctx(people.ada), NOBODY)).rejects.toMatchObject({ code: "not_found" });
  }
  const dora = await addWorker(hub.ctx(), { email: "dora@example.com", name: "Dora", role: "worker" });
  expect(dora.state).toBe("invited");
  await deactivateWorker(hub.ctx(people.ada), dora.id);
  expect(await reactivateWorker(hub.ctx(people.ada), dora.id)).toMatchObject({ state: "invited" });
});

test("the operator adds workers, but no email twice and no weak password", async () => {
  const given = { email: "Dora@Example.com", name: "Dora", role: "worker" as const };
  await expect(addWorker(hub.ctx(), { ...given, password: "dora" })).rejects.toMatchObject({
    issues: [{ path: "password" }],
  });
  const results = await Promise.allSettled([addWorker(hub.ctx(), given), addWorker(hub.ctx(), given)]);
  expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  await expect(addWorker(hub.ctx(), given)).rejects.toMatchObject({ code: "conflict", issues: [{ path: "email" }] });
  await expect(addWorker(hub.ctx(people.ben), given)).rejects.toMatchObject({ code: "forbidden" });
});
