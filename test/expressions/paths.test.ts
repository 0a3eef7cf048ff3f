import fc from "fast-check";
import { expect, test } from "vitest";
import { Evaluator } from "../../src/expressions/evaluator.ts";
import { parse } from "../../src/expressions/language.ts";
import { pathOf } from "../../src/expressions/names.ts";
import { evaluatorForTests, scopeOf } from "./support.ts";

// A mere path is looked up at once, without a worker. Nobody must be able to tell.

const { evaluator } = evaluatorForTests();
const KEYS = [
  "a",
  "b",
  "my-step",
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "length",
  "0",
  "x y",
  'q"\\',
  "ä",
];

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      fc.constantFrom(null, true, false, 0, -0, 1, -1, 2 ** 53, -(2 ** 53) + 1, 1e21, 0.1, -2.5, 5e-324),
      fc.string({ unit: "grapheme", maxLength: 5 }),
      fc.constantFrom("\ud800", "\u0000", "{{", "2026-03-01"),
    ),
    fc.array(tie("json"), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), tie("json")), { maxLength: 4, selector: ([key]) => key })
      .map(record),
  ),
}));

function record(entries: [string, unknown][]): unknown {
  const made = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) made[key] = value;
  return made;
}

const key = fc.oneof(fc.constantFrom(...KEYS), fc.nat({ max: 3 }));
const path = fc
  .tuple(fc.constantFrom("inputs", "config", "vars", "steps", "trigger", "now"), fc.array(key, { maxLength: 4 }))
  .map(([root, keys]) => root + keys.map(written).join(""));

function written(one: string | number): string {
  if (typeof one === "number") return `[${one}]`;
  return /^[a-z_]\w*$/i.test(one) ? `.${one}` : `[${JSON.stringify(one)}]`;
}

async function outcome(by: Evaluator, text: string, scope: ReturnType<typeof scopeOf>): Promise<unknown> {
  return await by.evaluate([{ text, as: "expression" }], scope).then(
    ([value]) => ({ json: JSON.stringify(value), value }),
    (error: Error) => ({ refused: error.message }),
  );
}

test("a mere path gives exactly what a worker gives", async () => {
  const roots = fc.record({ inputs: json, config: json, vars: json, steps: json, trigger: json });
  await fc.assert(
    fc.asyncProperty(roots, path, async (values, text) => {
      const scope = scopeOf(values as Parameters<typeof scopeOf>[0]);
      const byWorker = `cel.bind(it, ${text}, it)`;
      expect(pathOf(parse(text).tree)).toBeDefined();
      expect(pathOf(parse(byWorker).tree)).toBeUndefined();
      expect(await outcome(evaluator, text, scope)).toEqual(await outcome(evaluator, byWorker, scope));
    }),
    { numRuns: 1000 },
  );
});

test("a path is only one when every key in it is written out and must be there", () => {
  const isPath = (text: string) => pathOf(parse(text).tree) !== undefined;
  expect(["inputs", "inputs.a", 'steps["a-b"].body[0].x', "(vars.a).b", "now"].filter(isPath)).toHaveLength(5);
  const others = [
    "inputs.?a",
    "inputs[vars.a]",
    "inputs.a + 1",
    "size(inputs)",
    "cel",
    "x.y",
    "inputs[-1]",
    "inputs[1.0]",
  ];
  expect(others.filter(isPath)).toEqual([]);
});

test("a path needs no worker, and works when there is none any more", async () => {
  const closed = new Evaluator();
  await closed.close();
  const scope = scopeOf({ inputs: { a: [1, 2] } });
  expect(await closed.evaluate([{ text: "a{{ inputs.a[1] }}", as: "template" }], scope)).toEqual(["a2"]);
  await expect(closed.evaluate([{ text: "1 + 1", as: "expression" }], scope)).rejects.toMatchObject({
    code: "unavailable",
  });
});
