import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { tidyLinks } from "./accounts/link-save.ts";
import { flushUsage } from "./accounts/usage.ts";
import { compose, systemContext } from "./compose.ts";
import { ConfigError, type Config } from "./config.ts";
import type { World } from "./context.ts";
import { buildServer, describe } from "./http/server.ts";
import { tidyNotices } from "./notices/tidy.ts";
import { setupToken } from "./people/setup.ts";
import { sweepPeople } from "./people/sweep.ts";
import { flushTokenUsage } from "./people/token.ts";
import { runRuns } from "./runs/serve.ts";
import { tidyRuns } from "./runs/tidy.ts";
import { openDatabase } from "./storage/database.ts";
import { findHome, type Home } from "./storage/home.ts";
import { migrate } from "./storage/migrate.ts";
import { serveTriggers } from "./triggers/serve.ts";

const TIDY_EVERY = 60_000;
const GRACE = 10_000;

/** Serves in this one process until it is told to stop. */
export async function serve(config: Config): Promise<void> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  const starting = open(config, opened);
  // A stop that comes during the start waits for it, so that nothing is left running.
  onStop(() => starting.then(close, close));
  await starting.catch(async (error: unknown) => {
    await close();
    throw error;
  });
}

async function open(config: Config, opened: (() => Promise<void>)[]): Promise<void> {
  const home = await prepareData(config);
  opened.push(() => home.leave());
  const front = await openFront(config, home.databaseUrl);
  opened.push(() => front.close());
  await announce(config, front.world);
}

/** The database, migrated, and this process the one to serve it. Throws ConfigError when another Signet does. */
export async function prepareData(config: Config): Promise<Home> {
  const home = await findHome(config, true);
  if (!home.free) {
    await home.leave();
    throw new ConfigError(
      `Another Signet is running on the data in ${config.dataDir}. Stop it, or set DATA_DIR to another folder.`,
    );
  }
  const database = openDatabase(home.databaseUrl, { max: 2 });
  try {
    await migrate(database);
  } catch (error) {
    await home.leave();
    throw new ConfigError(`The database can not be reached or brought up to date: ${(error as Error).message}`);
  } finally {
    await database.close();
  }
  return home;
}

/** A composed world with its server listening. */
export async function openFront(
  config: Config,
  databaseUrl: string,
): Promise<{ world: World; close(): Promise<void> }> {
  const logger = pino({ level: config.logLevel, base: null }, pino.destination(2));
  const composed = await compose({ ...config, databaseUrl, log: logger }).catch((error: Error) => {
    throw new ConfigError(error.message);
  });
  const { world } = composed;
  // One request whose failure nobody awaited must not end all others.
  process.on("unhandledRejection", (reason) => logger.error({ error: describe(reason) }, "a failure nobody awaited"));
  const app = await buildServer(world, {
    logger,
    trustProxy: config.trustProxy,
    development: config.development,
    version: version(),
  });
  const runs = await runRuns(world).catch(async (error: Error) => {
    await app.close();
    await composed.close();
    throw new ConfigError(`The queue can not be opened: ${error.message}`);
  });
  const triggers = serveTriggers(world);
  const tidy = setInterval(() => void tidyUp(world).catch(() => undefined), TIDY_EVERY);
  tidy.unref();
  const close = async () => {
    clearInterval(tidy);
    await Promise.race([app.close(), new Promise((resolve) => setTimeout(resolve, GRACE).unref())]);
    await Promise.race([triggers.close(), new Promise((resolve) => setTimeout(resolve, GRACE).unref())]);
    await Promise.race([runs.close(), new Promise((resolve) => setTimeout(resolve, GRACE).unref())]);
    await flushUsage(world.database).catch(() => undefined);
    await flushTokenUsage(world.database).catch(() => undefined);
    await composed.close();
  };
  try {
    await app.listen({ port: config.port, host: config.host, backlog: 1024 });
  } catch (error) {
    await close();
    throw portProblem(config, error as NodeJS.ErrnoException);
  }
  return { world, close };
}

async function tidyUp(world: World): Promise<void> {
  await tidyLinks(systemContext(world));
  await sweepPeople(world);
  await tidyRuns(world);
  await tidyNotices(world);
}

/** Tells the terminal where Signet is and, while there is no admin, how to become the first. */
export async function announce(config: Config, world: World): Promise<void> {
  const token = await setupToken(world);
  if (token !== undefined)
    process.stdout.write(`Set up the first admin (this link works once): ${config.publicUrl}/setup/${token}\n`);
  process.stdout.write(`Signet is ready at ${config.publicUrl}\n`);
}

/** Runs `stop` once at Ctrl-C or SIGTERM, then ends the process; a second signal ends it at once. */
export function onStop(stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop().then(
        () => process.exit(0),
        (error: Error) => {
          process.stderr.write(`Signet did not stop cleanly: ${error.message}\n`);
          process.exit(1);
        },
      );
    });
  }
}

export function version(): string {
  return (JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string })
    .version;
}

function portProblem(config: Config, error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new ConfigError(`Port ${config.port} on ${config.host} is taken. Set PORT to another one.`);
    case "EACCES":
      return new ConfigError(`Port ${config.port} may not be opened by this user. Set PORT to 1024 or more.`);
    case "EADDRNOTAVAIL":
      return new ConfigError(`HOST ${config.host} is not an address of this machine.`);
    default:
      return error;
  }
}
