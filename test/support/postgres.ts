import { randomBytes } from "node:crypto";
import { statfsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../../src/storage/embedded.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A connection string whose role may create databases. */
    postgres: string;
    /** What the names of this suite run's databases begin with. */
    postgresPrefix: string;
  }
}

/** A database of one test file. */
export interface TestDatabase {
  url: string;
  /** Removes the database, and whoever is still connected to it. */
  drop(): Promise<void>;
}

/**
 * A throwaway server may lose everything in a crash, so it never waits for the disk. Nothing lives there long enough to
 * need a vacuum, whose workers would be in the way of a `DROP DATABASE`. Its log is kept short, because it may lie in memory.
 */
const THROWAWAY = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum: "off",
  max_wal_size: "64MB",
  max_connections: "300",
};

let cleanUp: () => Promise<void> = () => Promise.resolve();

/** Vitest's global setup: one throwaway server for the whole run, or the one that `TEST_DATABASE_URL` names. */
export async function setup(project: TestProject): Promise<void> {
  const prefix = `signet_test_${randomBytes(4).toString("hex")}_`;
  const given = process.env["TEST_DATABASE_URL"];
  const url = given || (await startThrowaway());
  if (given) cleanUp = () => dropAll(url, prefix);
  project.provide("postgres", url);
  project.provide("postgresPrefix", prefix);
}

/** Vitest's global teardown: leaves no process, no folder and no database behind. */
export async function teardown(): Promise<void> {
  await cleanUp();
}

/**
 * A temporary folder that PostgreSQL's user can enter when the tests run as root; in memory where there is plenty, because
 * the some hundred files of each database are much work for a file system, most of all to remove.
 */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(roomy("/dev/shm") ? "/dev/shm" : tmpdir(), "signet-test-"));
  await chmod(folder, 0o711);
  return folder;
}

const PLENTY = 2 * 1024 ** 3;

function roomy(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return Math.min(bavail * bsize, freemem()) > PLENTY;
  } catch {
    return false;
  }
}

async function startThrowaway(): Promise<string> {
  const folder = await temporaryFolder();
  const server = await startEmbedded({ dataDir: join(folder, "data"), settings: THROWAWAY });
  cleanUp = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return server.connectionString;
}

/**
 * A database for one test file, empty or a copy of a template.
 * @param template the template's name in this suite run.
 * @param prepare fills the template, such as with the migrations; called once per suite run, whichever worker comes first.
 * It has to close its connections.
 */
export async function newDatabase(
  template?: string,
  prepare: (url: string) => Promise<void> = () => Promise.resolve(),
): Promise<TestDatabase> {
  const { inject } = await import("vitest");
  const [admin, prefix] = [inject("postgres"), inject("postgresPrefix")];
  const name = prefix + randomBytes(6).toString("hex");
  await asAdmin(admin, async (client) => {
    const source = template === undefined ? "template1" : `${prefix}template_${template}`;
    if (template !== undefined) await ensureTemplate(client, admin, source, prepare);
    await client.query(`CREATE DATABASE ${quoted(name)} TEMPLATE ${quoted(source)}`);
  });
  return { url: urlOf(admin, name), drop: () => asAdmin(admin, (client) => dropDatabase(client, name)) };
}

const DROP_ATTEMPTS = 40;

/**
 * A role that is no superuser may not end an autovacuum worker, which runs as one; PostgreSQL then refuses the whole
 * `DROP` with 42501. Such a worker is gone in a moment on a small database, so this asks again.
 */
async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === "42501") || attempt === DROP_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Under a lock, and under another name until it is complete: no worker ever sees half a template. */
async function ensureTemplate(
  client: pg.Client,
  admin: string,
  name: string,
  prepare: (url: string) => Promise<void>,
): Promise<void> {
  await client.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [name]);
  try {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (rowCount) return;
    const draft = `${name}_draft`;
    await dropDatabase(client, draft);
    await client.query(`CREATE DATABASE ${quoted(draft)}`);
    await prepare(urlOf(admin, draft));
    await client.query(`ALTER DATABASE ${quoted(draft)} RENAME TO ${quoted(name)}`);
  } finally {
    await client.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", [name]);
  }
}

async function dropAll(url: string, prefix: string): Promise<void> {
  await asAdmin(url, async (client) => {
    const found = await client.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
      [prefix],
    );
    for (const { datname } of found.rows) await dropDatabase(client, datname);
  });
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(admin: string, database: string): string {
  const url = new URL(admin);
  url.pathname = `/${database}`;
  return url.href;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
