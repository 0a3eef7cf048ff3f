import { randomBytes } from "node:crypto";
import { chmod, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compose, type Composed } from "../../src/compose.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { generateKey, KeyError } from "../../src/vault/keyring.ts";
import { newDatabase, temporaryFolder, type TestDatabase } from "../support/postgres.ts";

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const [k1, k2] = [generateKey("k1"), generateKey("k2")];

let created: TestDatabase;
let dataDir: string;
let running: Composed[];

beforeEach(async () => {
  running = [];
  dataDir = await temporaryFolder();
  created = await newDatabase("migrated", async (url) => {
    const template = openDatabase(url);
    await migrate(template);
    await template.close();
  });
});
afterEach(async () => {
  for (const composed of running) await composed.close();
  await created.drop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts a hub on the database and stops it again; rejects as the start does. */
async function start(keys: string | undefined, folder = dataDir): Promise<void> {
  const parts = { databaseUrl: created.url, dataDir: folder, outboundAllow: [], publicUrl: "http://localhost:3000" };
  const composed = await compose({ ...parts, keys, log: quiet });
  running.push(composed);
  await composed.close();
  running.pop();
}

async function refusal(keys: string | undefined): Promise<string> {
  const error: unknown = await start(keys).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(KeyError);
  return (error as Error).message;
}

describe("a hub starts", () => {
  test("with a key of its own, in a file that only its user reads, and finds it again", async () => {
    await start(undefined);
    const file = join(dataDir, "signet.keys");
    const text = await readFile(file, "utf8");
    expect(text).toMatch(/^k[0-9a-f]{6}:[A-Za-z0-9+/]{43}=\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await start(undefined);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  test("and takes back what others were allowed to do with its key file", async () => {
    await start(undefined);
    const file = join(dataDir, "signet.keys");
    await chmod(file, 0o644);
    await start(undefined);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("with the keys of the setting, and then makes no file", async () => {
    await start(k1);
    await expect(stat(join(dataDir, "signet.keys"))).rejects.toThrow("ENOENT");
    await start(`${k2},${k1}`);
  });
});

describe("a hub does not start, and says which key is the matter", () => {
  test("with another key of the same id", async () => {
    await start(k1);
    expect(await refusal(generateKey("k1"))).toBe('Key "k1" is not the key that this database was sealed with.');
  });

  test("without a key that something is sealed with", async () => {
    await start(k1);
    expect(await refusal(k2)).toBe('Key "k1" is missing: this database holds secrets sealed with it.');
  });

  test("without its key file, and makes no new one that could open nothing", async () => {
    await start(undefined);
    const file = join(dataDir, "signet.keys");
    const id = (await readFile(file, "utf8")).split(":")[0]!;
    await rm(file);
    expect(await refusal(undefined)).toContain(`Key "${id}" is missing`);
    await expect(stat(file)).rejects.toThrow("ENOENT");
  });

  test("with a key file that was cut short, of which it repeats nothing but the id", async () => {
    await start(undefined);
    const file = join(dataDir, "signet.keys");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.slice(0, -6));
    const message = await refusal(undefined);
    expect(message).toMatch(/^Key "k[0-9a-f]{6}" is not 32 bytes in base64\.$/);
  });

  test("with keys that are none", async () => {
    const odd = randomBytes(32).toString("base64");
    expect(await refusal(odd)).not.toContain(odd.slice(0, 8));
    expect(await refusal("")).toContain("no key");
  });
});
