import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ANONYMOUS, SCOPES, type BotActor } from "../../src/access/actor.ts";
import { addWorker } from "../../src/people/add-worker.ts";
import {
  getTeam,
  getWorker,
  grantees,
  holdOwner,
  listTeams,
  listWorkers,
  ownerChoices,
  ownerKey,
  ownerNames,
  workerActor,
} from "../../src/people/browse.ts";
import { createTeam } from "../../src/people/create-team.ts";
import { deactivateWorker } from "../../src/people/deactivate.ts";
import { newId } from "../../src/storage/id.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let people: Cast;
let ghost: string;
beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
  for (const name of ["100% Percy", "İpek", "ada the second"]) {
    await addWorker(hub.ctx(), { email: `${newId()}@example.org`, name, role: "worker" });
  }
  ghost = (await addWorker(hub.ctx(), { email: "ghost@example.org", name: "Ghost", role: "worker" })).id;
  await deactivateWorker(hub.ctx(), ghost);
  await createTeam(hub.ctx(), { name: "Sales" });
});
afterAll(() => hub.close());

const NOBODY = "018f0000-0000-7000-8000-000000000000";
const bot: BotActor = {
  type: "bot",
  id: NOBODY,
  name: "B",
  slug: "b",
  owner: { type: "organization", id: null },
  scopes: SCOPES,
};
const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("workers", () => {
  test("see everybody's name, but only their own email and only admins all of them", async () => {
    const { items } = await listWorkers(hub.ctx(people.ben));
    expect(items.filter((item) => item.email !== null).map((item) => item.name)).toEqual(["Ben Worker"]);
    expect(items.map((item) => item.name)).toContain("Cleo Worker");
    const all = await listWorkers(hub.ctx(people.ada));
    expect(all.items.every((item) => item.email !== null)).toBe(true);
    expect(await getWorker(hub.ctx(people.cleo), people.ben.id)).toMatchObject({
      name: "Ben Worker",
      email: null,
      teams: [{ id: people.support.id, name: "Support", manager: true }],
    });
  });

  test("do not find out emails by searching for them", async () => {
    expect((await listWorkers(hub.ctx(people.ben), { q: "cleo@" })).items).toEqual([]);
    expect((await listWorkers(hub.ctx(people.ada), { q: "cleo@" })).items).toHaveLength(1);
  });

  test("are paged by name without gaps or repeats, whatever letters they begin with", async () => {
    const names: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await listWorkers(hub.ctx(people.ben), { limit: 1, cursor });
      names.push(...page.items.map((item) => item.name));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    const { items } = await listWorkers(hub.ctx(people.ben));
    expect(names).toEqual(items.map((item) => item.name));
    expect(new Set(names).size).toBe(7);
  });

  test("are searched literally, and by state", async () => {
    const names = async (q: string) => (await listWorkers(hub.ctx(people.ben), { q })).items.map((item) => item.name);
    expect(await names("%")).toEqual(["100% Percy"]);
    expect(await names("_")).toEqual([]);
    expect(await names("ADA")).toEqual(["Ada Admin", "ada the second"]);
    const { items } = await listWorkers(hub.ctx(people.ben), { state: "deactivated" });
    expect(items.map((item) => item.name)).toEqual(["Ghost"]);
  });

  test.each([
    [{ limit: 0 }],
    [{ limit: 201 }],
    [{ state: "dead" }],
    [{ q: "\0" }],
    [{ role: "admin" }],
    [{ cursor: made(["a", "b"]) }],
    [{ cursor: made(["\0", NOBODY]) }],
    [{ cursor: made([NOBODY]) }],
  ])("are not listed with %j", async (given) => {
    await expect(listWorkers(hub.ctx(people.ben), given as never)).rejects.toMatchObject({
      issues: [expect.anything()],
    });
  });

  test("are nobody's business but workers'", async () => {
    for (const actor of [bot, ANONYMOUS]) {
      await expect(listWorkers(hub.ctx(actor))).rejects.toMatchObject({ code: "forbidden" });
      await expect(getWorker(hub.ctx(actor), people.ben.id)).rejects.toMatchObject({ code: "forbidden" });
      await expect(listTeams(hub.ctx(actor))).rejects.toMatchObject({ code: "forbidden" });
      await expect(getTeam(hub.ctx(actor), people.support.id)).rejects.toMatchObject({ code: "forbidden" });
      await expect(grantees(hub.ctx(actor))).rejects.toMatchObject({ code: "forbidden" });
    }
    for (const id of [NOBODY, "x", "'"]) {
      await expect(getWorker(hub.ctx(people.ada), id)).rejects.toMatchObject({ code: "not_found" });
      await expect(getTeam(hub.ctx(people.ada), id)).rejects.toMatchObject({ code: "not_found" });
    }
  });
});

test("teams tell how many they are, whether the actor is in them and may manage them", async () => {
  const { items } = await listTeams(hub.ctx(people.ben));
  expect(items).toMatchObject([
    { name: "Sales", members: 0, mine: false },
    { name: "Support", members: 1, mine: true },
  ]);
  expect((await listTeams(hub.ctx(people.ben), { q: "sup" })).items).toHaveLength(1);
  const members = [{ worker: { id: people.ben.id, name: "Ben Worker", state: "active" }, manager: true }];
  expect(await getTeam(hub.ctx(people.ben), people.support.id)).toMatchObject({ members, manageable: true });
  expect(await getTeam(hub.ctx(people.cleo), people.support.id)).toMatchObject({ manageable: false });
  expect(await getTeam(hub.ctx(people.ada), people.support.id)).toMatchObject({ manageable: true });
});

test("one shares with workers and teams, but not with the deactivated", async () => {
  const names = async (q?: string) =>
    (await grantees(hub.ctx(people.cleo), q)).map((grantee) => `${grantee.type} ${grantee.name}`);
  expect(await names("o")).toEqual([
    "worker ada the second",
    "worker Ben Worker",
    "worker Cleo Worker",
    "team Support",
  ]);
  expect(await names()).not.toContain("worker Ghost");
});

test("owner menus offer oneself, the teams one manages, and the organization to admins", async () => {
  const labels = async (actor: Parameters<typeof hub.ctx>[0]) =>
    (await ownerChoices(hub.ctx(actor))).map((choice) => choice.label);
  expect(await labels(people.ben)).toEqual(["Me (private)", "Support"]);
  expect(await labels(people.cleo)).toEqual(["Me (private)"]);
  expect(await labels(people.ada)).toEqual(["Me (private)", "Organization"]);
  expect(await labels(ANONYMOUS)).toEqual([]);
});

test("owners are named in one query", async () => {
  const owners = [
    { type: "organization" as const, id: null },
    { type: "team" as const, id: people.support.id },
    { type: "worker" as const, id: people.ben.id },
    { type: "worker" as const, id: ghost },
    { type: "worker" as const, id: NOBODY },
  ];
  const ctx = hub.ctx(people.ada);
  const asked = vi.spyOn(ctx.db, "raw");
  const names = await ownerNames(ctx, owners);
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
  expect(owners.map((owner) => names.get(ownerKey(owner)))).toEqual([
    "Organization",
    "Support",
    "Ben Worker",
    "Ghost",
    undefined,
  ]);
});

test("an owner that is gone or deactivated takes nothing new", async () => {
  const ctx = hub.ctx(people.ada);
  await holdOwner(ctx, { type: "worker", id: people.ben.id });
  await holdOwner(ctx, { type: "organization", id: null });
  for (const owner of [
    { type: "worker", id: ghost },
    { type: "team", id: NOBODY },
    { type: "team", id: "x" },
  ] as const) {
    await expect(holdOwner(ctx, owner)).rejects.toMatchObject({ code: "not_found" });
  }
});

test("an actor is remembered, each with its scopes, and nobody acts who is deactivated or unknown", async () => {
  expect(await workerActor(hub.world, people.ben.id, ["read"])).toEqual({ ...people.ben, scopes: ["read"] });
  const asked = vi.spyOn(hub.world.database, "prepared");
  expect(await workerActor(hub.world, people.ben.id, ["read"])).toMatchObject({ scopes: ["read"] });
  expect(asked).not.toHaveBeenCalled();
  expect(await workerActor(hub.world, people.ben.id, ["read", "execute"])).toMatchObject({
    scopes: ["read", "execute"],
  });
  asked.mockRestore();
  for (const id of [ghost, NOBODY, "x"]) expect(await workerActor(hub.world, id, SCOPES)).toBeUndefined();
});
