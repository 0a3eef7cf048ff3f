import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { notFound } from "../errors.ts";
import { misplaced } from "./placement.ts";
import type { Package } from "./package.ts";
import { readPackage } from "./read.ts";

const FOLDER = join(import.meta.dirname, "library");

/** A package that comes with Signet. */
export interface LibraryEntry {
  /** The name of its file. */
  key: string;
  pack: Package;
  /** As it is written, to be imported. */
  json: unknown;
  /** Key of the catalog entry whose logo it wears. */
  logo: string | null;
}

let entries: Map<string, LibraryEntry> | undefined;

/** Every package of the library, by name. Read and checked once; throws for a file that is no package. */
export function library(): LibraryEntry[] {
  entries ??= new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith(".json"))
      .map((name) => readEntry(name.slice(0, -".json".length), readFileSync(join(FOLDER, name), "utf8")))
      .sort((a, b) => a.pack.name.localeCompare(b.pack.name))
      .map((entry) => [entry.key, entry]),
  );
  return [...entries.values()];
}

/** The package of the library called `key`. Throws `not_found`. */
export function libraryEntry(key: string): LibraryEntry {
  const entry = library().find((one) => one.key === key);
  if (!entry) throw notFound("package");
  return entry;
}

/** One file of the library. Throws naming the file and what is wrong with it. */
export function readEntry(key: string, text: string): LibraryEntry {
  const json: unknown = JSON.parse(text);
  const { pack, problems } = readPackage(json);
  const found = pack ? misplaced(pack) : problems;
  if (!pack || found.length > 0)
    throw new Error(`Package file ${key}.json: ${found.map(({ path, message }) => `${path}: ${message}`).join(" ")}`);
  const asked = pack.prompts.find(({ service }) => service !== undefined)?.service;
  return { key, pack, json, logo: pack.bots[0]?.picture ?? pack.services[0]?.catalog ?? asked ?? null };
}
