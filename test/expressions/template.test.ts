import { describe, expect, test } from "vitest";
import { checkTemplate, isTemplate } from "../../src/expressions/check.ts";
import { evaluatorForTests, refusalOf } from "./support.ts";

const { textOf } = evaluatorForTests();
const scope = {
  inputs: { name: "Anna", count: 3, price: 2.5, yes: true, none: null, list: [1, "a"], map: { a: { b: null } } },
};

describe("a template", () => {
  test("that is one placeholder and nothing else is the value itself", async () => {
    expect(await textOf("{{ inputs.count }}", scope)).toBe(3);
    expect(await textOf("{{inputs.list}}", scope)).toEqual([1, "a"]);
    expect(await textOf("{{ inputs.none }}", scope)).toBeNull();
    expect(await textOf("{{ inputs.count + 1 }}", scope)).toBe(4);
  });

  test.each([
    ["Hello {{ inputs.name }}!", "Hello Anna!"],
    [" {{ inputs.count }}", " 3"],
    ["{{ inputs.name }}{{ inputs.count }}", "Anna3"],
    ["{{ inputs.count }} x {{ inputs.price }}, {{ inputs.yes }}", "3 x 2.5, true"],
    ["[{{ inputs.none }}]", "[]"],
    ["{{ inputs.list }};{{ inputs.map }}", '[1,"a"];{"a":{"b":null}}'],
    ["at {{ now }}, in {{ duration('90s') }}", "at 2026-03-01T09:30:00.000Z, in 90s"],
    ['{{ "{{" }}x}}', "{{x}}"],
    ["{{ '}}' }} {{ \"}}\" }} {{ '''}}''' }}", "}} }} }}"],
    ['{{ "\\"}}" }}.', '"}}.'],
    ["{{ r'}}' }}.", "}}."],
    ['{{ {"a": {"b": inputs.count}} }}.', '{"a":{"b":3}}.'],
    ['{"a":{{ inputs.count }}}', '{"a":3}'],
    ["{{ 1 // }} is a comment\n }}.", "1."],
    ["no { placeholder } here }}", "no { placeholder } here }}"],
    ["", ""],
  ])("of %j reads as %j", async (text, result) => {
    expect(checkTemplate(text)).toBeUndefined();
    expect(await textOf(text, scope)).toBe(result);
  });

  test.each([
    ["{{{ prompts.key }}}", "At character 1: {{{ … }}} belongs to packages"],
    ["a {{{ x }}} b", "At character 3: {{{ … }}} belongs to packages"],
    ["a {{ inputs.name", "At character 3: The placeholder that begins here is not closed; write }} after it."],
    ["{{ 'it }}", "At character 1: The placeholder that begins here is not closed; write }} after it."],
    ["{{ }}", "At character 1: The placeholder is empty; write an expression in it."],
    ["a\nb {{ inputs.name + }}", "At line 2, character 20: the end can not stand here."],
    ["a\nb {{ 1 }} {{ foo }}", "At line 2, character 14: There is no “foo”"],
    [`${"x".repeat(64 * 1024)}{{ 1 }}`, "a template has 65536 at most"],
  ])("of %j is refused", async (text, sentence) => {
    expect(checkTemplate(text)).toContain(sentence);
    expect(await refusalOf(textOf(text, scope))).toContain(sentence);
  });

  test("is what has two opening braces", () => {
    expect(["{{ a }}", "a {{", "{{{ a }}}"].map(isTemplate)).toEqual([true, true, true]);
    expect(["", "a", "{ a }", "}}"].map(isTemplate)).toEqual([false, false, false, false]);
  });

  test("in the place of a text is a text, also when it is one value", async () => {
    expect(await textOf("{{ inputs.count }}", scope, "text")).toBe("3");
    expect(await textOf("{{ inputs.list }}", scope, "text")).toBe('[1,"a"]');
    expect(await textOf("{{ inputs.none }}", scope, "text")).toBe("");
  });

  test("in the place of a header is a text of one line", async () => {
    expect(await textOf("Bearer {{ inputs.name }}", scope, "header")).toBe("Bearer Anna");
    for (const value of ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b"]) {
      const sentence = await refusalOf(textOf("a{{ inputs.value }}", { inputs: { value } }, "header"));
      expect(sentence).toBe("A header can not hold line ends or NUL.");
    }
  });
});
