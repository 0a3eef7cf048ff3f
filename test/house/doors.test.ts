import ts from "typescript";
import { describe, expect, test } from "vitest";
import { parseSource, sourcesIn, walk, type Source } from "./source.ts";

// Each power has one home. A power that is found elsewhere has to move, or the house has to be thought over.

const sources = sourcesIn("src");

interface Door {
  power: string;
  /** Packages and built-in modules that are this power. */
  modules: RegExp;
  /** Files that may have it. */
  home: RegExp;
  /** Taking types alone is taking nothing. */
  typesAnywhere?: boolean;
}

const DOORS: Door[] = [
  { power: "the web framework", modules: /^(fastify|@fastify\/.+|eta)$/, home: /^src\/http\// },
  { power: "SQL", modules: /^(knex|pg|pg-(?!boss$).+)$/, home: /^src\/storage\// },
  { power: "the queue", modules: /^pg-boss$/, home: /^src\/storage\/queue\.ts$/ },
  { power: "HTTP clients", modules: /^(got|undici)$/, home: /^src\/outbound\// },
  // Signet speaks LDAP itself (docs/decisions/0016).
  { power: "directories", modules: /^(ldapts|ldapjs|@ldapjs\/.+)$/, home: /^$/ },
  {
    power: "sockets and names",
    modules: /^(node:)?(http|https|http2|net|tls|dns|dns\/promises|dgram)$/,
    home: /^src\/(outbound\/|http\/|main\.ts$)/,
  },
  { power: "other programs", modules: /^(node:)?child_process$/, home: /^src\/storage\/embedded/, typesAnywhere: true },
  { power: "the expression language", modules: /^@marcbachmann\/cel-js(\/.+)?$/, home: /^src\/expressions\// },
  { power: "threads", modules: /^(node:)?worker_threads$/, home: /^src\/expressions\// },
  { power: "running text as code", modules: /^(node:)?(vm|module|repl|inspector)$/, home: /^$/ },
];

function strangers(door: Door, among: Source[]): string[] {
  return among
    .filter(({ path }) => !door.home.test(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter((to) => door.modules.test(to.from) && !(door.typesAnywhere && to.typeOnly))
        .map((to) => `${path} imports ${to.from}`),
    );
}

/** Where `found` holds of a node, as file names. */
function where(among: Source[], found: (node: ts.Node) => boolean): string[] {
  return among
    .filter(({ tree }) => {
      let any = false;
      walk(tree, (node) => {
        any ||= found(node);
      });
      return any;
    })
    .map(({ path }) => path);
}

describe("a power has one home", () => {
  test.each(DOORS)("$power", (door) => {
    expect(strangers(door, sources)).toEqual([]);
  });

  test("a door that is passed shows", () => {
    const [http] = DOORS;
    expect(strangers(http!, [parseSource("src/vault/vault.ts", 'import type { A } from "fastify";')])).toHaveLength(1);
    expect(strangers(http!, [parseSource("src/vault/vault.ts", 'await import("@fastify/view");')])).toHaveLength(1);
    expect(strangers(http!, [parseSource("src/http/server.ts", 'import fastify from "fastify";')])).toEqual([]);
  });

  test("ciphers: the envelope, and PKCS#12 files to take in what they hold", () => {
    const names = /^(createCipheriv|createDecipheriv|publicEncrypt|privateDecrypt|publicDecrypt|privateEncrypt)$/;
    const files = where(sources, (node) => ts.isIdentifier(node) && names.test(node.text));
    expect(files).toEqual(["src/signer/pkcs12.ts", "src/vault/envelope.ts"]);
  });

  test("the envelope: the vault", () => {
    const users = sources.filter(({ imports }) => imports.some((to) => to.path === "src/vault/envelope.ts"));
    expect(users.filter(({ path }) => !path.startsWith("src/vault/"))).toEqual([]);
  });

  test("the environment: the configuration", () => {
    const isEnvironment = (node: ts.Node) =>
      (ts.isPropertyAccessExpression(node) && node.name.text === "env" && node.expression.getText() === "process") ||
      (ts.isElementAccessExpression(node) && node.expression.getText() === "process");
    expect(where(sources, isEnvironment)).toEqual(["src/config.ts"]);
    const taken = sources.filter(({ imports }) => imports.some((to) => /^(node:)?process$/.test(to.from)));
    expect(taken.map(({ path }) => path)).toEqual([]);
  });

  test("fetch, which has no guard: nobody", () => {
    const isFetch = (node: ts.Node) =>
      ts.isCallExpression(node) && /^(globalThis\.)?fetch$|^(globalThis\.)?WebSocket$/.test(node.expression.getText());
    expect(where(sources, isFetch)).toEqual([]);
  });

  test("text as code: nobody", () => {
    const runs = (node: ts.Node) =>
      (ts.isCallExpression(node) && node.expression.getText() === "eval") ||
      (ts.isNewExpression(node) && node.expression.getText() === "Function");
    expect(where(sources, runs)).toEqual([]);
  });
});

describe("a secret is opened in few places, each of which has been thought about", () => {
  // A new line here needs a reason: who may reach the place, and where the secret goes from it (statement E-17).
  const OPENERS = [
    /^src\/audit\/audit\.ts$/, // the key of the chain, at the start
    /^src\/services\/secret\.ts$/, // a service's own secret, to its own endpoints
    /^src\/accounts\//, // an account's credential, to sign a request
    /^src\/triggers\/webhook-secret\.ts$/, // what a webhook's sender signs with, to compare a signature
    /^src\/vault\/rotate\.ts$/, // to seal it anew
  ];
  const opens = (node: ts.Node) => {
    if (ts.isCallExpression(node)) return /(^|[.#])vault\??\.(open|\[.*\])$/.test(node.expression.getText());
    // Taken apart or handed on: const { open } = vault, vault["open"], vault.open.bind.
    return (
      (ts.isVariableDeclaration(node) &&
        ts.isObjectBindingPattern(node.name) &&
        /(^|[.#])vault$/.test(node.initializer?.getText() ?? "")) ||
      (ts.isElementAccessExpression(node) && /(^|[.#])vault$/.test(node.expression.getText())) ||
      (ts.isPropertyAccessExpression(node) &&
        node.name.text === "open" &&
        /(^|[.#])vault$/.test(node.expression.getText()))
    );
  };

  test("and in no other", () => {
    const files = where(sources, opens);
    expect(files).toContain("src/audit/audit.ts");
    expect(files.filter((path) => !OPENERS.some((opener) => opener.test(path)))).toEqual([]);
  });

  test("whatever way it is written", () => {
    for (const text of [
      "ctx.vault.open(a, b);",
      "vault.open<Secret>(a, b);",
      "this.#vault.open(a, b);",
      "const { open } = ctx.vault;",
      'ctx.vault["open"](a, b);',
      "const f = ctx.vault.open.bind(ctx.vault);",
    ]) {
      expect(where([parseSource("src/http/x.ts", text)], opens), text).toHaveLength(1);
    }
    expect(where([parseSource("src/http/x.ts", "memory.open(); ctx.vault.put(a);")], opens)).toEqual([]);
  });

  test("and the table of secrets is named by the vault alone", () => {
    // The audit looks for its own key's row by its subject, once, at the start.
    const named = where(
      sources,
      (node) => ts.isStringLiteralLike(node) && /(^|\bfrom |\binto |\bupdate |\bjoin )secrets$/.test(node.text),
    );
    expect(named.filter((path) => !path.startsWith("src/vault/") && path !== "src/audit/audit.ts")).toEqual([]);
  });
});
