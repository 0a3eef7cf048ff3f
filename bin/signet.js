#!/usr/bin/env node
// Runs a task under the Node that npm ci brought along, whatever Node the shell has.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
const task = fileURLToPath(new URL("../src/tasks/signet.ts", import.meta.url));
const node = existsSync(own) ? own : process.execPath;
const { status } = spawnSync(node, [task, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(status ?? 1);
