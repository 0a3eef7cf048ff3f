import { expect, test } from "vitest";
import { library } from "../../src/packages/library.ts";
import { textOf } from "./source.ts";

// docs/bots.md has a row for each bot that comes with Signet.

const rows = textOf("docs/bots.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test("the table of bots has each of them with its behaviors", () => {
  const written = library().map(({ key, pack }) => [
    `\`${key}\``,
    `**${pack.name}**. ${pack.description}`,
    pack.behaviors.map(({ title }) => title).join(", "),
  ]);
  expect([...rows].sort()).toEqual(written.sort());
});
