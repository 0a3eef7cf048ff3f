import "./ticks.ts";
import cluster from "node:cluster";
import { readConfig, type Config } from "./config.ts";

// npm start: reads the settings, then serves in this process or in several. Whatever stops the start is one clear
// line on standard error and exit code 1.

try {
  const config = readConfig();
  // Loaded only now: a bad setting is told at once.
  if (cluster.isWorker || manyProcesses(config)) await (await import("./processes.ts")).startProcesses(config);
  else await (await import("./serve.ts")).serve(config);
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Signet did not start. ${text.split("\n")[0]}\n`);
  process.exit(1);
}

function manyProcesses(config: Config): boolean {
  return config.processes === "auto" || config.processes > 1;
}
