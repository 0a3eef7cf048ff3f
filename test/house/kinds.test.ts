import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { allKinds } from "../../src/signer/kinds.ts";
import { filesIn, sourcesIn, stringsOf } from "./source.ts";

// A kind is a file and one line in the registry. Nothing above the signer knows one by name.

const files = filesIn("src/signer/kinds", ".ts").map((path) => basename(path, ".ts"));

describe("kinds of authentication", () => {
  test("each have a file that is called as they are, and each file is one", () => {
    expect(
      allKinds()
        .map(({ id }) => id.replaceAll("_", "-"))
        .sort(),
    ).toEqual(files);
  });

  test("are each explained on the page of kinds", () => {
    const page = readFileSync(new URL("../../docs/kinds.md", import.meta.url), "utf8");
    const explained = [...page.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((match) => match[1]);
    expect(explained.sort()).toEqual(
      allKinds()
        .map(({ id }) => id)
        .sort(),
    );
  });

  test("are told apart by their names and labels", () => {
    expect(new Set(allKinds().map(({ id }) => id)).size).toBe(allKinds().length);
    expect(new Set(allKinds().map(({ label }) => label)).size).toBe(allKinds().length);
    for (const kind of allKinds()) expect(kind.summary).toMatch(/\.$/);
  });

  test("have fields that a form can draw and whose names are used once", () => {
    for (const kind of allKinds()) {
      const secret = kind.secret(kind.settingsSchema.safeParse({}).data ?? {});
      for (const fields of [kind.settings, secret]) {
        expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
        for (const field of fields) {
          expect(field.name).toMatch(/^[a-z][a-z0-9_]*$/);
          expect(field.label.trim()).not.toBe("");
          if (field.type === "choice") expect(field.options?.length).toBeGreaterThan(1);
        }
      }
    }
  });

  test("are registered by name, never discovered", () => {
    const [registry] = sourcesIn("src/signer").filter(({ path }) => path === "src/signer/kinds.ts");
    expect(registry!.text).not.toMatch(/readdir|import\(|glob/);
    expect(registry!.imports.filter((to) => to.path?.startsWith("src/signer/kinds/"))).toHaveLength(files.length);
  });

  test("are imported by the registry alone", () => {
    const others = sourcesIn("src")
      .filter(({ path }) => path !== "src/signer/kinds.ts")
      .filter(({ imports }) => imports.some((to) => to.path?.startsWith("src/signer/kinds/")));
    expect(others.map(({ path }) => path)).toEqual([]);
  });

  test("are named in no code above the signer", () => {
    // Basic and bearer are also words of HTTP, and "none" is a word.
    const names = new Set(
      allKinds()
        .map(({ id }) => id)
        .filter((id) => !["basic", "bearer", "none"].includes(id)),
    );
    const named = sourcesIn("src")
      .filter(({ path }) => !path.startsWith("src/signer/"))
      .flatMap((source) =>
        stringsOf(source)
          .filter((text) => names.has(text))
          .map((text) => `${source.path} names "${text}"`),
      );
    expect(named).toEqual([]);
  });

  test("are pure: no network, no clock, no chance, no storage", () => {
    const impure = sourcesIn("src/signer").flatMap(({ path, text, imports }) => [
      ...imports
        .filter((to) => to.path === undefined && !["zod", "node:crypto", "node:buffer"].includes(to.from))
        .map((to) => `${path} imports ${to.from}`),
      ...(/\bnew Date\(\)|Date\.now|Math\.random|randomBytes|randomUUID|performance\.now/.test(text)
        ? [`${path} reads a clock or a die`]
        : []),
    ]);
    expect(impure).toEqual([]);
  });
});
