import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from "node:child_process";
import { readFileSync } from "node:fs";
import { chown, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The system user that owns the embedded cluster and runs its processes. */
export interface ServerUser {
  uid: number;
  gid: number;
  /** Null when the server runs as Signet's own user, so nothing has to be switched or handed over. */
  name: string | null;
  /** The capability that lets the server pass folders which only root may enter, when there are such on its way. */
  passage?: Passage;
}

type Passage = "dac_read_search" | "dac_override";

/** An error of the embedded database: one sentence for a person, `code` "embedded", never a secret. */
export function embeddedError(sentence: string): Error & { code: "embedded" } {
  return Object.assign(new Error(sentence), { code: "embedded" as const });
}

/**
 * Who is to run PostgreSQL. An ordinary user runs it as itself. PostgreSQL refuses root, so root hands it to the owner of
 * an existing cluster, else to the user `postgres`, else to `nobody`.
 * @throws when the cluster belongs to somebody Signet cannot act for, or root finds no unprivileged user.
 */
export async function serverUser(cluster: string): Promise<ServerUser> {
  const own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1, name: null };
  const owner = await stat(cluster).catch(() => null);
  if (own.uid !== 0) {
    if (owner === null || owner.uid === own.uid) return own;
    throw embeddedError(
      `The database folder ${cluster} belongs to the user with id ${owner.uid}: start Signet as that user, or set DATABASE_URL.`,
    );
  }
  if (owner === null) return unprivilegedUser();
  if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, name: `#${owner.uid}` };
  const { name } = unprivilegedUser();
  throw embeddedError(
    `The database folder ${cluster} belongs to root, which PostgreSQL refuses to serve: run chown -R ${name} on it, or set DATABASE_URL.`,
  );
}

function unprivilegedUser(): ServerUser {
  const entries = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const entry = entries.find((fields) => fields[0] === name);
    if (entry && Number(entry[2]) > 0) return { name, uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw embeddedError(
    "PostgreSQL refuses to run as root and this machine has neither a user postgres nor a user nobody: start Signet as an ordinary user, or set DATABASE_URL.",
  );
}

/**
 * The user, able to enter a folder and every folder above it; the user as it is when Signet is not root. Where only root
 * may enter one, as below /root or a folder of mktemp, the server is given the one capability to pass (capabilities(7)),
 * instead of opening folders that are not Signet's to open.
 * @param remedy the way out that fits this folder, such as "set DATA_DIR to a folder that every user can reach".
 * @throws where the system can not do that, naming the first folder that is in the way and the ways out.
 */
export async function withPassage(path: string, user: ServerUser, remedy: string): Promise<ServerUser> {
  const closed = user.name === null ? undefined : await firstClosed(path, user);
  if (closed === undefined || user.passage !== undefined) return user;
  const passage = ownPassage();
  if (passage !== undefined) return { ...user, passage };
  throw embeddedError(
    `PostgreSQL refuses to run as root, and the user ${user.name} that runs it instead may not enter ${closed}: ${remedy}, start Signet as an ordinary user, or set DATABASE_URL.`,
  );
}

async function firstClosed(path: string, user: ServerUser): Promise<string | undefined> {
  for (const folder of withAncestors(await realpath(path))) {
    const { uid, gid, mode } = await stat(folder);
    const search = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & search) === 0) return folder;
  }
  return undefined;
}

/** The weakest capability that passes closed folders, if this process may hand one on and setpriv is there to do it. */
function ownPassage(): Passage | undefined {
  const candidates: Passage[] = ["dac_read_search", "dac_override"];
  return candidates.find((name) => {
    const args = [...privileges({ uid: 65534, gid: 65534, name: "nobody", passage: name }), "true"];
    return spawnSync("setpriv", args, { stdio: "ignore", timeout: 5000 }).status === 0;
  });
}

function privileges(user: ServerUser): string[] {
  const only = `-all,+${user.passage}`;
  return [
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    "--clear-groups",
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
  ];
}

function withAncestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...withAncestors(parent), path];
}

/**
 * Makes a folder that only the server's user may enter, or accepts the one an earlier start left.
 * @throws when something else is there, or it belongs to somebody else or is open to others.
 */
export async function privateFolder(path: string, user: ServerUser): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(path);
  const trusted = found.uid === user.uid || found.uid === process.getuid?.();
  if (!found.isDirectory() || !trusted || (found.mode & 0o077) !== 0) {
    throw embeddedError(`${path} is not a private folder of PostgreSQL's user: remove it, then start again.`);
  }
  await handOver(path, user);
}

/** Gives a file or folder that Signet has just made to the server's user. */
export async function handOver(path: string, user: ServerUser): Promise<void> {
  if (user.name !== null) await chown(path, user.uid, user.gid);
}

/** Spawns one of PostgreSQL's programs as the server's user, with none of Signet's own environment. */
export function spawnAs(user: ServerUser, program: string, args: string[], options: SpawnOptions): ChildProcess {
  const common = { ...options, cwd: "/", env: { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" } };
  if (user.name === null) return spawn(program, args, common);
  // setpriv becomes the program, so the child's process id is the program's own.
  if (user.passage !== undefined) return spawn("setpriv", [...privileges(user), program, ...args], common);
  return spawn(program, args, { ...common, uid: user.uid, gid: user.gid });
}
