import { compose, systemContext } from "../compose.ts";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";
import { openDatabase } from "../storage/database.ts";
import { findHome } from "../storage/home.ts";
import { migrate } from "../storage/migrate.ts";

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Runs `work` as Signet itself, beside a running server or alone: then the embedded database starts and stops with it. */
export async function withWorld<T>(config: Config, work: (ctx: Context) => Promise<T>): Promise<T> {
  const home = await findHome(config);
  try {
    const database = openDatabase(home.databaseUrl, { max: 2 });
    await migrate(database).finally(() => database.close());
    const { world, close } = await compose({ ...config, databaseUrl: home.databaseUrl, log: quiet });
    try {
      return await work(systemContext(world));
    } finally {
      await close();
    }
  } finally {
    await home.leave();
  }
}
