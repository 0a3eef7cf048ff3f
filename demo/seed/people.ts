import { SCOPES, SYSTEM, type WorkerActor } from "../../src/access/actor.ts";
import { contextFor } from "../../src/compose.ts";
import type { Context, World } from "../../src/context.ts";
import { addWorker } from "../../src/people/add-worker.ts";
import { listTeams, listWorkers, workerActor } from "../../src/people/browse.ts";
import { createTeam } from "../../src/people/create-team.ts";
import { setMember } from "../../src/people/set-member.ts";

const CAST = [
  { email: "ada@example.com", name: "Ada Marsh", role: "admin" },
  { email: "ben@example.com", name: "Ben Torres", role: "worker" },
  { email: "cleo@example.com", name: "Cleo Duval", role: "worker" },
] as const;

/** Who works with the demo's Signet. */
export interface People {
  /** The admin, who is in Support too. */
  ada: WorkerActor;
  /** Manages Support. */
  ben: WorkerActor;
  support: string;
}

/** The admin, two workers and the team Support; adds what is missing and changes nothing. */
export async function seedPeople(world: World, password: string): Promise<People> {
  const ctx = contextFor(world, SYSTEM);
  const [ada, ben, cleo] = [
    await worker(ctx, 0, password),
    await worker(ctx, 1, password),
    await worker(ctx, 2, password),
  ];
  const known = (await listTeams(ctx, { q: "Support" })).items.find((team) => team.name === "Support");
  const support = known?.id ?? (await createTeam(ctx, { name: "Support" })).id;
  if (!known) {
    await setMember(ctx, support, { worker: ben, manager: true });
    for (const member of [ada, cleo]) await setMember(ctx, support, { worker: member, manager: false });
  }
  const actor = async (id: string) => {
    const found = await workerActor(world, id, SCOPES);
    if (!found) throw new Error("Somebody of the demo's cast was deactivated.");
    return found;
  };
  return { ada: await actor(ada), ben: await actor(ben), support };
}

async function worker(ctx: Context, at: number, password: string): Promise<string> {
  const person = CAST[at]!;
  const known = (await listWorkers(ctx, { q: person.email })).items.find((one) => one.email === person.email);
  return known?.id ?? (await addWorker(ctx, { ...person, password })).id;
}
