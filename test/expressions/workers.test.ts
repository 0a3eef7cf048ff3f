import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { Evaluator } from "../../src/expressions/evaluator.ts";
import { evaluatorForTests, refusalOf, scopeOf } from "./support.ts";

const { evaluator, valueOf } = evaluatorForTests();
const FOREVER = "range(100000).all(a, range(100000).all(b, b >= 0))";
const MEMORY = "range(100000).map(a, range(1000).map(b, [a, b])).size()";

describe("an evaluation", () => {
  test("that does not end is ended after a second", async () => {
    expect(await refusalOf(valueOf(FOREVER))).toBe(`“${FOREVER}” took longer than a second and was stopped.`);
    expect(await valueOf("1 + 1")).toBe(2);
  });

  test("that takes all memory takes only its worker's", async () => {
    expect(await refusalOf(valueOf(MEMORY))).toMatch(/needs too much memory|took longer than a second/);
    expect(await valueOf("1 + 1")).toBe(2);
  });

  test("that waits behind one that is ended does not fail with it", async () => {
    const bad = [FOREVER, FOREVER, MEMORY].map((text) => refusalOf(valueOf(text)));
    const good = Array.from({ length: 20 }, (_, index) => valueOf(`${index} + 1`));
    expect(await Promise.all(good)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await Promise.all(bad)).toHaveLength(3);
  });

  test("among others in one call is the one that is named", async () => {
    const texts = ["1 + 1", FOREVER, "2 + 2"];
    const jobs = texts.map((text) => ({ text, as: "expression" as const }));
    await expect(evaluator.evaluate(jobs, scopeOf())).rejects.toMatchObject({
      code: "invalid",
      issues: [{ path: "1", message: expect.stringContaining("took longer than a second") }],
    });
    const tree = { a: "{{ 1 + 1 }}", b: { c: ["x", `y {{ ${FOREVER} }}`] } };
    await expect(evaluator.render(tree, scopeOf())).rejects.toMatchObject({ issues: [{ path: "b.c.1" }] });
  });

  test("of many things at once is many answers", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => valueOf("inputs.n * 2", { inputs: { n: index } })),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => index * 2));
  });
});

describe("an evaluator that is closed", () => {
  test("tells those who wait, and those who come", async () => {
    const own = new Evaluator();
    const waiting = [FOREVER, FOREVER, "1 + 1"].map((text) => own.evaluate([{ text, as: "expression" }], scopeOf()));
    const told = Promise.all(waiting.map((one) => expect(one).rejects.toMatchObject({ code: "unavailable" })));
    await own.close();
    await told;
    await expect(own.evaluate([{ text: "1 + 1", as: "expression" }], scopeOf())).rejects.toMatchObject({
      code: "unavailable",
    });
    await own.close();
  });
});

describe("a process", () => {
  const module = new URL("../../src/expressions/evaluator.ts", import.meta.url).href;
  const run = (program: string) =>
    spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { Evaluator } from ${JSON.stringify(module)};
         const scope = { inputs: {}, config: {}, vars: {}, steps: {}, trigger: null, now: "2026-03-01T09:30:00Z" };
         const evaluate = (text) => new Evaluator().evaluate([{ text, as: "expression" }], scope);
         ${program}`,
      ],
      { timeout: 20_000 },
    );

  test("that Node runs as it is gets its answer, and ends with nobody closing anything", () => {
    const { status, stdout, stderr } = run('process.stdout.write(String((await evaluate("1 + 1"))[0]));');
    expect({ status, out: stdout.toString().trim(), err: stderr.toString() }).toEqual({ status: 0, out: "2", err: "" });
  });
});
