import { spawn, type ChildProcess } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The demo as a process of its own. */
export interface Demo {
  /** What it printed so far. */
  lines: string[];
  /** Sends SIGTERM and resolves to the exit code. */
  stop(): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Ends what a failed test left behind. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts the demo and resolves when it says that it is ready. Rejects with its own words when it ends before. */
export async function start(env: Record<string, string>): Promise<Demo> {
  const { child, errors, ended } = launch(env);
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stdout!).on("line", (line) => {
      lines.push(line);
      if (line === `Signet is ready at http://localhost:${env.PORT}`) resolve();
    });
    void ended.then(() => reject(new Error(`The demo ended: ${errors()}`)));
  });
  const stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return { lines, stop };
}

/** Starts the demo where it must not start; resolves to its exit code and what it said. */
export async function refusal(env: Record<string, string>): Promise<{ code: number | null; errors: string }> {
  const { errors, ended } = launch(env);
  const code = await ended;
  return { code, errors: errors() };
}

function launch(env: Record<string, string>) {
  const child = spawn(process.execPath, ["demo/demo.ts"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, errors: () => text, ended };
}

/** Runs the printed line as it is; where there is no curl, sends what it says. */
export async function run(line: string): Promise<unknown> {
  const shell = spawn("sh", ["-c", line], { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  shell.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => shell.once("close", resolve));
  if (code !== 127) return JSON.parse(output) as unknown;
  const [url] = /http:\S+/.exec(line)!;
  const quoted = [...line.matchAll(/-([Hd]) '([^']*)'/g)];
  const headers = quoted.filter(([, flag]) => flag === "H").map(([, , text]) => text!.split(": ") as [string, string]);
  const body = quoted.find(([, flag]) => flag === "d")![2]!;
  return (await fetch(url, { method: "POST", headers, body })).json();
}

/** Command lines of living processes that name the folder; on systems without /proc there is nothing to look at. */
export async function processesOn(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (/^\d+$/.test(pid) && command.includes(path)) found.push(command);
  }
  return found;
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}
