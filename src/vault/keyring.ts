import { createHmac, createSecretKey, hkdfSync, randomBytes, timingSafeEqual, type KeyObject } from "node:crypto";

const KEY_BYTES = 32;
const ID = /^[a-z0-9][a-z0-9_-]{0,31}$/i;

export interface MasterKey {
  id: string;
  key: KeyObject;
  /** Proves that a key is the one it claims to be, without telling anything about it. */
  checkValue: Buffer;
}

/** Immutable: the first key seals, all open. */
export interface Keyring {
  first: MasterKey;
  byId: ReadonlyMap<string, MasterKey>;
}

/** Something is wrong with the keys; the sentence names the key id, never the key. */
export class KeyError extends Error {}

/** Reads `id:base64` pairs separated by commas or line ends. Throws KeyError for anything unclear. */
export function parseKeyring(text: string): Keyring {
  const keys = text
    .split(/[,\n]/)
    .map((line) => line.trim())
    .filter(Boolean)
    .map(parseKey);
  if (keys.length === 0) throw new KeyError("There is no key: expected id:base64 of 32 bytes.");
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size !== keys.length) throw new KeyError("Two keys have the same id.");
  return { first: keys[0]!, byId };
}

/** A new random key as the text that parseKeyring reads. */
export function generateKey(id: string): string {
  return `${id}:${randomBytes(KEY_BYTES).toString("base64")}`;
}

export function sameCheckValue(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function parseKey(pair: string): MasterKey {
  const [id = "", encoded = "", ...rest] = pair.split(":");
  if (!ID.test(id) || rest.length > 0)
    throw new KeyError("A key must look like id:base64, the id of letters, digits, - and _.");
  const bytes = Buffer.from(encoded, "base64");
  // Buffer.from skips what is not base64, so a damaged key would otherwise be taken for a shorter one.
  if (bytes.length !== KEY_BYTES || bytes.toString("base64") !== encoded) {
    throw new KeyError(`Key "${id}" is not 32 bytes in base64.`);
  }
  const key = createSecretKey(bytes);
  const derived = Buffer.from(hkdfSync("sha256", bytes, "signet", "key check", KEY_BYTES));
  const checkValue = createHmac("sha256", derived).update(id).digest();
  bytes.fill(0);
  return { id, key, checkValue };
}
