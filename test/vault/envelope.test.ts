import { createSecretKey, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { open, seal, SealBroken, unwrap } from "../../src/vault/envelope.ts";

const master = createSecretKey(randomBytes(32));
const bound = Buffer.from("account:alice");
const SECRET = "sk_live_the-secret-that-must-not-be-seen";

/** Where each part of a sealed secret begins, in the order of the layout. */
const LAYOUT = { version: 0, wrapNonce: 1, wrappedKey: 13, wrapTag: 45, nonce: 61, ciphertext: 73 };

function opened(sealed: Buffer, key = master, associated = bound): Buffer {
  return open(sealed, unwrap(sealed, key, associated), associated);
}

function failure(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a sealed secret", () => {
  test("opens to the same bytes, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 200 }), (plain, associated) => {
        const sealed = seal(Buffer.from(plain), master, Buffer.from(associated));
        expect(opened(sealed, master, Buffer.from(associated))).toEqual(Buffer.from(plain));
      }),
    );
  });

  test("is 89 bytes longer than what it holds, and begins with its version", () => {
    const sealed = seal(Buffer.from(SECRET), master, bound);
    expect(sealed.length).toBe(Buffer.byteLength(SECRET) + 89);
    expect(sealed[0]).toBe(1);
  });

  test("holds nothing of the plain text", () => {
    expect(seal(Buffer.from(SECRET), master, bound).includes(SECRET.slice(0, 6))).toBe(false);
  });

  test("leaves the buffer it was given as it was", () => {
    const plain = Buffer.from(SECRET);
    seal(plain, master, bound);
    expect(plain.toString()).toBe(SECRET);
  });

  test("never repeats a nonce, a data key or a ciphertext, even for the same text", () => {
    const seen = { wrapNonce: new Set(), wrappedKey: new Set(), nonce: new Set(), ciphertext: new Set() };
    const plain = Buffer.from(SECRET);
    for (let count = 0; count < 20_000; count++) {
      const sealed = seal(plain, master, bound);
      seen.wrapNonce.add(sealed.toString("latin1", LAYOUT.wrapNonce, LAYOUT.wrappedKey));
      seen.wrappedKey.add(sealed.toString("latin1", LAYOUT.wrappedKey, LAYOUT.wrapTag));
      seen.nonce.add(sealed.toString("latin1", LAYOUT.nonce, LAYOUT.ciphertext));
      seen.ciphertext.add(sealed.toString("latin1", LAYOUT.ciphertext));
    }
    for (const values of Object.values(seen)) expect(values.size).toBe(20_000);
  });
});

describe("a sealed secret does not open", () => {
  const sealed = seal(Buffer.from(SECRET), master, bound);

  test("when any single byte of it is changed, to any other value that one bit makes", () => {
    for (let at = 0; at < sealed.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(sealed);
        changed[at]! ^= 1 << bit;
        expect(() => opened(changed), `byte ${at}, bit ${bit}`).toThrow(SealBroken);
      }
    }
  });

  test("when it is cut anywhere, or something is added before or behind", () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(() => opened(sealed.subarray(0, length)), `${length} bytes`).toThrow(SealBroken);
    }
    expect(() => opened(Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow(SealBroken);
    expect(() => opened(Buffer.concat([Buffer.alloc(1), sealed]))).toThrow(SealBroken);
  });

  test.each([4, 8, 12, 13, 14, 15])("when its last tag is cut to %i bytes", (kept) => {
    expect(() => opened(sealed.subarray(0, sealed.length - 16 + kept))).toThrow(SealBroken);
  });

  test.each([4, 8, 12, 13, 14, 15])("when the tag of its wrapped key is cut to %i bytes", (kept) => {
    const cut = Buffer.concat([
      sealed.subarray(0, LAYOUT.wrapTag + kept),
      sealed.subarray(LAYOUT.nonce, sealed.length),
    ]);
    expect(() => opened(cut)).toThrow(SealBroken);
  });

  test("when its ciphertext is empty though something was sealed", () => {
    const empty = Buffer.concat([sealed.subarray(0, LAYOUT.ciphertext), sealed.subarray(sealed.length - 16)]);
    expect(() => opened(empty)).toThrow(SealBroken);
  });

  test.each([0, 2, 3, 128, 255])("when it says it is version %i", (version) => {
    const other = Buffer.from(sealed);
    other[0] = version;
    expect(() => opened(other)).toThrow(SealBroken);
  });

  test("with another key", () => {
    expect(() => opened(sealed, createSecretKey(randomBytes(32)))).toThrow(SealBroken);
  });

  test("under another binding, be it longer, shorter or empty", () => {
    for (const other of ["account:alicf", "account:alic", "account:alicee", "", "Account:alice"]) {
      expect(() => opened(sealed, master, Buffer.from(other)), other).toThrow(SealBroken);
    }
  });

  test("with the body of another secret behind its own wrapped key", () => {
    const other = seal(Buffer.from(SECRET), master, bound);
    const mixed = Buffer.concat([sealed.subarray(0, LAYOUT.nonce), other.subarray(LAYOUT.nonce)]);
    expect(() => opened(mixed)).toThrow(SealBroken);
  });

  test("when its binding is right for the key but not for the body", () => {
    const key = unwrap(sealed, master, bound);
    expect(() => open(sealed, key, Buffer.from("account:mallory"))).toThrow(SealBroken);
  });
});

test("every way to fail is the same error, without a cause and without a word of the secret", () => {
  const sealed = seal(Buffer.from(SECRET), master, bound);
  const changed = Buffer.from(sealed);
  changed[sealed.length - 1]! ^= 1;
  const errors = [
    failure(() => opened(changed)),
    failure(() => opened(Buffer.alloc(0))),
    failure(() => opened(sealed.subarray(0, 88))),
    failure(() => opened(sealed, createSecretKey(randomBytes(32)))),
    failure(() => opened(sealed, master, Buffer.from("account:bob"))),
  ];
  const messages = errors.map((error) => {
    expect(error).toBeInstanceOf(SealBroken);
    expect((error as Error).cause).toBeUndefined();
    return (error as Error).message;
  });
  expect(new Set(messages).size).toBe(1);
  expect(messages[0]).not.toContain(SECRET.slice(0, 4));
});
