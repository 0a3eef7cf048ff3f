import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

// npm run check: the tests, and beside them types, lint and format, one after the other and behind the tests whenever
// both want the processor. All of them are run whatever fails; it has failed when one has.

const started = performance.now();
const beside = async () => {
  const ended: string[] = [];
  for (const script of ["types", "lint", "format"]) ended.push(await run(script, true));
  return ended;
};
const ended = await Promise.all([run("tests", false), beside()]);
process.stdout.write(`\n${ended.flat().join("\n")}\n`);

/**
 * Runs a script of package.json and returns a line on how it ended.
 * @param quietly keeps what it says until it has ended, so that it does not get between the lines of another.
 */
function run(script: string, quietly: boolean): Promise<string> {
  const child = spawn("npm", ["run", script], { stdio: ["ignore", quietly ? "pipe" : "inherit", "inherit"] });
  if (quietly && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code !== 0) process.exitCode = 1;
      process.stdout.write(said);
      const seconds = Math.round((performance.now() - started) / 1000);
      resolve(`${script}: ${code === 0 ? "fine" : `FAILED (${signal ?? code})`} after ${seconds} s`);
    });
  });
}
