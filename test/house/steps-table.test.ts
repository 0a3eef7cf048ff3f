import { describe, expect, test } from "vitest";
import { z } from "zod";
import { steps } from "../../src/behaviors/program.ts";
import { allStepKinds } from "../../src/behaviors/steps.ts";
import { textOf } from "./source.ts";

// docs/steps.md has a section for each kind of step, with a row for each of its fields.

const COMMON = ["id", "disabled", "do", "on_error", "retry"];
const sections = new Map(
  textOf("docs/steps.md")
    .split("\n## ")
    .slice(1)
    .map((section) => [/^`(\w+)`/.exec(section)?.[1] ?? "", section]),
);

/** The fields that a kind has besides what all have; a title is one only where the form asks for it. */
function fieldsOf(kind: ReturnType<typeof allStepKinds>[number]): string[] {
  const schema = z.toJSONSchema(kind.schema(steps), { io: "input", unrepresentable: "any" });
  const own = Object.keys(schema.properties ?? {}).filter((name) => !COMMON.includes(name));
  return own.filter((name) => name !== "title" || kind.fields.some((field) => field.name === name));
}

describe("the table of steps", () => {
  test("has the kinds that there are, in their order", () => {
    expect([...sections.keys()]).toEqual(allStepKinds().map(({ kind }) => kind));
  });

  test.each(allStepKinds().map((kind) => [kind.kind, kind] as const))("has every field of %s", (name, kind) => {
    const rows = [...sections.get(name)!.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field);
    expect(rows.sort()).toEqual(fieldsOf(kind).sort());
  });
});
