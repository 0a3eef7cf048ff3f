import { mkdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { isConnectionFailure, openDatabase } from "./database.ts";
import { startEmbedded } from "./embedded.ts";

/** Where the data is: the team's own PostgreSQL, or the embedded one in the data folder. */
export interface Home {
  databaseUrl: string;
  /** False when another Signet serves the data of this folder already; the team's own database may be served by many. */
  free: boolean;
  /** Lets go; of those who use the embedded server, whoever is last shuts it down. */
  leave(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/**
 * Finds or starts the database; with `serving`, as the one Signet that serves the embedded one. A server and any number
 * of tasks may come and go at once. Throws one sentence when there is no database.
 */
export async function findHome(
  config: { databaseUrl: string | undefined; dataDir: string },
  serving = false,
): Promise<Home> {
  // PostgreSQL's user, which is not ours when we are root, must be able to pass through.
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  if (config.databaseUrl !== undefined) {
    return { databaseUrl: config.databaseUrl, free: true, leave: async () => undefined };
  }
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    try {
      return await enter(config.dataDir, serving);
    } catch (error) {
      // Whoever was last shuts the server down at this moment; then it is started anew.
      if (!isConnectionFailure(error) || Date.now() > end) throw error;
    }
  }
}

async function enter(dataDir: string, serving: boolean): Promise<Home> {
  const embedded = await startEmbedded({ dataDir });
  const database = openDatabase(embedded.connectionString, { max: 1 });
  const connection = await database.connect();
  await connection.query("select pg_advisory_lock_shared(hashtext('signet:users'))");
  const free = !serving || (await tryLock(connection, "signet:serving"));
  return {
    databaseUrl: embedded.connectionString,
    free,
    leave: async () => {
      await connection.query("select pg_advisory_unlock_shared(hashtext('signet:users'))").catch(() => undefined);
      // Held until the server is down, so that a newcomer waits here instead of losing it under its feet.
      const last = await tryLock(connection, "signet:users").catch(() => true);
      if (last) await embedded.stop();
      await Promise.all([connection.end().catch(() => undefined), database.close()]);
    },
  };
}

async function tryLock(connection: pg.Client, name: string): Promise<boolean> {
  const { rows } = await connection.query<{ mine: boolean }>("select pg_try_advisory_lock(hashtext($1)) as mine", [
    name,
  ]);
  return rows[0]!.mine;
}
