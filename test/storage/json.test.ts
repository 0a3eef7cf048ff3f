import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonText } from "../../src/storage/json.ts";
import { newWorld, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
beforeAll(async () => {
  hub = await newWorld();
});
afterAll(() => hub.close());

test.each([
  ["NUL and halves of characters", { a: "x\u0000y", b: "\ud800" }, { a: "x\ufffdy", b: "\ufffd" }],
  ["what only looks like them", { a: "\\u0000", b: "\\\\ud800" }, { a: "\\u0000", b: "\\\\ud800" }],
  ["a backslash before NUL", ["\\\u0000"], ["\\\ufffd"]],
  ["whole characters", ["\u{1f511}"], ["\u{1f511}"]],
  ["nothing", undefined, null],
])("PostgreSQL takes %s", async (_, value, kept) => {
  const { rows } = await hub.world.database.knex.raw<{ rows: { kept: unknown }[] }>("select ?::jsonb as kept", [
    jsonText(value),
  ]);
  expect(rows[0]!.kept).toEqual(kept);
});
