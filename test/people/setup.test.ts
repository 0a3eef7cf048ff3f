import { afterEach, beforeEach, expect, test } from "vitest";
import { ANONYMOUS } from "../../src/access/actor.ts";
import { addWorker } from "../../src/people/add-worker.ts";
import { openInvitation } from "../../src/people/invitation.ts";
import { join } from "../../src/people/join.ts";
import { finishSetup, setupToken } from "../../src/people/setup.ts";
import { auditRows, newWorld, PASSWORDS, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
beforeEach(async () => {
  hub = await newWorld();
});
afterEach(() => hub.close());

const stranger = () => hub.ctx(ANONYMOUS);
const finish = (token: string, email = "ada@example.com") =>
  finishSetup(stranger(), { token, name: "Ada", email, password: PASSWORDS.ada });
const gone = { code: "not_found" };

test("the printed token makes the first admin, once, and then there is no other", async () => {
  const token = (await setupToken(hub.world))!;
  expect(await openInvitation(stranger(), token)).toEqual({ purpose: "setup" });
  expect(await finish(token)).toMatchObject({ email: "ada@example.com", role: "admin", state: "active" });
  await expect(finish(token, "eve@example.com")).rejects.toMatchObject(gone);
  expect(await setupToken(hub.world)).toBeUndefined();
  const event = (await auditRows(hub.world)).find(({ action }) => action === "setup.finished");
  expect(event).toMatchObject({ actor_name: "Ada", facts: { email: "ada@example.com" } });
});

test("of many who finish the setup at the same moment one becomes admin", async () => {
  const token = (await setupToken(hub.world))!;
  const results = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => finish(token, `admin${i}@example.com`)));
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(gone);
  expect(await hub.world.database.knex("workers")).toHaveLength(1);
});

test("each start prints a new token and the earlier ones are void", async () => {
  const [first, second] = [(await setupToken(hub.world))!, (await setupToken(hub.world))!];
  await expect(finish(first)).rejects.toMatchObject(gone);
  await Promise.all([setupToken(hub.world), setupToken(hub.world), setupToken(hub.world)]);
  expect(await hub.world.database.knex("invitations")).toHaveLength(1);
  await expect(finish(second)).rejects.toMatchObject(gone);
});

test("a stranger without the token gets nothing", async () => {
  await setupToken(hub.world);
  await expect(finish("")).rejects.toMatchObject(gone);
  await expect(finish("A".repeat(43))).rejects.toMatchObject(gone);
});

test("a printed token is void once the operator has added an admin", async () => {
  const token = (await setupToken(hub.world))!;
  await addWorker(hub.ctx(), { email: "bo@example.com", name: "Bo", role: "admin", password: "a kite over the dunes" });
  await expect(openInvitation(stranger(), token)).rejects.toMatchObject(gone);
  await expect(finish(token)).rejects.toMatchObject(gone);
});

test("somebody who was added without a password may become the first admin, an active worker not", async () => {
  const added = await addWorker(hub.ctx(), { email: "ada@example.com", name: "A", role: "worker" });
  await addWorker(hub.ctx(), {
    email: "bo@example.com",
    name: "Bo",
    role: "worker",
    password: "a kite over the dunes",
  });
  const token = (await setupToken(hub.world))!;
  await expect(finish(token, "bo@example.com")).rejects.toMatchObject({
    code: "conflict",
    issues: [{ path: "email" }],
  });
  expect(await finish(token, "ADA@example.com ")).toMatchObject({
    id: added.id,
    name: "Ada",
    role: "admin",
    state: "active",
  });
});

test("a setup token is no invitation to join, and a weak password does not use it up", async () => {
  const token = (await setupToken(hub.world))!;
  await expect(join(stranger(), { token, name: "Eve", password: "a kite over the dunes" })).rejects.toMatchObject(gone);
  const weak = { token, name: "Ada", email: "ada@example.com", password: "ada@example.com" };
  await expect(finishSetup(stranger(), weak)).rejects.toMatchObject({
    code: "invalid",
    issues: [{ path: "password" }],
  });
  await expect(finish(token)).resolves.toBeDefined();
});
