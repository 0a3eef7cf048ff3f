import { readFileSync } from "node:fs";
import { chown, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The system user that owns the embedded cluster and runs its processes. */
export interface ServerUser {
  uid: number;
  gid: number;
  /** Null when the server runs as Signet's own user, so nothing has to be switched or handed over. */
  name: string | null;
}

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
 * Makes sure that the server's user can enter a folder and every folder above it; does nothing when Signet is not root.
 * @param remedy the way out that fits this folder, such as "set DATA_DIR to a folder that every user can reach".
 * @throws naming the first folder that is in the way and the ways out.
 */
export async function requireReachable(path: string, user: ServerUser, remedy: string): Promise<void> {
  if (user.name === null) return;
  for (const folder of withAncestors(await realpath(path))) {
    const { uid, gid, mode } = await stat(folder);
    const search = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if (mode & search) continue;
    throw embeddedError(
      `PostgreSQL refuses to run as root, and the user ${user.name} that runs it instead may not enter ${folder}: ${remedy}, start Signet as an ordinary user, or set DATABASE_URL.`,
    );
  }
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

/** The part of spawn's options that makes a process run as the server's user, with none of Signet's own environment. */
export function runAs(user: ServerUser): { uid?: number; gid?: number; cwd: string; env: NodeJS.ProcessEnv } {
  const surroundings = { cwd: "/", env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" } };
  return user.name === null ? surroundings : { ...surroundings, uid: user.uid, gid: user.gid };
}
