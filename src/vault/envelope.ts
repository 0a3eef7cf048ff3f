import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from "node:crypto";

// The only file that calls a cipher. Layout of a sealed secret, version 1:
//   1 version | 12 wrap nonce | 32 wrapped data key | 16 wrap tag | 12 nonce | n ciphertext | 16 tag
const VERSION = 1;
const NONCE = 12;
const TAG = 16;
const KEY = 32;
const HEADER = 1 + NONCE + KEY + TAG;
const ALGORITHM = "aes-256-gcm";

/** Every way a sealed secret can be wrong looks the same from outside. */
export class SealBroken extends Error {
  constructor() {
    super("This secret can not be opened: it was changed, moved, or sealed with another key.");
  }
}

/**
 * Seals `plain` with AES-256-GCM under a fresh data key, itself wrapped by `master` (NIST SP 800-38D; statement
 * V-1). `associated` is authenticated with both layers and must be equal when opening.
 */
export function seal(plain: Buffer, master: KeyObject, associated: Buffer): Buffer {
  const rawKey = randomBytes(KEY);
  const wrapped = encrypt(rawKey, master, associated);
  const body = encrypt(plain, createSecretKey(rawKey), associated);
  rawKey.fill(0);
  return Buffer.concat([Buffer.from([VERSION]), wrapped, body]);
}

/** The data key of a sealed secret. Throws SealBroken for anything but the exact bytes and `associated` of seal(). */
export function unwrap(sealed: Buffer, master: KeyObject, associated: Buffer): KeyObject {
  if (sealed.length < HEADER + NONCE + TAG || sealed[0] !== VERSION) throw new SealBroken();
  const rawKey = decrypt(sealed.subarray(1, HEADER), master, associated);
  const key = createSecretKey(rawKey);
  rawKey.fill(0);
  return key;
}

/** The plain secret, in a buffer that the caller wipes. Throws SealBroken. */
export function open(sealed: Buffer, dataKey: KeyObject, associated: Buffer): Buffer {
  return decrypt(sealed.subarray(HEADER), dataKey, associated);
}

function encrypt(plain: Buffer, key: KeyObject, associated: Buffer): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG });
  cipher.setAAD(associated);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Returns bytes only after final() has verified the tag: GCM's update() yields unverified bytes (V-3). */
function decrypt(sealed: Buffer, key: KeyObject, associated: Buffer): Buffer {
  const end = sealed.length - TAG;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(NONCE, end));
    decipher.final();
    return plain;
  } catch {
    throw new SealBroken();
  }
}
