import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SCOPES, SYSTEM, type Actor, type WorkerActor } from "../../src/access/actor.ts";
import { unfold } from "../../src/audit/unfold.ts";
import { compose, contextFor, type Composed } from "../../src/compose.ts";
import type { Context, Log, World } from "../../src/context.ts";
import { addWorker } from "../../src/people/add-worker.ts";
import { workerActor } from "../../src/people/browse.ts";
import { hashPassword } from "../../src/people/password.ts";
import { createTeam } from "../../src/people/create-team.ts";
import { setMember } from "../../src/people/set-member.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { newDatabase, temporaryFolder } from "./postgres.ts";

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface TestWorld {
  world: World;
  /** The same database seen by another process. */
  databaseUrl: string;
  ctx(actor?: Actor, more?: { session?: string | null }): Context;
  close(): Promise<void>;
}

/** One whose database other processes serve, too. */
export interface SharedWorld extends TestWorld {
  /** Another process on the same database; it ends with this one. */
  another(): Promise<World>;
}

export interface WorldOptions {
  outboundAllow?: string[];
  publicUrl?: string;
  clock?: () => Date;
  log?: Log;
}

/** A migrated database of its own with everything composed on it; `close` leaves nothing behind. */
export async function newWorld(options: WorldOptions = {}): Promise<SharedWorld> {
  const database = await newDatabase("migrated", prepare);
  const folder = await temporaryFolder();
  const parts = {
    databaseUrl: database.url,
    dataDir: join(folder, "data"),
    keys: undefined,
    outboundAllow: options.outboundAllow ?? [],
    publicUrl: options.publicUrl ?? "https://signet.example.com",
    log: options.log ?? SILENT,
    ...(options.clock && { clock: options.clock }),
  };
  const { world, close } = await compose(parts);
  const others: Composed[] = [];
  return {
    world,
    databaseUrl: database.url,
    another: async () => {
      others.push(await compose(parts));
      return others.at(-1)!.world;
    },
    ctx: (actor = SYSTEM, more = {}) => contextFor(world, actor, more),
    close: async () => {
      for (const other of others) await other.close();
      await close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function prepare(url: string): Promise<void> {
  const database = openDatabase(url);
  await migrate(database);
  await database.close();
}

export const PASSWORDS = {
  ada: "analytical engine no. 1",
  ben: "bicycles and bananas",
  cleo: "nile barge at sunset",
};

export interface Cast {
  /** An admin. */
  ada: WorkerActor;
  /** Manages the team Support. */
  ben: WorkerActor;
  /** Is in no team. */
  cleo: WorkerActor;
  support: { id: string; name: string };
}

const hashes = new Map<string, Promise<string>>();

/** Hashing is slow on purpose, and these few passwords are always the same. */
function hashed(password: string): Promise<string> {
  const known = hashes.get(password) ?? hashPassword(password);
  hashes.set(password, known);
  return known;
}

/** The small cast of people that the tests tell their stories about. All have joined and have a password. */
export async function cast(world: World): Promise<Cast> {
  const ctx = contextFor(world, SYSTEM);
  const add = async (name: string, role: "admin" | "worker", password: string) => {
    const added = await addWorker(ctx, { email: `${name.split(" ")[0]!.toLowerCase()}@example.com`, name, role });
    const password_hash = await hashed(password);
    await ctx.db("workers").where({ id: added.id }).update({ state: "active", password_hash });
    return added;
  };
  const ada = await add("Ada Admin", "admin", PASSWORDS.ada);
  const ben = await add("Ben Worker", "worker", PASSWORDS.ben);
  const cleo = await add("Cleo Worker", "worker", PASSWORDS.cleo);
  const support = await createTeam(ctx, { name: "Support" });
  await setMember(ctx, support.id, { worker: ben.id, manager: true });
  const actor = async (id: string) => (await workerActor(world, id, SCOPES))!;
  return { ada: await actor(ada.id), ben: await actor(ben.id), cleo: await actor(cleo.id), support };
}

/** All that the audit holds, oldest first, as a look from outside finds it. */
export async function auditRows(world: World) {
  await unfold(world.database.knex);
  return world.database.knex("audit_events").orderBy("seq");
}
