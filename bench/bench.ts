import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCOPES } from "../src/access/actor.ts";
import { connectAccount } from "../src/accounts/connect.ts";
import { compose, contextFor, systemContext } from "../src/compose.ts";
import { addWorker } from "../src/people/add-worker.ts";
import { workerActor } from "../src/people/browse.ts";
import { issueToken } from "../src/people/token.ts";
import { addService } from "../src/services/add.ts";
import { startEmbedded } from "../src/storage/embedded.ts";
import { openDatabase } from "../src/storage/database.ts";
import { migrate } from "../src/storage/migrate.ts";

// npm run bench: Signet's proxy and execute beside the barest relay that Node allows, in one run, on the same machine.
// What counts is the ratio; the numbers themselves are the machine's.

const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 64);
const PORTS = { upstream: 24101, bare: 24102, signet: 24103 };
const PINNED = spawnSync("taskset", ["-V"]).status === 0;
const GOAL = 0.6;
const children: ChildProcess[] = [];
const print = (line: string) => process.stdout.write(`${line}\n`);

interface Sample {
  perSecond: number;
  p50: number;
  p99: number;
  failed: number;
  /** Processor time of the server per answer, in microseconds; where the system does not tell, 0. */
  cpu: number;
}

const folder = await mkdtemp(join(tmpdir(), "signet-bench-"));
// This process, the database it starts, the provider and the load share one core; the server under test has the other.
if (PINNED) spawnSync("taskset", ["-cp", "1", String(process.pid)]);
const embedded = await startEmbedded({ dataDir: folder });
try {
  const { token, account } = await prepare(embedded.connectionString);
  await start("1", ["bench/upstream.ts", String(PORTS.upstream)]);
  const bareRelay = await start("0", ["bench/bare-relay.ts", String(PORTS.bare), `http://127.0.0.1:${PORTS.upstream}`]);
  const signet = await start("0", ["src/main.ts"], {
    DATABASE_URL: embedded.connectionString,
    DATA_DIR: folder,
    PORT: String(PORTS.signet),
    OUTBOUND_ALLOW: "127.0.0.1/32",
    LOG_LEVEL: "warn",
  });
  const body = JSON.stringify({ account, url: "/tickets" });
  const variants = {
    "bare relay": { server: bareRelay, port: PORTS.bare, request: get("/tickets", "") },
    proxy: {
      server: signet,
      port: PORTS.signet,
      request: get(`/proxy/${account}/tickets`, `authorization: Bearer ${token}\r\n`),
    },
    execute: { server: signet, port: PORTS.signet, request: post("/api/v1/execute", token, body) },
  };
  const samples: Record<string, Sample[]> = {};
  for (const variant of Object.values(variants)) load(variant, 1);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, variant] of Object.entries(variants)) (samples[name] ??= []).push(load(variant, SECONDS));
  }
  report(samples);
} finally {
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(
    children.map(
      (child) => new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve(null))),
    ),
  );
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A bot's token and an account at the provider, made by the same verbs that pages use. */
async function prepare(databaseUrl: string): Promise<{ token: string; account: string }> {
  const database = openDatabase(databaseUrl);
  await migrate(database).finally(() => database.close());
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const { world, close } = await compose({
    databaseUrl,
    dataDir: folder,
    keys: undefined,
    outboundAllow: ["127.0.0.1/32"],
    publicUrl: "http://localhost",
    log,
  });
  const admin = await addWorker(systemContext(world), { email: "ada@example.com", name: "Ada", role: "admin" });
  const ctx = contextFor(world, (await workerActor(world, admin.id, SCOPES))!);
  const service = await addService(ctx, {
    kind: "bearer",
    name: "Helpdesk",
    settings: {},
    base_url: `http://127.0.0.1:${PORTS.upstream}`,
  });
  const account = await connectAccount(ctx, {
    service: service.id,
    name: "Support",
    secret: { token: "tok-8f0d2b6a91c34e57b6d1" },
  });
  const { token } = await issueToken(ctx, {
    holder: { type: "worker", id: admin.id },
    name: "bench",
    scopes: SCOPES,
    expiresAt: null,
  });
  await close();
  return { token, account: account.slug };
}

function start(core: string, args: string[], env: Record<string, string> = {}): Promise<ChildProcess> {
  const [command, ...rest] = PINNED ? ["taskset", "-c", core, process.execPath, ...args] : [process.execPath, ...args];
  const child = spawn(command!, rest, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout!.on("data", (text: Buffer) => /ready/.test(String(text)) && resolve(child));
    child.once("exit", (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}

function load(
  { server, port, request }: { server: ChildProcess; port: number; request: string },
  seconds: number,
): Sample {
  const args = ["bench/load.ts", String(port), String(CONNECTIONS), String(seconds)];
  const before = cpuTime(server);
  const { stdout, stderr } = spawnSync(process.execPath, args, { input: request, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  const sample = JSON.parse(stdout) as Omit<Sample, "cpu"> & { answers: number };
  return { ...sample, cpu: Math.round((cpuTime(server) - before) / sample.answers) };
}

/** Microseconds that a process has computed so far (proc(5): fields 14 and 15, in hundredths of a second). */
function cpuTime({ pid }: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return 0;
  }
}

function get(path: string, headers: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n${headers}\r\n`;
}

function post(path: string, token: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function report(samples: Record<string, Sample[]>): void {
  const bare = samples["bare relay"]!;
  print(`${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s, medians${PINNED ? ", one core each" : ""}`);
  for (const [name, rows] of Object.entries(samples)) {
    const ratio = median(rows.map((row, round) => row.perSecond / bare[round]!.perSecond));
    const cpu = median(rows.map((row) => row.cpu));
    const cpuRatio = median(rows.map((row, round) => bare[round]!.cpu / row.cpu));
    const failed = rows.reduce((sum, row) => sum + row.failed, 0);
    const parts = [
      name.padEnd(12),
      `${median(rows.map((row) => row.perSecond))} req/s`.padStart(14),
      `p50 ${median(rows.map((row) => row.p50))} us`.padStart(14),
      `p99 ${median(rows.map((row) => row.p99))} us`.padStart(15),
      `ratio ${ratio.toFixed(2)}`,
      `cpu ${cpu} us (ratio ${cpuRatio.toFixed(2)})`,
      name === "bare relay" ? "" : `(goal ${GOAL})`,
      failed > 0 ? `${failed} FAILED` : "",
    ];
    print(parts.join("  ").trimEnd());
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
