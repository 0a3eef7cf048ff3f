import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Database, Knex } from "./database.ts";
import { installQueue } from "./queue.ts";

const FOLDER = join(import.meta.dirname, "../../migrations");

/** One step forward; there is no way back but a backup. */
interface Migration {
  up(db: Knex): Promise<void>;
}

/**
 * Brings the schema up to date; safe to call from several processes at once (knex holds a lock row, and an
 * advisory lock orders the first start). Returns the names of the steps taken.
 */
export async function migrate(db: Database): Promise<string[]> {
  const lock = await db.connect();
  try {
    await lock.query("select pg_advisory_lock(hashtext('signet:migrate'))");
    const [, taken] = (await db.knex.migrate.latest({ migrationSource })) as [number, string[]];
    await installQueue(db);
    return taken;
  } finally {
    await lock.end();
  }
}

/** Names of migrations that this version has and the database lacks. */
export async function pendingMigrations(db: Database): Promise<string[]> {
  const [, pending] = (await db.knex.migrate.list({ migrationSource })) as [unknown, string[]];
  return pending;
}

const migrationSource = {
  getMigrations: async () => (await readdir(FOLDER)).filter((name) => name.endsWith(".ts")).sort(),
  getMigrationName: (name: string) => name,
  getMigration: async (name: string) => {
    const step = (await import(pathToFileURL(join(FOLDER, name)).href)) as Migration;
    return { up: (db: Knex) => step.up(db), down: async () => undefined };
  },
};
