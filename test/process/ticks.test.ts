import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const root = `${import.meta.dirname}/../..`;

/** Whether a tick after several collections is made the way the kept one was. */
const PROBE = `
  import { executionAsyncResource } from "node:async_hooks";
  const { keptTick } = await import("./src/ticks.ts");
  for (let round = 0; round < 8; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  process.nextTick(() => process.stdout.write(String(%HaveSameMap(keptTick(), executionAsyncResource()))));
`;

test("what Node makes for each tick keeps its shape over collections, because one of them is kept", async () => {
  const flags = ["--expose-gc", "--allow-natives-syntax", "--input-type=module", "--eval", PROBE];
  const { stdout } = await run(process.execPath, flags, { cwd: root });
  expect(stdout).toBe("true");
});

test("the tick is kept before anything else runs", async () => {
  const text = await readFile(`${root}/src/main.ts`, "utf8");
  expect(/^import .*$/m.exec(text)?.[0]).toBe('import "./ticks.ts";');
});
