import { describe, expect, test } from "vitest";
import type { Place } from "../../src/expressions/evaluator.ts";
import { evaluatorForTests, scopeOf } from "./support.ts";

const { evaluator } = evaluatorForTests();
const scope = scopeOf({ inputs: { email: "anna@example.com", tags: ["a", "b"], page: 2 } });

describe("a rendered tree", () => {
  test("has values in place of its templates, wherever they are, and the rest as it was", async () => {
    const tree = {
      method: "POST",
      retries: 3,
      none: null,
      body: { email: "{{ inputs.email }}", tags: "{{ inputs.tags }}", list: ["{{ inputs.page + 1 }}", "x", true, []] },
      "{{ inputs.email }}": "keys are not rendered, as {{ inputs.page }} is",
    };
    const before = structuredClone(tree);
    expect(await evaluator.render(tree, scope)).toEqual({
      method: "POST",
      retries: 3,
      none: null,
      body: { email: "anna@example.com", tags: ["a", "b"], list: [3, "x", true, []] },
      "{{ inputs.email }}": "keys are not rendered, as 2 is",
    });
    expect(tree).toEqual(before);
    expect(await evaluator.render("{{ inputs.page }}", scope)).toBe(2);
    expect(await evaluator.render(7, scope)).toBe(7);
  });

  test("knows the place of each text", async () => {
    const tree = {
      url: "/contacts/{{ inputs.email }}",
      headers: { "X-Page": "{{ inputs.page }}" },
      body: "{{ inputs.page }}",
    };
    const places = ([first]: (string | number)[]): Place =>
      first === "url" ? "url" : first === "headers" ? "header" : "value";
    expect(await evaluator.render(tree, scope, places)).toEqual({
      url: "/contacts/anna%40example.com",
      headers: { "X-Page": "2" },
      body: 2,
    });
  });

  test("that can not be rendered says where", async () => {
    const tree = {
      steps: [{ body: "{{ inputs.phone }}" }, { body: { to: "a {{ inputs.email + 1 }}", cc: "{{ 1 }}" } }],
    };
    await expect(evaluator.render(tree, scope)).rejects.toMatchObject({
      code: "invalid",
      issues: [
        { path: "steps.0.body", message: "inputs has no “phone”." },
        { path: "steps.1.body.to", message: expect.stringContaining("At character 6: There is no string + int") },
      ],
    });
    await expect(evaluator.render(["{{ 1", "{{ foo"], scope)).rejects.toMatchObject({
      issues: [{ path: "0" }, { path: "1" }],
    });
  });

  test("keeps a key that means something to JavaScript as the data that it is", async () => {
    const tree = JSON.parse(
      '{ "__proto__": { "a": "{{ inputs.page }}" }, "constructor": "{{ inputs.tags }}" }',
    ) as object;
    const rendered = (await evaluator.render(tree, scope)) as object;
    expect(JSON.stringify(rendered)).toBe('{"__proto__":{"a":2},"constructor":["a","b"]}');
    expect(Object.getPrototypeOf(rendered)).toBeNull();
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test("is refused when it is nested beyond measure", async () => {
    let tree: unknown = "{{ inputs.page }}";
    for (let depth = 0; depth < 20_000; depth++) tree = [tree];
    await expect(evaluator.render(tree, scope)).rejects.toMatchObject({ code: "invalid" });
  });
});
