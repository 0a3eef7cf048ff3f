import type { Context } from "../context.ts";
import type { KeyInUse } from "../vault/vault.ts";

/** What an admin is told of the installation; where data and keys are kept is left out. */
export interface About {
  database: string;
  keys: KeyInUse[];
}

/** The database's version, and the keys that stored secrets are sealed with. */
export async function aboutHub({ database, vault, db }: Context): Promise<About> {
  const [version] = await database.prepared<{ server_version: string }>("about", "show server_version", []);
  return { database: `PostgreSQL ${version!.server_version}`, keys: await vault.keysInUse(db) };
}
