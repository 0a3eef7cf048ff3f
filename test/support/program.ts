import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { temporaryFolder } from "./postgres.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATIENCE = 25_000;

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** The real program, running. */
export interface Program {
  pid: number;
  /** Where it serves, without a final slash. */
  url: string;
  /** Standard output so far. */
  out(): string;
  err(): string;
  signal(name: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();

/** Starts `node src/main.ts` on a free port and waits until it says that it is ready. Throws when it does not start. */
export async function startProgram(env: Record<string, string>): Promise<Program> {
  const port = env.PORT ?? String(await freePort());
  const launched = launch(["src/main.ts"], { LOG_LEVEL: "warn", ...env, PORT: port });
  const early = launched.ended.then(({ code, err }) => {
    throw new Error(`It ended with code ${code} before it was ready: ${err}`);
  });
  await Promise.race([until(() => /^Signet is ready at /m.test(launched.out()), "ready"), early]);
  early.catch(() => undefined);
  return { ...launched, url: `http://localhost:${port}` };
}

/** Runs the program to its end, for starts that must fail. */
export async function failToStart(env: Record<string, string>): Promise<Ended> {
  const launched = launch(["src/main.ts"], { PORT: String(await freePort()), ...env });
  return launched.ended;
}

/** Runs `signet <args>` to its end. */
export async function runTask(args: string[], env: Record<string, string>, input = ""): Promise<Ended> {
  const launched = launch(["bin/signet.js", ...args], env, input);
  return launched.ended;
}

/** Ends what the tests of a file started and left running. */
export async function endPrograms(): Promise<void> {
  for (const child of running) {
    child.kill("SIGKILL");
    await once(child, "exit").catch(() => undefined);
  }
}

function launch(args: string[], env: Record<string, string>, input = "") {
  // Only what a shell would have, and where compiled files are; none of the settings that this test run was started with.
  const { PATH = "", HOME = "/", NODE_COMPILE_CACHE = "" } = process.env;
  const base = { PATH, HOME, NODE_COMPILE_CACHE };
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...base, ...env } });
  running.add(child);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  child.stdin.on("error", () => undefined).end(input);
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, out, err });
    }),
  );
  return {
    pid: child.pid!,
    out: () => out,
    err: () => err,
    signal: (name: NodeJS.Signals) => void child.kill(name),
    ended,
  };
}

/** A data folder as mktemp makes it: closed to everybody else. */
export interface DataFolder {
  path: string;
  /** True while a PostgreSQL runs on it. */
  hasServer(): Promise<boolean>;
  /** Removes it, and the PostgreSQL that a killed Signet left running there. */
  remove(): Promise<void>;
}

export async function newDataFolder(): Promise<DataFolder> {
  const path = await temporaryFolder();
  const server = async () => {
    const text = await readFile(join(path, "data/postgres/postmaster.pid"), "utf8").catch(() => "");
    const pid = Number(text.split("\n")[0]);
    return pid > 0 && isAlive(pid) ? pid : undefined;
  };
  return {
    path: join(path, "data"),
    hasServer: async () => (await server()) !== undefined,
    remove: async () => {
      const pid = await server();
      if (pid !== undefined) process.kill(pid, "SIGQUIT");
      await until(async () => (await server()) === undefined, "the database to end");
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Looks again and again until it is so. */
export async function until(look: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 25))) {
    if (await look()) return;
  }
  throw new Error(`Waited in vain for ${what}.`);
}
