import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { lstat, readFile, readlink, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createCluster, failure, isAlive, locateCluster, logSince, sizeOf, SOCKET } from "./embedded-cluster.ts";
import type { Cluster } from "./embedded-cluster.ts";
import { embeddedError, spawnAs } from "./embedded-user.ts";

/** A running embedded database. */
export interface Embedded {
  /** For `pg` and knex: a unix socket, and the role `signet`, which owns the database `signet` and is no superuser. */
  connectionString: string;
  /** True when the server was already running: another Signet has it, or one that was killed left it. */
  adopted: boolean;
  /** Shuts the server down, also an adopted one; any number of calls is one shutdown. */
  stop(): Promise<void>;
}

/** What the server's own lock file tells of a living server. */
interface Postmaster {
  pid: number;
  socketDir: string;
  ready: boolean;
}

/** A server process that this call has spawned. */
interface Launch {
  child: ChildProcess;
  logStart: number;
  ended: boolean;
}

const PATIENCE_MS = 30_000;
const SHUTDOWN_MS = 60_000;
const LOG_LIMIT = 10 * 1024 * 1024;
const PASSING_TROUBLE = /lock file ".*" (already exists|is empty)|pre-existing shared memory block/;

/**
 * Starts the PostgreSQL that npm brought along on `${dataDir}/postgres`, creating it the first time, or adopts the server
 * that is already running there. It listens on a unix socket only and writes to `${dataDir}/postgres.log`.
 * @param options.settings further server settings for this start, such as `{ fsync: "off" }` in tests.
 * @throws with code "embedded" and one sentence: no binaries for this platform, a folder that PostgreSQL's user cannot
 * reach, a lost password file, or a server that does not start or answer within 30 seconds.
 */
export async function startEmbedded(options: {
  dataDir: string;
  settings?: Record<string, string>;
}): Promise<Embedded> {
  const cluster = await locateCluster(options.dataDir);
  await createCluster(cluster);
  const password = await readFile(cluster.passwordFile, "utf8").catch(() => {
    throw embeddedError(
      `The embedded PostgreSQL cannot be opened without ${cluster.passwordFile}: put that file back.`,
    );
  });
  const { postmaster, adopted } = await bringUp(cluster, password, options.settings ?? {});
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= shutDown(cluster, postmaster.pid));
  return { connectionString: address(postmaster.socketDir, password), adopted, stop };
}

/** The host in front of the slash is a stand-in, which knex insists on; the one that counts is the parameter. */
function address(socketDir: string, password: string): string {
  return `postgresql://signet:${password}@localhost/signet?host=${encodeURIComponent(socketDir)}&port=5432&sslmode=disable`;
}

/**
 * Waits for the living server, or launches one. After a kill -9 the old server's children may hold its memory for a
 * moment, and another start may be quicker: both pass, so the launch is repeated while there is time.
 */
async function bringUp(cluster: Cluster, password: string, settings: Record<string, string>) {
  const deadline = Date.now() + PATIENCE_MS;
  let launch: Launch | null = null;
  for (; Date.now() < deadline; await sleep(10)) {
    const postmaster = await livePostmaster(cluster);
    if (postmaster?.ready && (await answers(cluster, postmaster, password))) {
      return { postmaster, adopted: postmaster.pid !== launch?.child.pid };
    }
    if (launch?.ended) {
      if (!PASSING_TROUBLE.test(await logSince(cluster, launch.logStart)))
        throw await failure(cluster, launch.logStart);
      launch = null;
      await sleep(200);
    } else if (postmaster === null) {
      launch ??= await launchServer(cluster, settings);
    }
  }
  throw embeddedError(
    `The embedded PostgreSQL does not answer yet after ${PATIENCE_MS / 1000} seconds: read ${cluster.log}, then start again.`,
  );
}

/** Spawns the server in a session of its own, where the terminal's Ctrl-C does not reach it. */
async function launchServer(cluster: Cluster, settings: Record<string, string>): Promise<Launch> {
  await disownStaleLocks(cluster);
  if ((await sizeOf(cluster.log)) > LOG_LIMIT) await truncate(cluster.log);
  const logStart = await sizeOf(cluster.log);
  const log = openSync(cluster.log, "a", 0o600);
  const args = ["-D", cluster.folder, ...serverArguments(cluster, settings)];
  const child = spawnAs(cluster.user, cluster.programs.postgres, args, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  child.unref();
  const launch = { child, logStart, ended: false };
  const end = () => void (launch.ended = true);
  child.on("error", end).on("exit", end);
  return launch;
}

/** The log gets neither statements nor the rows they failed on: both can hold what nobody should read there. */
function serverArguments(cluster: Cluster, settings: Record<string, string>): string[] {
  const all: Record<string, string> = {
    listen_addresses: "",
    port: "5432",
    unix_socket_directories: `"${cluster.socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    logging_collector: "off",
    log_destination: "stderr",
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The server that runs on this cluster now, if any. */
async function livePostmaster(cluster: Cluster): Promise<Postmaster | null> {
  const lock = await readFile(join(cluster.folder, "postmaster.pid"), "utf8").catch(() => "");
  const [pid = "", , , , socketDir = "", , , status = ""] = lock.split("\n");
  if (!(await serves(Number(pid), cluster.folder))) return null;
  const moved = socketDir === "" || (await lstat(socketDir).catch(() => null)) === null;
  return { pid: Number(pid), socketDir: moved ? cluster.socketDir : socketDir, ready: status.trim() === "ready" };
}

/**
 * Whether a process is alive and is the server of this folder: after a crash its number may belong to anything. The working
 * folder proves it; where that may not be read (a container's root), the command line does; without /proc, being alive.
 */
async function serves(pid: number, folder: string): Promise<boolean> {
  if (!(pid > 0) || !isAlive(pid)) return false;
  if ((await lstat("/proc/self/cmdline").catch(() => null)) === null) return true;
  if ((await readlink(`/proc/${pid}/cwd`).catch(() => null)) === folder) return true;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.split("\0").includes(folder);
}

/**
 * PostgreSQL takes a lock file for valid when any process has the number in it. Where that is some other program, put our
 * own number there, which the server we spawn ignores as its parent's: its further checks on the file keep working.
 */
async function disownStaleLocks(cluster: Cluster): Promise<void> {
  const file = join(cluster.folder, "postmaster.pid");
  const [pid = "", ...rest] = (await readFile(file, "utf8").catch(() => "")).split("\n");
  if (rest.length === 0 || !isAlive(Number(pid)) || (await serves(Number(pid), cluster.folder))) return;
  await writeFile(file, [process.pid, ...rest].join("\n"));
  await rm(join(cluster.socketDir, `${SOCKET}.lock`), { force: true });
}

/** @throws when the password is not the cluster's. */
async function answers(cluster: Cluster, { socketDir }: Postmaster, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: address(socketDir, password), connectionTimeoutMillis: 5000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== "28P01") return false;
    throw embeddedError(
      `The password in ${cluster.passwordFile} does not open ${cluster.folder}: put the right file back.`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A fast shutdown: running statements are cancelled, everything committed is on disk. */
async function shutDown(cluster: Cluster, pid: number): Promise<void> {
  if ((await livePostmaster(cluster))?.pid !== pid) return;
  process.kill(pid, "SIGINT");
  for (const deadline = Date.now() + SHUTDOWN_MS; Date.now() < deadline; await sleep(10)) {
    if (!(await serves(pid, cluster.folder))) return;
  }
  throw embeddedError(`The embedded PostgreSQL is still shutting down after a minute; its log is ${cluster.log}.`);
}
