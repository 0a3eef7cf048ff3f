import "./ticks.ts";
import cluster from "node:cluster";
import { readConfig, type Config } from "./config.ts";
import { startProcesses } from "./processes.ts";
import { serve } from "./serve.ts";

// npm start: reads the settings, then serves in this process or in several. Whatever stops the start is one clear
// line on standard error and exit code 1.

try {
  const config = readConfig();
  await (cluster.isWorker || manyProcesses(config) ? startProcesses(config) : serve(config));
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Signet did not start. ${text.split("\n")[0]}\n`);
  process.exit(1);
}

function manyProcesses(config: Config): boolean {
  return config.processes === "auto" || config.processes > 1;
}
