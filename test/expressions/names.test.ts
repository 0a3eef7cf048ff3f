import { describe, expect, test } from "vitest";
import { namesIn } from "../../src/expressions/check.ts";
import { partOf } from "../../src/expressions/scope.ts";
import { scopeOf } from "./support.ts";

describe("the names in an expression", () => {
  test.each<[string, string[]]>([
    ["inputs.email", ["inputs.email"]],
    ["steps.found.body.items[0].id", ["steps.found.body.items"]],
    ['steps["my-step"].body', ["steps.my-step.body"]],
    ['config["a.b"].c', ['config["a.b"].c']],
    ["inputs.a + inputs.b * inputs.a", ["inputs.a", "inputs.b"]],
    ["steps.found.body.items.map(item, item.id + inputs.a)", ["steps.found.body.items", "inputs.a"]],
    ["vars.list[inputs.index].x", ["vars.list", "inputs.index"]],
    ["vars[inputs[vars.key]]", ["vars", "inputs", "vars.key"]],
    ["has(steps.found.body.a) ? 1 : config.x", ["steps.found.body.a", "config.x"]],
    ["inputs.?a.?b.orValue(vars.c)", ["inputs.a.b", "vars.c"]],
    ["inputs[?'a']", ["inputs.a"]],
    ['{"a": inputs.a, vars.k: [trigger.b]}', ["inputs.a", "vars.k", "trigger.b"]],
    ["cel.bind(vars, inputs.a, vars.b + config.c)", ["inputs.a", "config.c"]],
    ["vars.list.sort_by(inputs, inputs.n)", ["vars.list"]],
    ["default(inputs.a, trigger)", ["inputs.a", "trigger"]],
    ["(inputs.a).b", ["inputs.a.b"]],
    ["-inputs.a < 1 && !inputs.b", ["inputs.a", "inputs.b"]],
    ["size(inputs)", ["inputs"]],
    ["now", ["now"]],
    ["1 + 2", []],
    ["1 +", []],
  ])("of %s are %j", (text, names) => {
    expect(namesIn(text, "expression")).toEqual(names);
  });

  test("of a template are those of its placeholders", () => {
    expect(namesIn("a {{ inputs.a }} {{ vars.b + inputs.a }} steps.c", "template")).toEqual(["inputs.a", "vars.b"]);
    expect(namesIn("nothing", "template")).toEqual([]);
    expect(namesIn("{{ inputs.a", "template")).toEqual([]);
  });
});

describe("the part of the scope that a worker gets", () => {
  const steps = { a: { status: 200, body: { big: "…", items: [1], secret: "s" } }, b: { status: 500 } };
  const part = (...ways: string[][]) => JSON.parse(partOf(scopeOf({ steps, inputs: { none: null } }), ways)) as unknown;

  test("is what the expression reads, and nothing else", () => {
    expect(part(["steps", "a", "body", "items"])).toEqual({ steps: { a: { body: { items: [1] } } } });
    expect(part(["steps", "a", "status"], ["steps", "b"])).toEqual({
      steps: { a: { status: 200 }, b: { status: 500 } },
    });
    expect(part(["steps", "b"], ["steps", "b", "status"])).toEqual({ steps: { b: { status: 500 } } });
    expect(part(["steps", "b", "status"], ["steps", "b"])).toEqual({ steps: { b: { status: 500 } } });
    expect(part()).toEqual({});
  });

  test("ends where the way does", () => {
    expect(part(["steps", "c", "body"])).toEqual({ steps: {} });
    expect(part(["steps", "a", "status", "x"])).toEqual({ steps: { a: { status: 200 } } });
    expect(part(["inputs", "none", "x"])).toEqual({ inputs: { none: null } });
    expect(part(["inputs", "toString", "name"], ["trigger", "x"])).toEqual({ inputs: {}, trigger: null });
  });
});
