import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["./test/support/postgres.ts"],
    pool: "forks",
    // What is imported once serves all files of a worker: loading the program anew for each was a third of the tests' processor time.
    // A file leaves behind nothing that another could notice.
    isolate: false,
    // Programs that tests start are compiled once.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/node") },
    // One less than there are processors would be one on a small machine, and most tests wait for a browser or a server.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // A machine with much to do is no reason to fail.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
