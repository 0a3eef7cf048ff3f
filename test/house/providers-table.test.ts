import { posix } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { filesIn, parseSource, textOf } from "./source.ts";

// docs/providers.md says which test proves what of which provider. Whoever renames a test has to say so there.

const COLUMNS = ["provider", "link", "sign", "call", "refresh", "revoke", "errors"];
const DOCUMENT = "docs/providers.md";

interface Named {
  provider: string;
  path: string;
  test: string;
}

const lines = textOf(DOCUMENT).split("\n");
const first = lines.findIndex((line) => line.startsWith("| provider "));
const table = lines.slice(first, lines.indexOf("", first)).map(cellsOf);
const rows = table.slice(2);
const named = rows.flatMap(([provider = "", ...cells]) => cells.flatMap((cell) => namedIn(provider, cell)));

/** The tests of each file, with the name of the describe around them. */
const known = new Map(
  [...new Set(named.map(({ path }) => path)), ...filesIn("test/providers", ".test.ts")].map((path) => [
    path,
    testsOf(path),
  ]),
);

describe("the table of the seed providers", () => {
  test("has twenty rows with something in every cell", () => {
    expect(table[0]).toEqual(COLUMNS);
    expect(rows).toHaveLength(20);
    for (const cells of rows) expect(cells.filter(Boolean), cells[0]).toHaveLength(COLUMNS.length);
  });

  test.each(named)("names a test that exists: $provider, $test", ({ provider, path, test: name }) => {
    const found = known.get(path)!.filter((one) => one.name === name);
    const own = path.startsWith("test/providers/") ? found.filter(({ group }) => group === provider) : found;
    expect(own, path).toHaveLength(1);
  });

  test("leaves no test of the providers unnamed", () => {
    const all = filesIn("test/providers", ".test.ts").flatMap((path) =>
      known.get(path)!.map(({ group, name }) => `${group}: ${name}`),
    );
    const told = new Set(named.map(({ provider, test: name }) => `${provider}: ${name}`));
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((one) => !told.has(one))).toEqual([]);
  });
});

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Links to test files, each with the test's name for a title. */
function namedIn(provider: string, cell: string): Named[] {
  return [...cell.matchAll(/\]\((\S+\.test\.ts) "([^"]+)"\)/g)].map(([, path, name]) => ({
    provider,
    path: posix.normalize(posix.join("docs", path!)),
    test: name!,
  }));
}

function testsOf(path: string): { group: string; name: string }[] {
  const found: { group: string; name: string }[] = [];
  const visit = (node: ts.Node, group: string): void => {
    let inner = group;
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const [name] = node.arguments;
      const words = name && ts.isStringLiteralLike(name) ? name.text : "";
      if (node.expression.text === "describe") inner = words;
      if (node.expression.text === "test") found.push({ group, name: words });
    }
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(parseSource(path, textOf(path)).tree, "");
  return found;
}
