import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { asYaml, behaviorText, readText } from "../../src/behaviors/text.ts";

const example = {
  bot: { id: "", slug: "crm", name: "CRM", owner: { type: "organization", id: null }, enabled: true },
  slug: "find-contact",
  title: "Find a contact: by email",
  public: true,
  enabled: true,
  inputs: [{ name: "email", type: "text", label: "Email", required: true }],
  steps: [
    {
      id: "found",
      do: "http_request",
      account: "crm-main",
      method: "GET",
      url: "/contacts?q={{ inputs.email }}",
      headers: { "x.trace": "no", accept: "application/json" },
      body: "yes",
      on_error: [{ do: "stop", state: "failed", message: "CRM answered\n{{ steps.found.status }}\n" }],
    },
  ],
  output: "{{ steps.found.body }}",
} as unknown as Behavior;

describe("a behavior as text", () => {
  test("reads well, and comes back as it was", () => {
    const text = behaviorText(example);
    expect(text.split("\n").slice(0, 4)).toEqual([
      "bot: crm",
      "slug: find-contact",
      'title: "Find a contact: by email"',
      "public: true",
    ]);
    expect(text).toContain("  - id: found\n    do: http_request\n");
    const { inputs, steps, output, slug, title } = example;
    expect(readText(text)).toMatchObject({
      value: { bot: "crm", slug, title, public: true, inputs, steps, output },
      problems: [],
    });
    expect(behaviorText({ ...example, enabled: false })).toContain("enabled: false");
  });

  test("keeps every JSON value, in YAML and in JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (json) => {
        const value = { output: JSON.parse(JSON.stringify(json)) as unknown };
        expect(readText(asYaml(value)).value).toEqual(value);
        expect(readText(JSON.stringify(value, null, "\t")).value).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    "yes",
    "null",
    "1e3",
    "0x1F",
    "2026-05-31",
    "- a",
    "a: b",
    "#a",
    "{{ inputs.x }}",
    "[x",
    "'",
    " x ",
    "~",
    "<<",
    "",
    "\t",
    "a\n\nb\n",
  ])("keeps the text %j a text", (output) => {
    expect(readText(asYaml({ output, [output]: 1 })).value).toEqual({ output, [output]: 1 });
  });

  test("says in which line something is, also under keys with dots", () => {
    const { lineOf } = readText(behaviorText(example));
    const lines = behaviorText(example).split("\n");
    const line = (path: string) => lines[lineOf(path)! - 1];
    expect(line("steps.0.url")).toContain("url:");
    expect(line("steps.0.headers.x.trace")).toContain("x.trace: no");
    expect(line("steps.0.on_error.0.message")).toContain("message:");
    expect(line("steps.0.missing")).toContain("- id: found");
    expect(line("inputs.0.label")).toContain("label: Email");
    expect(lineOf("nothing.at.all")).toBe(1);
  });

  test.each([
    ["title: [a", 1, /flow/i],
    ["title: a\ntitle: b", 2, /unique/],
    ["a: 1\nb", 2, /./],
    ["just words", 1, /names and values/],
    ["", 1, /names and values/],
    ["[1]", 1, /names and values/],
    ["output: .inf", 1, /no such number/],
  ])("refuses %j and says where", (text, line, message) => {
    const { value, problems } = readText(text);
    expect(value).toBeUndefined();
    expect(problems[0]!.line).toBe(line);
    expect(problems[0]!.message).toMatch(message);
  });

  test("is not blown up by aliases, nor by depth", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"]
      .concat(
        "bcdefgh".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`).join(",")}]`),
      )
      .join("\n");
    expect(readText(bomb).problems).toHaveLength(1);
    expect(readText(`a: ${"[".repeat(20_000)}`).problems.length).toBeGreaterThan(0);
    expect(readText("__proto__: {polluted: true}\noutput: 1").value).not.toHaveProperty("polluted");
  });
});
