import { describe, expect, test } from "vitest";
import { parseSource, roomOf, sourcesIn, type Source } from "./source.ts";

// The house: rooms on floors, from the top. Imports go down, never sideways on a floor, never up.
const FLOORS = [
  ["main"],
  ["processes"],
  ["serve"],
  ["http", "tasks", "mcp"],
  ["compose"],
  ["packages"],
  ["triggers"],
  ["runs"],
  ["schedules"],
  ["behaviors"],
  ["bots"],
  ["accounts", "notices"],
  ["services", "people"],
  ["context"],
  ["audit"],
  ["access", "outbound", "vault"],
  ["signer", "storage", "expressions"],
  ["config"],
  ["errors", "ticks"],
];

const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)));
const sources = sourcesIn("src");

/** What is wrong with where a file's imports lead. */
function wrongWays(source: Source): string[] {
  const room = roomOf(source.path);
  return source.imports.flatMap(({ from, path }) => {
    if (path === undefined) return [];
    if (!path.startsWith("src/")) return [`${source.path} leaves src by "${from}"`];
    const to = roomOf(path);
    if (to === room || floorOf.get(to)! > floorOf.get(room)!) return [];
    return [`${source.path} imports ${path}, which is not below it`];
  });
}

describe("the house", () => {
  test("has source files to look at", () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  test("has a floor for each room", () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path)));
    expect([...rooms].filter((room) => !floorOf.has(room))).toEqual([]);
  });

  test("has imports that only go down", () => {
    expect(sources.flatMap(wrongWays)).toEqual([]);
  });

  test("has no circle among its files that is there at run time", () => {
    const edges = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.flatMap((to) => (to.typeOnly || to.path === undefined ? [] : [to.path])),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: string[]) => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(" > "));
      if (done.has(path) || trail.includes(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  test("has stores that are opened only at home", () => {
    const strangers = sources.flatMap(({ path, imports }) =>
      imports
        .filter((to) => to.path?.endsWith("/store.ts") && roomOf(to.path) !== roomOf(path))
        .map((to) => `${path} imports ${to.path}`),
    );
    expect(strangers).toEqual([]);
  });

  test("has expressions that reach nothing: of the rooms they know errors alone", () => {
    const reached = sources
      .filter(({ path }) => roomOf(path) === "expressions")
      .flatMap(({ imports }) => imports.flatMap(({ path }) => (path === undefined ? [] : [roomOf(path)])));
    expect([...new Set(reached)].sort()).toEqual(["errors", "expressions"]);
  });

  test("has imports that name a file with its ending", () => {
    const odd = sources.flatMap(({ path, imports }) =>
      imports.filter((to) => to.path !== undefined && !/\.(ts|json)$/.test(to.path)).map((to) => `${path}: ${to.from}`),
    );
    expect(odd).toEqual([]);
  });

  test("has no drawer: no index, utils or helpers", () => {
    const drawers = sources.filter(({ path }) => /(^|\/)(index|utils?|helpers?|common|misc)(\.ts$|\/)/.test(path));
    expect(drawers.map(({ path }) => path)).toEqual([]);
  });

  test("has a front door that reaches no power itself", () => {
    // What has no power in it: making an id, going on with what may be there already, and telling a lost connection from a mistake of ours.
    const harmless = ["src/storage/id.ts", "src/storage/soon.ts", "src/http/failure.ts > src/storage/database.ts"];
    const reaching = sources
      .filter(({ path }) => roomOf(path) === "http")
      .flatMap(({ path, imports }) =>
        imports
          .filter((to) => !to.typeOnly && to.path !== undefined && /^src\/(storage|vault|outbound)\//.test(to.path))
          .filter((to) => !harmless.includes(to.path!) && !harmless.includes(`${path} > ${to.path}`))
          .map((to) => `${path} imports ${to.path}`),
      );
    expect(reaching).toEqual([]);
  });
});

describe("the rule of floors", () => {
  const wrong = (path: string, text: string) => wrongWays(parseSource(path, text));

  test("sees every way to import", () => {
    for (const text of [
      'import "../http/server.ts";',
      'import { a } from "../http/server.ts";',
      'import type { A } from "../http/server.ts";',
      'export * from "../http/server.ts";',
      'export { a } from "../http/server.ts";',
      'const a = await import("../http/server.ts");',
      "const a = await import(`../http/server.ts`);",
      'type A = import("../http/server.ts").A;',
      'const a = require("../http/server.ts");',
    ]) {
      expect(wrong("src/vault/vault.ts", text), text).toHaveLength(1);
    }
  });

  test("forbids up, sideways and out, and allows down and at home", () => {
    expect(wrong("src/vault/vault.ts", 'import "../access/actor.ts";')).toHaveLength(1);
    expect(wrong("src/services/add.ts", 'import "../people/browse.ts";')).toHaveLength(1);
    expect(wrong("src/config.ts", 'import "../test/support/world.ts";')).toHaveLength(1);
    expect(wrong("src/vault/vault.ts", 'import "./envelope.ts"; import "../errors.ts"; import "node:fs";')).toEqual([]);
  });
});
