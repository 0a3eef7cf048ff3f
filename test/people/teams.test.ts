import { afterAll, beforeAll, expect, test } from "vitest";
import { ANONYMOUS, SCOPES, type BotActor, type WorkerActor } from "../../src/access/actor.ts";
import { getTeam, workerActor } from "../../src/people/browse.ts";
import { createTeam } from "../../src/people/create-team.ts";
import { deactivateWorker, reactivateWorker } from "../../src/people/deactivate.ts";
import { deleteTeam } from "../../src/people/delete-team.ts";
import { removeMember } from "../../src/people/remove-member.ts";
import { renameTeam } from "../../src/people/rename-team.ts";
import { setMember } from "../../src/people/set-member.ts";
import { newId } from "../../src/storage/id.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let people: Cast;
beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
});
afterAll(() => hub.close());

const NOBODY = "018f0000-0000-7000-8000-000000000000";
const admin = () => hub.ctx(people.ada);
const teamsOf = async (id: string) => (await workerActor(hub.world, id, SCOPES))?.teams;

/** What is answered without asking the database. */
async function remembered(id: string) {
  await teamsOf(id);
  return hub.world.memory.shelf<WorkerActor>("workers").get(`${id} ${SCOPES.join()}`)?.teams;
}

test("admins make and rename teams, and no name is used twice whatever its case", async () => {
  const sales = await createTeam(admin(), { name: " Sales " });
  expect(sales.name).toBe("Sales");
  const taken = { code: "conflict", issues: [{ path: "name" }] };
  await expect(createTeam(admin(), { name: "SALES" })).rejects.toMatchObject(taken);
  await expect(renameTeam(admin(), sales.id, { name: "support" })).rejects.toMatchObject(taken);
  expect(await renameTeam(admin(), sales.id, { name: "sales" })).toMatchObject({ id: sales.id, name: "sales" });
  await expect(createTeam(admin(), { name: "" })).rejects.toMatchObject({ issues: [{ path: ["name"] }] });
  await expect(renameTeam(admin(), NOBODY, { name: "X" })).rejects.toMatchObject({ code: "not_found" });
});

test("workers and bots make, rename and delete no teams, managers neither", async () => {
  const bot: BotActor = {
    type: "bot",
    id: newId(),
    name: "B",
    slug: "b",
    owner: { type: "organization", id: null },
    scopes: SCOPES,
  };
  for (const actor of [people.ben, bot, ANONYMOUS]) {
    await expect(createTeam(hub.ctx(actor), { name: "Mine" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(renameTeam(hub.ctx(actor), people.support.id, { name: "Mine" })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(deleteTeam(hub.ctx(actor), people.support.id)).rejects.toMatchObject({ code: "forbidden" });
  }
  await expect(setMember(hub.ctx(bot), people.support.id, { worker: people.cleo.id })).rejects.toMatchObject({
    code: "forbidden",
  });
});

test("a manager changes the members of their own team only, a member of none", async () => {
  const other = await createTeam(admin(), { name: "Other" });
  const ben = hub.ctx(people.ben);
  await setMember(ben, people.support.id, { worker: people.cleo.id });
  await expect.poll(() => teamsOf(people.cleo.id)).toEqual([{ id: people.support.id, manager: false }]);
  await expect(setMember(ben, other.id, { worker: people.ben.id, manager: true })).rejects.toMatchObject({
    code: "forbidden",
  });
  await expect(removeMember(ben, other.id, people.cleo.id)).rejects.toMatchObject({ code: "forbidden" });
  const cleo = hub.ctx((await workerActor(hub.world, people.cleo.id, SCOPES))!);
  await expect(setMember(cleo, people.support.id, { worker: people.cleo.id, manager: true })).rejects.toMatchObject({
    code: "forbidden",
  });
  await setMember(ben, people.support.id, { worker: people.cleo.id, manager: true });
  await expect.poll(() => teamsOf(people.cleo.id)).toEqual([{ id: people.support.id, manager: true }]);
  expect((await getTeam(ben, people.support.id)).members).toHaveLength(2);
  await removeMember(ben, people.support.id, people.cleo.id);
  await expect.poll(() => teamsOf(people.cleo.id)).toEqual([]);
  await expect(removeMember(ben, people.support.id, people.cleo.id)).rejects.toMatchObject({ code: "not_found" });
  await expect(removeMember(ben, people.support.id, "x")).rejects.toMatchObject({ code: "not_found" });
});

test("nobody unknown or deactivated joins a team, and no unknown team is joined", async () => {
  const wrong = { code: "invalid", issues: [{ path: "worker" }] };
  await expect(setMember(admin(), people.support.id, { worker: NOBODY })).rejects.toMatchObject(wrong);
  await deactivateWorker(admin(), people.cleo.id);
  await expect(setMember(admin(), people.support.id, { worker: people.cleo.id })).rejects.toMatchObject(wrong);
  await reactivateWorker(admin(), people.cleo.id);
  for (const id of [NOBODY, "x"]) {
    await expect(setMember(admin(), id, { worker: people.cleo.id })).rejects.toMatchObject({ code: "not_found" });
  }
});

test("a team that owns something is not deleted, one that owns nothing leaves no member and no share behind", async () => {
  const { knex } = hub.world.database;
  const team = await createTeam(admin(), { name: "Field" });
  await setMember(admin(), team.id, { worker: people.cleo.id, manager: true });
  await expect.poll(() => remembered(people.cleo.id)).toHaveLength(1);
  const owner = { owner_type: "team", owner_id: team.id };
  await knex("bots").insert([1, 2].map((n) => ({ id: newId(), uid: newId(), slug: `b${n}`, name: `B${n}`, ...owner })));
  await expect(deleteTeam(admin(), team.id)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("2 bots belong to Field"),
  });
  await knex("bots").where(owner).delete();
  await deleteTeam(admin(), team.id);
  await expect.poll(() => teamsOf(people.cleo.id)).toEqual([]);
  await expect(deleteTeam(admin(), team.id)).rejects.toMatchObject({ code: "not_found" });
});
