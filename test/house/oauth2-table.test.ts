import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { kindOf } from "../../src/signer/kinds.ts";
import { textOf } from "./source.ts";

// docs/oauth2.md says by which setting a provider may differ, and which test proves it.

const text = textOf("docs/oauth2.md");
const links = [...text.matchAll(/\]\((\S+\.test\.ts)(?:\s"([^"]+)")?\)/g)].map(([, path, name]) => ({
  path: posix.normalize(posix.join("docs", path!)),
  name,
}));
const settings = kindOf("oauth2").settings.filter(({ group }) => group !== undefined);

describe("the table of how OAuth 2.0 providers differ", () => {
  test("names a test in every row", () => {
    const rows = text.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| quirk "));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) expect(row).toMatch(/\]\(\.\.\/test\//);
  });

  test.each(links)("names a test that exists: $path $name", ({ path, name }) => {
    const source = textOf(path);
    if (name !== undefined) expect(source.split(`"${name}"`)).toHaveLength(2);
  });

  test("tells every rare setting of the code grant, at least", () => {
    const others = /^(assertion|client_(assertion|key)|registration|scopes_in_assertion)/;
    const untold = settings
      .map(({ name }) => name)
      .filter((name) => !others.test(name) && !text.includes(`\`${name}\``));
    expect(untold).toEqual([]);
  });
});
