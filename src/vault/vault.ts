import { createHash, type KeyObject } from "node:crypto";
import { SignetError } from "../errors.ts";
import type { Knex } from "../storage/database.ts";
import { newId } from "../storage/id.ts";
import { open, seal, SealBroken, unwrap } from "./envelope.ts";
import { KeyError, sameCheckValue, type Keyring } from "./keyring.ts";

/** NIST SP 800-38D allows 2^32 random nonces per key; sealing stops at nine tenths of it (statement V-4). */
const SEAL_LIMIT = Math.floor(2 ** 32 * 0.9);

/** What a secret belongs to. All of it is authenticated: opening under any other binding fails. */
export interface Binding {
  /** The owner row, such as "account:<id>". */
  subject: string;
  /** The service whose credential it is, or a fixed word for Signet's own secrets. */
  provider: string;
  /** Hosts to which it may go; the rule in force is this list cut with the service's present one (V-2). */
  hosts: string[];
}

/** A sealed secret as read from its row; harmless without the master key. */
export interface SealedSecret extends Binding {
  id: string;
  keyId: string;
  version: number;
  sealed: Buffer;
  /** When it was sealed last, by the clock that ends are counted by. */
  changedAt: Date;
}

/** A key by its name, and how many secrets it still seals. */
export interface KeyInUse {
  id: string;
  since: Date;
  secrets: number;
}

/** Secrets as JSON objects, in one table that nothing else reads or writes. */
export class Vault {
  readonly #keyring: Keyring;
  readonly #clock: () => Date;

  constructor(keyring: Keyring, clock: () => Date = () => new Date()) {
    this.#keyring = keyring;
    this.#clock = clock;
  }

  /**
   * Compares the keyring with the keys this database was sealed with, and enrols new ones.
   * Throws KeyError naming the key that is missing or different.
   */
  async check(db: Knex): Promise<void> {
    const rows = await db<{ key_id: string; check_value: Buffer }>("vault_keys").select("key_id", "check_value");
    for (const row of rows) {
      const key = this.#keyring.byId.get(row.key_id);
      if (key && !sameCheckValue(key.checkValue, row.check_value)) {
        throw new KeyError(`Key "${row.key_id}" is not the key that this database was sealed with.`);
      }
      if (!key && (await db("secrets").where({ key_id: row.key_id }).first("id"))) {
        throw new KeyError(`Key "${row.key_id}" is missing: this database holds secrets sealed with it.`);
      }
    }
    for (const key of this.#keyring.byId.values()) {
      const row = { key_id: key.id, check_value: key.checkValue };
      await db("vault_keys").insert(row).onConflict("key_id").ignore();
    }
  }

  /** Seals `plain` into a new row and returns its id. */
  async put(db: Knex, binding: Binding, plain: object): Promise<string> {
    const id = newId();
    const sealed = await this.#sealed(db, id, 1, binding, plain);
    await db("secrets").insert({ id, ...sealed, changed_at: this.#clock() });
    return id;
  }

  /** Seals `plain` over an existing row; the old content is gone once the transaction commits. */
  async replace(db: Knex, id: string, binding: Binding, plain: object): Promise<void> {
    const row = await db("secrets").where({ id }).forUpdate().first<{ version: number }>("version");
    if (!row) throw new SealBroken();
    const sealed = await this.#sealed(db, id, row.version + 1, binding, plain);
    await db("secrets")
      .where({ id })
      .update({ ...sealed, changed_at: this.#clock() });
  }

  async destroy(db: Knex, ids: string[]): Promise<void> {
    if (ids.length > 0) await db("secrets").whereIn("id", ids).delete();
  }

  /** The sealed row, for open(). Undefined when there is none. */
  async fetch(db: Knex, id: string): Promise<SealedSecret | undefined> {
    const row = await db("secrets").where({ id }).first();
    return row && toSealed(row);
  }

  /**
   * The plain secret. `subject` is what the caller believes it opens; a row moved under another owner, edited,
   * or sealed with an unknown key throws SignetError `unavailable` that tells them nothing apart (V-2).
   */
  open<Plain>(secret: SealedSecret, subject: string): Plain {
    if (secret.subject !== subject) throw unopenable();
    const associated = associatedData(secret.id, secret.version, secret.keyId, secret);
    try {
      const plain = open(secret.sealed, unwrap(secret.sealed, this.#master(secret.keyId), associated), associated);
      const value = JSON.parse(plain.toString("utf8")) as Plain;
      plain.fill(0);
      return value;
    } catch (cause) {
      throw cause instanceof SealBroken ? unopenable(cause) : cause;
    }
  }

  /** Opens every secret once and tells which ids do not open; nothing opened is kept. */
  async examine(db: Knex): Promise<{ opened: number; broken: string[] }> {
    const result = { opened: 0, broken: [] as string[] };
    for (let after = "00000000-0000-0000-0000-000000000000"; ;) {
      const rows = await db("secrets").where("id", ">", after).orderBy("id").limit(500);
      for (const row of rows) {
        if (this.#opens(toSealed(row))) result.opened++;
        else result.broken.push(row.subject as string);
      }
      if (rows.length === 0) return result;
      after = rows.at(-1).id;
    }
  }

  /** The keys this database was sealed with, by age, without anything of the keys themselves. */
  async keysInUse(db: Knex): Promise<KeyInUse[]> {
    const { rows } = await db.raw<{ rows: KeyInUse[] }>(
      `select key_id as id, created_at as since,
         (select count(*)::int from secrets where secrets.key_id = vault_keys.key_id) as secrets
       from vault_keys order by created_at, key_id`,
    );
    return rows;
  }

  #opens(secret: SealedSecret): boolean {
    try {
      this.open(secret, secret.subject);
      return true;
    } catch {
      return false;
    }
  }

  async #sealed(db: Knex, id: string, version: number, binding: Binding, plain: object) {
    const keyId = this.#keyring.first.id;
    const [count] = await db("vault_keys")
      .where({ key_id: keyId })
      .increment("seals", 1)
      .returning<{ seals: number }[]>("seals");
    if (!count || count.seals > SEAL_LIMIT) {
      throw new SignetError("unavailable", `Key "${keyId}" has sealed as often as is safe; add a new first key.`);
    }
    const bytes = Buffer.from(JSON.stringify(plain), "utf8");
    const sealed = seal(bytes, this.#keyring.first.key, associatedData(id, version, keyId, binding));
    bytes.fill(0);
    return {
      subject: binding.subject,
      provider: binding.provider,
      hosts: binding.hosts,
      version,
      key_id: keyId,
      sealed,
    };
  }

  #master(keyId: string): KeyObject {
    const key = this.#keyring.byId.get(keyId);
    if (!key) throw new SealBroken();
    return key.key;
  }
}

function toSealed(row: Omit<SealedSecret, "keyId" | "changedAt"> & { key_id: string; changed_at: Date }): SealedSecret {
  const { id, subject, provider, hosts, version, sealed, key_id, changed_at } = row;
  return { id, subject, provider, hosts, version, sealed, keyId: key_id, changedAt: changed_at };
}

/** Length-prefixed, so that no two bindings have the same bytes. */
function associatedData(id: string, version: number, keyId: string, binding: Binding): Buffer {
  const hosts = createHash("sha256").update(JSON.stringify(binding.hosts)).digest("hex");
  const parts = ["signet:1", "secrets", "sealed", id, String(version), keyId, binding.subject, binding.provider, hosts];
  return Buffer.concat(
    parts.map((part) => {
      const bytes = Buffer.from(part, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
}

function unopenable(cause?: unknown): SignetError {
  return new SignetError("unavailable", "The stored credential can not be opened. Ask an admin to run signet doctor.", {
    cause,
  });
}
