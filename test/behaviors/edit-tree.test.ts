import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addStep,
  duplicateStep,
  freeId,
  liftStep,
  listsOf,
  readPath,
  removeStep,
  replaceStep,
  sendStep,
  shiftStep,
  stepAt,
  switchStep,
  type Edited,
} from "../../src/behaviors/edit-tree.ts";
import { programSchema, walk, type Program } from "../../src/behaviors/program.ts";
import type { Step } from "../../src/behaviors/step.ts";

const set = (name: string): Step => ({ do: "set", name, value: 1 }) as Step;
const program = programSchema.parse({
  steps: [
    {
      id: "found",
      do: "http_request",
      account: "crm",
      url: "/contacts",
      on_error: [{ do: "stop", state: "failed", message: "It said {{ steps.found.status }}, not steps.founder" }],
    },
    { do: "decide", outcomes: [{ title: "none", when: "true", steps: [set("a"), set("b")] }, { title: "some" }] },
    { do: "loop", over: "[1]", steps: [set("c")] },
  ],
}) as Program;
const names = (steps: Step[]) =>
  walk(steps).map(
    ({ step, path }) => `${path.slice(1).join(".")} ${String((step as { name?: string }).name ?? step.do)}`,
  );
const at = (text: string) => readPath(text);

describe("the steps of a program", () => {
  test("are found where they stand, and nowhere else", () => {
    expect(stepAt(program, at("steps.1.outcomes.0.steps.1"))).toEqual(set("b"));
    for (const path of [
      "steps",
      "steps.9",
      "steps.1.outcomes.0",
      "steps.length",
      "__proto__.0",
      "",
      "steps.0.on_error.0.steps.0",
    ])
      expect(stepAt(program, at(path)), path).toBeUndefined();
    expect(listsOf(program).map(({ path, label }) => [path.join("."), label])).toEqual([
      ["steps", undefined],
      ["steps.0.on_error", "On error"],
      ["steps.1.outcomes.0.steps", "none"],
      ["steps.1.outcomes.1.steps", "some"],
      ["steps.2.steps", "For each"],
    ]);
  });

  test("take a new one before, between and after", () => {
    const between = addStep(program, at("steps.1.outcomes.0.steps"), 1, set("new"));
    expect(between.path).toEqual(at("steps.1.outcomes.0.steps.1"));
    expect(names(between.program.steps)).toContain("1.outcomes.0.steps.2 b");
    expect(addStep(program, at("steps"), 99, set("new")).path).toEqual(["steps", 3]);
    expect(() => addStep(program, at("steps.7.steps"), 0, set("new"))).toThrow("no longer where it was");
  });

  test("answer a failure only where there can be one", () => {
    const made = addStep(removed(program, "steps.0.on_error.0"), at("steps.0.on_error"), 0, set("new"));
    expect(stepAt(made.program, made.path)).toEqual(set("new"));
    const loopless = replaceStep(program, at("steps.0"), {
      do: "http_request",
      account: "a",
      url: "/",
    } as unknown as Step).program;
    expect(stepAt(addStep(loopless, at("steps.0.on_error"), 0, set("x")).program, at("steps.0.on_error.0"))).toEqual(
      set("x"),
    );
    expect(() => addStep(program, at("steps.2.on_error"), 0, set("new"))).toThrow();
  });

  test("change places, and stay at the ends", () => {
    const up = shiftStep(program, at("steps.2"), -1);
    expect(up.path).toEqual(["steps", 1]);
    expect(up.program.steps.map((step) => step.do)).toEqual(["http_request", "loop", "decide"]);
    expect(shiftStep(program, at("steps.0"), -1).program).toEqual(program);
    expect(shiftStep(program, at("steps.2"), 1).program).toEqual(program);
  });

  test("go into others and out again, and never into themselves", () => {
    const into = sendStep(program, at("steps.0"), at("steps.1.outcomes.1.steps"));
    expect(into.path).toEqual(at("steps.0.outcomes.1.steps.0"));
    const out = liftStep(into.program, into.path);
    expect(out.path).toEqual(["steps", 1]);
    expect(out.program.steps.map((step) => step.do)).toEqual(["decide", "http_request", "loop"]);
    expect(() => sendStep(program, at("steps.1"), at("steps.1.outcomes.0.steps"))).toThrow("into itself");
    expect(() => liftStep(program, at("steps.1"))).toThrow("in no other one");
  });

  test("are copied with ids of their own, which the copy reads", () => {
    const { program: copied, path } = duplicateStep(program, at("steps.0"));
    expect(path).toEqual(["steps", 1]);
    expect(copied.steps[1]).toMatchObject({
      id: "found_2",
      on_error: [{ message: "It said {{ steps.found_2.status }}, not steps.founder" }],
    });
    expect(copied.steps[0]).toEqual(program.steps[0]);
    expect(freeId(copied, "found")).toBe("found_3");
    expect(() => programSchema.parse(copied)).not.toThrow();
  });

  test("are left out of runs and taken back in", () => {
    const off = switchStep(program, at("steps.2")).program;
    expect(off.steps[2]).toMatchObject({ disabled: true });
    expect(switchStep(off, at("steps.2")).program).toEqual(program);
  });

  test("never get lost or doubled, whatever is done", () => {
    const anyPath = fc.constantFrom(...walk(program.steps).map(({ path }) => path));
    const anyList = fc.constantFrom(...listsOf(program).map(({ path }) => path));
    const moves = fc.oneof(
      fc.tuple(anyPath, fc.constantFrom(-1 as const, 1 as const)).map(
        ([path, by]) =>
          (one: Program) =>
            shiftStep(one, path, by),
      ),
      anyPath.map((path) => (one: Program) => liftStep(one, path)),
      fc.tuple(anyPath, anyList).map(
        ([path, list]) =>
          (one: Program) =>
            sendStep(one, path, list),
      ),
    );
    const all = (one: Program) =>
      names(one.steps)
        .map((line) => line.split(" ")[1])
        .sort();
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 8 }), (work) => {
        let now = structuredClone(program);
        const before = JSON.stringify(program);
        for (const move of work) {
          const moved = attempted(() => move(now));
          if (moved === undefined) continue;
          expect(stepAt(moved.program, moved.path)).toBeDefined();
          now = moved.program;
        }
        expect(all(now)).toEqual(all(program));
        expect(JSON.stringify(program)).toBe(before);
      }),
    );
  });
});

function removed(one: Program, path: string): Program {
  const rest = removeStep(one, at(path));
  expect(walk(rest.steps)).toHaveLength(walk(one.steps).length - 1);
  return rest;
}

function attempted(work: () => Edited): Edited | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
