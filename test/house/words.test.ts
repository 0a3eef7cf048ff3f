import { describe, expect, test } from "vitest";
import { filesIn, textOf } from "./source.ts";

// Nothing is left for later in the code itself, and no test is left out.

const code = [
  ...["src", "test", "migrations", "bench", "demo"].flatMap((folder) => filesIn(folder, ".ts")),
  ...["views", "bin"].flatMap((folder) => [
    ...filesIn(folder, ".js"),
    ...filesIn(folder, ".eta"),
    ...filesIn(folder, ".css"),
  ]),
];
const tests = filesIn("test", ".ts");

/** Files in which `pattern` is found, with the line. */
function found(paths: string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    textOf(path)
      .split("\n")
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim().slice(0, 80)}`] : [])),
  );
}

describe("the code", () => {
  test("is there to be read", () => {
    expect(code.length).toBeGreaterThan(100);
    expect(tests).toContain("test/house/words.test.ts");
  });

  test("leaves nothing to be done", () => {
    const later = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"];
    expect(found(code, new RegExp(`\\b(${later.join("|")})\\b`))).toEqual([]);
  });

  test("is not switched off for the compiler", () => {
    const silenced = ["@ts-" + "ignore", "@ts-" + "nocheck", "eslint-" + "disable(?!-next-line)"];
    expect(found(code, new RegExp(silenced.join("|")))).toEqual([]);
  });

  test("names nobody's own machine", () => {
    expect(found(code, /\/(home|Users)\/[a-z]+\//)).toEqual([]);
  });
});

describe("the tests", () => {
  test("are all run", () => {
    const words = ["only", "skip", "todo", "fails", "skipIf"].join("|");
    expect(found(tests, new RegExp(`\\b(test|it|describe|suite)(\\.[a-z]+)*\\.(${words})\\b`))).toEqual([]);
    expect(found(tests, /\b[xf](it|test|describe)\(/)).toEqual([]);
  });

  test("are of the real thing: what is watched still does its work", () => {
    const unreal = [
      "vi\\.(mock|doMock|fn|stub|useFake)",
      "\\.mock(Impl|Return|Resolved|Rejected)",
      "jest\\.",
      "sinon",
      "nock\\(",
    ];
    expect(
      found(
        tests.filter((path) => path !== "test/house/words.test.ts"),
        new RegExp(unreal.join("|")),
      ),
    ).toEqual([]);
  });
});
