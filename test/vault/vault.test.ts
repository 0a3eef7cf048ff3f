import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SignetError } from "../../src/errors.ts";
import { openDatabase, type Database } from "../../src/storage/database.ts";
import { newId } from "../../src/storage/id.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { generateKey, KeyError, parseKeyring } from "../../src/vault/keyring.ts";
import { Vault, type SealedSecret } from "../../src/vault/vault.ts";
import { newDatabase, type TestDatabase } from "../support/postgres.ts";

const SECRET = { token: "sk_live_never-to-be-seen", nested: { "é\u0000": [1, null, "😀"] } };
const ANN = { subject: "account:ann", provider: "crm", hosts: ["api.crm.example", "*.files.crm.example"] };
const [k1, k2] = [generateKey("k1"), generateKey("k2")];

let created: TestDatabase;
let database: Database;
let vault: Vault;

beforeAll(async () => {
  created = await newDatabase("migrated", async (url) => {
    const template = openDatabase(url);
    await migrate(template);
    await template.close();
  });
  database = openDatabase(created.url);
});
afterAll(async () => {
  await database.close();
  await created.drop();
});
beforeEach(async () => {
  await database.knex("secrets").delete();
  await database.knex("vault_keys").delete();
  vault = await vaultWith(k1);
});

async function vaultWith(...keys: string[]): Promise<Vault> {
  const made = new Vault(parseKeyring(keys.join(",")));
  await made.check(database.knex);
  return made;
}

async function fetched(id: string, from = vault): Promise<SealedSecret> {
  return (await from.fetch(database.knex, id))!;
}

/** What opening throws; there has to be something. */
function failure(secret: SealedSecret, subject = secret.subject, from = vault): SignetError {
  try {
    from.open(secret, subject);
  } catch (error) {
    expect(error).toBeInstanceOf(SignetError);
    return error as SignetError;
  }
  throw new Error("It opened.");
}

describe("a secret", () => {
  test("comes back as it was put, and lies in the database unreadable", async () => {
    const id = await vault.put(database.knex, ANN, SECRET);
    expect(vault.open(await fetched(id), ANN.subject)).toEqual(SECRET);
    const row = await database.knex("secrets").where({ id }).first();
    expect(row).toMatchObject({ ...ANN, version: 1, key_id: "k1" });
    expect(row.sealed.includes("sk_live")).toBe(false);
    expect(JSON.stringify(row)).not.toContain("never-to-be-seen");
  });

  test("that is replaced is gone, keeps its id and counts its versions", async () => {
    const id = await vault.put(database.knex, ANN, SECRET);
    const old = await fetched(id);
    await vault.replace(database.knex, id, ANN, { token: "new" });
    const now = await fetched(id);
    expect(vault.open(now, ANN.subject)).toEqual({ token: "new" });
    expect(now.version).toBe(2);
    expect(now.sealed.equals(old.sealed)).toBe(false);
  });

  test("that is destroyed leaves no row; others stay", async () => {
    const ids = await Promise.all([1, 2, 3].map(() => vault.put(database.knex, ANN, SECRET)));
    await vault.destroy(database.knex, ids.slice(0, 2));
    await vault.destroy(database.knex, []);
    expect(await vault.fetch(database.knex, ids[0]!)).toBeUndefined();
    expect(vault.open(await fetched(ids[2]!), ANN.subject)).toEqual(SECRET);
  });

  test("is put, replaced and destroyed by its transaction, or not at all", async () => {
    const id = await vault.put(database.knex, ANN, SECRET);
    const undone = database.knex.transaction(async (tx) => {
      await vault.put(tx, ANN, SECRET);
      await vault.replace(tx, id, ANN, { token: "new" });
      await vault.destroy(tx, [id]);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect(await database.knex("secrets").select("id", "version")).toEqual([{ id, version: 1 }]);
  });

  test("that is not there can not be replaced", async () => {
    await expect(vault.replace(database.knex, newId(), ANN, SECRET)).rejects.toThrow();
    expect(await database.knex("secrets").select()).toEqual([]);
  });
});

describe("a sealed secret that was moved or edited does not open", () => {
  const edits: [what: string, column: string, value: unknown][] = [
    ["to another owner", "subject", "account:bob"],
    ["to another service", "provider", "mail"],
    ["to another service whose name runs into the owner's", "provider", ""],
    ["to another version", "version", 2],
    ["to no host", "hosts", []],
    ["to one host less", "hosts", ["api.crm.example"]],
    ["to one host more", "hosts", [...ANN.hosts, "evil.example"]],
    ["to its hosts in another order", "hosts", [...ANN.hosts].reverse()],
    ["to its hosts as one", "hosts", [ANN.hosts.join(",")]],
    ["to another key", "key_id", "k2"],
  ];
  test.each(edits)("%s", async (_what, column, value) => {
    vault = await vaultWith(k1, k2);
    const id = await vault.put(database.knex, ANN, SECRET);
    await database
      .knex("secrets")
      .where({ id })
      .update({ [column]: value });
    expect(failure(await fetched(id)).code).toBe("unavailable");
  });

  test("to the row of the same owner", async () => {
    const [one, two] = [await vault.put(database.knex, ANN, { n: 1 }), await vault.put(database.knex, ANN, { n: 2 })];
    const { sealed } = await fetched(one);
    await database.knex("secrets").where({ id: two }).update({ sealed });
    expect(failure(await fetched(two)).code).toBe("unavailable");
    expect(vault.open(await fetched(one), ANN.subject)).toEqual({ n: 1 });
  });

  test("back to what it was before it was replaced", async () => {
    const id = await vault.put(database.knex, ANN, { token: "old" });
    const { sealed } = await fetched(id);
    await vault.replace(database.knex, id, ANN, { token: "new" });
    await database.knex("secrets").where({ id }).update({ sealed });
    expect(failure(await fetched(id)).code).toBe("unavailable");
  });

  test("where the caller believes it to be another's, though the row is whole", async () => {
    const id = await vault.put(database.knex, ANN, SECRET);
    for (const subject of ["account:bob", "", "account:ann ", "Account:ann"]) failure(await fetched(id), subject);
  });

  test("where nothing is left of it", async () => {
    const id = await vault.put(database.knex, ANN, SECRET);
    for (const sealed of [Buffer.alloc(0), Buffer.alloc(89), Buffer.from("plain")]) {
      await database.knex("secrets").where({ id }).update({ sealed });
      failure(await fetched(id));
    }
  });

  test("and all of that is one and the same error, which names nothing", async () => {
    const secret = await fetched(await vault.put(database.knex, ANN, SECRET));
    const other = new Vault(parseKeyring(generateKey("k1")));
    const errors = [
      failure({ ...secret, provider: "mail" }),
      failure({ ...secret, subject: "account:bob" }),
      failure(secret, "account:bob"),
      failure({ ...secret, keyId: "gone" }),
      failure({ ...secret, sealed: Buffer.alloc(0) }),
      failure({ ...secret, sealed: Buffer.from(secret.sealed).fill(0, 80, 81) }),
      failure(secret, ANN.subject, other),
    ];
    expect(new Set(errors.map((error) => `${error.code} ${error.status} ${error.message}`)).size).toBe(1);
    for (const error of errors) {
      expect(error.message).not.toMatch(/ann|bob|crm|k1|tag|key/i);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("never-to-be-seen");
    }
  });
});

describe("the keys are checked at the start", () => {
  const refusal = (...keys: string[]) =>
    vaultWith(...keys).then(
      () => undefined,
      (error: unknown) => (error instanceof KeyError ? error.message : error),
    );

  test("a wrong key is named by its id", async () => {
    expect(await refusal(generateKey("k1"))).toBe('Key "k1" is not the key that this database was sealed with.');
    expect(await refusal(k2, generateKey("k1"))).toContain('Key "k1"');
  });

  test("a missing key is named by its id, if anything was sealed with it", async () => {
    expect(await refusal(k2)).toBeUndefined();
    await vault.put(database.knex, ANN, SECRET);
    expect(await refusal(k2)).toBe('Key "k1" is missing: this database holds secrets sealed with it.');
  });

  test("a key that was named wrongly is refused, too: the id is part of what is checked", async () => {
    await vault.put(database.knex, ANN, SECRET);
    await vaultWith(k1, k2);
    expect(await refusal(k1.replace("k1:", "k2:"), k2.replace("k2:", "k1:"))).toContain("is not the key");
  });

  test("a refused keyring changes nothing", async () => {
    await refusal(generateKey("k1"), k2);
    expect(await database.knex("vault_keys").select("key_id")).toEqual([{ key_id: "k1" }]);
  });

  test("the database holds a check value and no key", async () => {
    const { check_value } = await database.knex("vault_keys").where({ key_id: "k1" }).first();
    expect(check_value.equals(Buffer.from(k1.slice(3), "base64"))).toBe(false);
    expect(check_value.length).toBe(32);
  });
});

describe("with a new first key", () => {
  test("new secrets are sealed with it and old ones still open", async () => {
    const id = await vault.put(database.knex, ANN, { n: 1 });
    const both = await vaultWith(k2, k1);
    const next = await both.put(database.knex, ANN, { n: 2 });
    expect((await fetched(next)).keyId).toBe("k2");
    expect(both.open(await fetched(id), ANN.subject)).toEqual({ n: 1 });
    await both.replace(database.knex, id, ANN, { n: 3 });
    expect((await fetched(id)).keyId).toBe("k2");
    expect((await vaultWith(k2)).open(await fetched(id), ANN.subject)).toEqual({ n: 3 });
  });
});

describe("how often a key has sealed", () => {
  const seals = async () => (await database.knex("vault_keys").where({ key_id: "k1" }).first()).seals as number;

  test("is counted, also when many seal at once", async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => vault.put(database.knex, ANN, SECRET)));
    await vault.replace(database.knex, ids[0]!, ANN, SECRET);
    expect(await seals()).toBe(41);
  });

  test("ends, by name of the key, before nonces could repeat", async () => {
    const limit = Math.floor(2 ** 32 * 0.9);
    await database
      .knex("vault_keys")
      .where({ key_id: "k1" })
      .update({ seals: limit - 1 });
    await vault.put(database.knex, ANN, SECRET);
    await expect(vault.put(database.knex, ANN, SECRET)).rejects.toMatchObject({
      code: "unavailable",
      message: 'Key "k1" has sealed as often as is safe; add a new first key.',
    });
    expect(await database.knex("secrets").select()).toHaveLength(1);
  });
});
