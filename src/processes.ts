import cluster, { type Worker } from "node:cluster";
import { availableParallelism } from "node:os";
import type { Config } from "./config.ts";
import { compose } from "./compose.ts";
import { announce, onStop, openFront, prepareData } from "./serve.ts";

/** What a child is told; keys travel by the private channel, never by the environment. */
interface Order {
  config: Config;
  databaseUrl: string;
}

const RESTART_AFTER = 250;

/** Serves in several processes on one port. The first keeps the data and replaces a child that dies. */
export async function startProcesses(config: Config): Promise<void> {
  if (!cluster.isPrimary) return child();
  const home = await prepareData(config);
  const order: Order = { config, databaseUrl: home.databaseUrl };
  const count = config.processes === "auto" ? availableParallelism() : config.processes;
  let stopping = false;
  // A child that can not live is not tried again and again without a breath.
  cluster.on("exit", () => {
    setTimeout(() => void (stopping || start(order).catch(() => undefined)), RESTART_AFTER).unref();
  });
  // The key file is made once, before children look for it.
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const first = await compose({ ...config, databaseUrl: home.databaseUrl, log: quiet });
  await Promise.all(Array.from({ length: count }, () => start(order)));
  await announce(config, first.world);
  onStop(async () => {
    stopping = true;
    const gone = Object.values(cluster.workers ?? {}).map(
      (worker) => new Promise((resolve) => worker!.once("exit", resolve)),
    );
    for (const worker of Object.values(cluster.workers ?? {})) worker!.process.kill("SIGTERM");
    await Promise.all(gone);
    await first.close();
    await home.leave();
  });
}

function start(order: Order): Promise<Worker> {
  const worker = cluster.fork();
  worker.once("online", () => worker.send(order));
  return new Promise((resolve, reject) => {
    worker.once("listening", () => resolve(worker));
    worker.once("exit", (code) => reject(new Error(`A process ended with code ${code} before it was ready.`)));
  });
}

function child(): Promise<void> {
  return new Promise((resolve, reject) => {
    process.once("message", (order: Order) => {
      openFront(order.config, order.databaseUrl).then((front) => {
        onStop(front.close);
        resolve();
      }, reject);
    });
  });
}
