import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const has = (program: string) => spawnSync("which", [program]).status === 0;

/** Whether each server can have a core of its own. */
export const PINNED = has("taskset");
// Provider and load share a core with the database: the cheaper they are, the less they hide of the server under test.
export const WRK = has("wrk");
export const NGINX = has("nginx");

/** What a load sends again and again. */
export interface LoadRequest {
  port: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Sample {
  answers: number;
  perSecond: number;
  /** Microseconds. */
  p50: number;
  p99: number;
  failed: number;
}

const children: ChildProcess[] = [];

/** Starts a program of ours on one core and waits until it says "ready". */
export function start(core: string, args: string[], env: Record<string, string> = {}): Promise<ChildProcess> {
  const [command, ...rest] = PINNED ? ["taskset", "-c", core, process.execPath, ...args] : [process.execPath, ...args];
  const child = spawn(command!, rest, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout!.on("data", (text: Buffer) => /ready/.test(String(text)) && resolve(child));
    child.once("exit", (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}

/** A constant JSON answer of about 1 KB on `port`, from nginx where it is there. */
export async function startProvider(port: number, folder: string): Promise<void> {
  if (!NGINX) return void (await start("1", ["bench/upstream.ts", String(port)]));
  const subject = "A ticket about something that does not work";
  const answer = JSON.stringify({ items: Array.from({ length: 12 }, (_, id) => ({ id, subject, state: "open" })) });
  const location = `location / { default_type application/json; return 200 '${answer}'; }`;
  const server = `server { listen 127.0.0.1:${port}; keepalive_requests 1000000000; ${location} }`;
  const main = `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log stderr crit;`;
  const config = join(folder, "nginx.conf");
  await writeFile(config, `${main} events { worker_connections 4096; } http { access_log off; ${server} }`);
  children.push(spawn("nginx", ["-c", config], { stdio: ["ignore", "ignore", "inherit"] }));
  for (let tries = 0; tries < 100; tries++) {
    const up = await fetch(`http://127.0.0.1:${port}/`).then(
      (found) => found.ok,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx did not start");
}

/** Keeps `connections` requests under way for so long, with wrk where it is there. */
export function load(request: LoadRequest, connections: number, seconds: number): Sample {
  const { stdout, stderr } = WRK ? wrk(request, connections, seconds) : ownLoad(request, connections, seconds);
  const line = stdout.trim().split("\n").at(-1);
  if (!line?.startsWith("{")) throw new Error(stderr || stdout);
  return JSON.parse(line) as Sample;
}

/** Microseconds that a process has computed so far (proc(5): fields 14 and 15, in hundredths of a second). */
export function cpuTime({ pid }: Pick<ChildProcess, "pid">): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return 0;
  }
}

/** As cpuTime(), of all of a PostgreSQL server's processes, which live in its folder. */
export function databaseTime(folder: string): number {
  const inside = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  };
  const pids = PINNED ? readdirSync("/proc").filter((name) => /^\d+$/.test(name) && inside(name)) : [];
  return pids.reduce((sum, pid) => sum + cpuTime({ pid: Number(pid) }), 0);
}

export async function stopAll(): Promise<void> {
  for (const child of children) child.kill("SIGTERM");
  const gone = (child: ChildProcess) =>
    child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : null;
  await Promise.all(children.map(gone));
}

function wrk({ port, method, path, headers, body }: LoadRequest, connections: number, seconds: number) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const env = { ...process.env, LOAD_METHOD: method, LOAD_BODY: body, LOAD_HEADERS: lines.join("\n") };
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", "bench/load.lua", `http://127.0.0.1:${port}${path}`];
  return spawnSync("wrk", args, { env, encoding: "utf8" });
}

function ownLoad({ port, method, path, headers, body }: LoadRequest, connections: number, seconds: number) {
  const all = { host: "localhost", ...headers, ...(body && { "content-length": Buffer.byteLength(body) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const input = `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
  const args = ["bench/load.ts", String(port), String(connections), String(seconds)];
  return spawnSync(process.execPath, args, { input, encoding: "utf8" });
}
