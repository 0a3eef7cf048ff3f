import { ConfigError, readConfig } from "../config.ts";
import { tasks } from "./tasks.ts";

// npx signet <task>: the operator's back door, in the same environment as npm start.

const [name, ...args] = process.argv.slice(2);
const task = name === undefined ? undefined : tasks.get(name);
if (!task) {
  process.stderr.write(
    `Usage: npx signet <task>\n${[...tasks.values()].map(({ usage, summary }) => `  ${usage}\n      ${summary}`).join("\n")}\n`,
  );
  process.exit(name === undefined || name === "help" || name === "--help" ? 0 : 2);
}
try {
  await task.run(readConfig(), args);
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`signet ${name}: ${text.split("\n")[0]}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}
