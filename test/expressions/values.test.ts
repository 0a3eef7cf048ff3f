import { afterAll, describe, expect, test } from "vitest";
import { Evaluator } from "../../src/expressions/evaluator.ts";
import type { Scope } from "../../src/expressions/scope.ts";

const evaluator = new Evaluator();
afterAll(() => evaluator.close());
const scope: Scope = { inputs: { a: 1 }, config: {}, vars: {}, steps: {}, trigger: null, now: "2026-01-01T00:00:00Z" };

describe("an expression", () => {
  test("is evaluated in a worker", async () => {
    expect(await evaluator.evaluate([{ text: "inputs.a + 1", as: "expression" }], scope)).toEqual([2]);
  });
});
