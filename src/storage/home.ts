import { mkdir } from "node:fs/promises";
import { openDatabase } from "./database.ts";
import { startEmbedded } from "./embedded.ts";

/** Where the data is: the team's own PostgreSQL, or the embedded one in the data folder. */
export interface Home {
  databaseUrl: string;
  /** True when this process is the only Signet on the data folder, or the database is shared by design. */
  owned: boolean;
  /** Lets go; the embedded server is shut down only by the process that owns the data. */
  leave(): Promise<void>;
}

/**
 * Finds or starts the database. On the embedded one the first to come holds a lock for as long as it lives; whoever
 * comes second gets `owned: false` and must not shut the server down. Throws one sentence when there is no database.
 */
export async function findHome(config: { databaseUrl: string | undefined; dataDir: string }): Promise<Home> {
  // PostgreSQL's user, which is not ours when we are root, must be able to pass through.
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  if (config.databaseUrl !== undefined)
    return { databaseUrl: config.databaseUrl, owned: true, leave: async () => undefined };
  const embedded = await startEmbedded({ dataDir: config.dataDir });
  const database = openDatabase(embedded.connectionString, { max: 1 });
  const lock = await database.connect();
  const { rows } = await lock.query<{ mine: boolean }>("select pg_try_advisory_lock(hashtext('signet:data')) as mine");
  const owned = rows[0]!.mine;
  return {
    databaseUrl: embedded.connectionString,
    owned,
    leave: async () => {
      await lock.end().catch(() => undefined);
      await database.close();
      if (owned) await embedded.stop();
    },
  };
}
