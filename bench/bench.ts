import { spawnSync, type ChildProcess } from "node:child_process";
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
import { CALLERS, prepareBehavior, reportBehaviors, requireSuccess, runRequest } from "./behaviors.ts";
import {
  cpuTime,
  databaseTime,
  load,
  NGINX,
  PINNED,
  start,
  startProvider,
  stopAll,
  WRK,
  type LoadRequest,
  type Sample,
} from "./programs.ts";
import { reportSigning } from "./signing.ts";

// npm run bench: Signet's proxy and execute beside the barest relay that Node allows, in one run, on the same machine.
// What counts is the ratio; the numbers themselves are the machine's.

const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 64);
const PORTS = { upstream: 24101, bare: 24102, signet: 24103 };
/** Seconds until code is compiled and the heap has reached its size; what memory is touched first costs much in a virtual machine. */
const WARM_UP = Number(process.env.BENCH_WARM_UP ?? 8);
const GOAL = 0.6;
const print = (line: string) => process.stdout.write(`${line}\n`);
// Whoever reads only the first lines must not keep the rest from being stopped.
process.stdout.on("error", () => undefined);

interface Measured extends Sample {
  /** Processor time of the server per answer, in microseconds; where the system does not tell, 0. */
  cpu: number;
  /** The same of PostgreSQL, with what it does for these requests only after they were answered. */
  database: number;
}

const folder = await mkdtemp(join(tmpdir(), "signet-bench-"));
// This process, the database it starts, the provider and the load share one core; the server under test has the other.
if (PINNED) spawnSync("taskset", ["-cp", "1", String(process.pid)]);
const embedded = await startEmbedded({ dataDir: folder });
const database = openDatabase(embedded.connectionString);
try {
  const { token, account, behavior } = await prepare(embedded.connectionString);
  await startProvider(PORTS.upstream, folder);
  const bareRelay = await start("0", ["bench/bare-relay.ts", String(PORTS.bare), `http://127.0.0.1:${PORTS.upstream}`]);
  const signet = await start("0", ["src/main.ts"], {
    DATABASE_URL: embedded.connectionString,
    DATA_DIR: folder,
    PORT: String(PORTS.signet),
    OUTBOUND_ALLOW: "127.0.0.1/32",
    LOG_LEVEL: "warn",
  });
  const accept = { accept: "application/json" };
  const authorization = `Bearer ${token}`;
  const get = { method: "GET", body: "" };
  const post = { method: "POST", headers: { authorization, "content-type": "application/json" } };
  const body = JSON.stringify({ account, url: "/tickets" });
  const variants = {
    "bare relay": { server: bareRelay, port: PORTS.bare, path: "/tickets", headers: accept, ...get },
    proxy: {
      server: signet,
      port: PORTS.signet,
      path: `/proxy/${account}/tickets`,
      headers: { ...accept, authorization },
      ...get,
    },
    execute: { server: signet, port: PORTS.signet, path: "/api/v1/execute", ...post, body },
  };
  const samples: Record<string, Measured[]> = {};
  for (const variant of Object.values(variants)) await measure(variant, WARM_UP);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, variant] of Object.entries(variants))
      (samples[name] ??= []).push(await measure(variant, SECONDS));
  }
  const few = { execute: variants.execute, runs: { ...variants.execute, ...runRequest(behavior) } };
  await requireSuccess(few.runs);
  const beside: Record<keyof typeof few, Measured[]> = { execute: [], runs: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ["execute", "runs"] as const) beside[name].push(await measure(few[name], SECONDS, CALLERS));
  }
  report(samples);
  reportBehaviors(print, beside.execute, beside.runs);
  reportSigning(print, median(samples["bare relay"]!.map((row) => row.cpu)));
} finally {
  await stopAll();
  await database.close();
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A bot's token and an account at the provider, made by the same verbs that pages use. */
async function prepare(databaseUrl: string): Promise<{ token: string; account: string; behavior: string }> {
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
  const behavior = await prepareBehavior(ctx, account.slug);
  await close();
  return { token, account: account.slug, behavior };
}

async function measure(
  variant: LoadRequest & { server: ChildProcess },
  seconds: number,
  connections = CONNECTIONS,
): Promise<Measured> {
  const before = { cpu: cpuTime(variant.server), database: databaseTime(folder) };
  const sample = load(variant, connections, seconds);
  const cpu = cpuTime(variant.server) - before.cpu;
  await unfolded();
  const inDatabase = databaseTime(folder) - before.database;
  const each = (time: number) => Math.round(time / sample.answers);
  return { ...sample, cpu: each(cpu), database: each(inDatabase) };
}

/** The audit's rows get their places after a rush; what comes next must not pay for it. */
async function unfolded(): Promise<void> {
  const waiting = "select last_seq from audit_blocks where rows is not null limit 1";
  while ((await database.prepared("bench-waiting", waiting, [])).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 100));
}

function report(samples: Record<string, Measured[]>): void {
  const bare = samples["bare relay"]!;
  print(
    `${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s, medians; ${NGINX ? "nginx" : "node"} as provider, ${WRK ? "wrk" : "node"} as load`,
  );
  for (const [name, rows] of Object.entries(samples)) {
    const ratio = median(rows.map((row, round) => row.perSecond / bare[round]!.perSecond));
    const cpu = median(rows.map((row) => row.cpu));
    const cpuRatio = median(rows.map((row, round) => bare[round]!.cpu / row.cpu));
    // Other programs on the machine only ever slow things down.
    const best = Math.max(...rows.map((row) => row.perSecond)) / Math.max(...bare.map((row) => row.perSecond));
    const failed = rows.reduce((sum, row) => sum + row.failed, 0);
    const parts = [
      name.padEnd(12),
      `${median(rows.map((row) => row.perSecond))} req/s`.padStart(14),
      `p50 ${median(rows.map((row) => row.p50))} us`.padStart(14),
      `p99 ${median(rows.map((row) => row.p99))} us`.padStart(15),
      `ratio ${ratio.toFixed(2)}, of the best ${best.toFixed(2)}`,
      `cpu ${cpu} us (ratio ${cpuRatio.toFixed(2)})`,
      `database ${median(rows.map((row) => row.database))} us`,
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
