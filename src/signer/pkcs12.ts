import { createDecipheriv, createHash, createPrivateKey, pbkdf2Sync, type KeyObject } from "node:crypto";
import { BerError, contentOf, elements, INTEGER, numberOf, OCTETS, OID, oidOf, only, SEQUENCE } from "./ber.ts";
import type { Element } from "./ber.ts";

/** What a PKCS#12 file holds: certificates as DER, in the order of the file. */
export interface Pkcs12 {
  certificates: Buffer[];
  keys: KeyObject[];
}

/** Why a file or key can not be read; the message is a sentence for whoever pasted it. */
export class Pkcs12Error extends Error {}

const CONTEXT_0 = 0xa0;
const CONTEXT_0_BYTES = 0x80;
const IN_PIECES = 0x20;
const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const BAGS = "1.2.840.113549.1.12.10.1.";
const PBES2 = "1.2.840.113549.1.5.13";
const PBE_SHA1 = "1.2.840.113549.1.12.1.";
const TRIPLE_DES = `${PBE_SHA1}3`;

const CIPHERS = new Map([
  ["2.16.840.1.101.3.4.1.2", { name: "aes-128-cbc", keyLength: 16 }],
  ["2.16.840.1.101.3.4.1.22", { name: "aes-192-cbc", keyLength: 24 }],
  ["2.16.840.1.101.3.4.1.42", { name: "aes-256-cbc", keyLength: 32 }],
  ["1.2.840.113549.3.7", { name: "des-ede3-cbc", keyLength: 24 }],
]);
const HASHES = new Map([
  ["1.2.840.113549.2.7", "sha1"],
  ["1.2.840.113549.2.9", "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
]);

/** Deriving a key is work that the file asks for; more than any program writes would only keep everybody waiting. */
const MAX_ITERATIONS = 1_000_000;
const MAX_PARTS = 20;

const NOT_PKCS12 = "This is not a PKCS#12 file in base64, or it is cut off.";
const WRONG_PASSPHRASE = "The passphrase does not open the PKCS#12 file.";

/**
 * Reads a PKCS#12 file (RFC 7292). Its checksum is left aside: that the certificate and key fit together is checked by
 * whoever uses them. Throws Pkcs12Error.
 */
export function readPkcs12(file: Buffer, passphrase: string): Pkcs12 {
  const found: Pkcs12 = { certificates: [], keys: [] };
  for (const part of translated(NOT_PKCS12, () => partsOf(file))) {
    for (const bag of bagsOf(part, passphrase)) takeBag(bag, passphrase, found);
  }
  return found;
}

/** Throws Pkcs12Error when opening an encrypted key (PKCS#8) would take too long. */
export function requireModestWork(encryptedKey: Buffer): void {
  const [algorithm] = translated("The private key can not be read.", () => elements(only(encryptedKey, SEQUENCE)));
  const numbers = (one: Element): number[] =>
    one.tag === INTEGER ? [numberOf(one.content)] : one.tag === SEQUENCE ? elements(one.content).flatMap(numbers) : [];
  const asked = translated("The private key can not be read.", () => (algorithm ? numbers(algorithm) : []));
  if (asked.some((number) => number > MAX_ITERATIONS)) throw tooMuchWork();
}

function partsOf(file: Buffer): Element[] {
  const [version, content] = elements(only(file, SEQUENCE));
  contentOf(version, INTEGER);
  const [type, wrapped] = elements(contentOf(content, SEQUENCE));
  if (oidOf(contentOf(type, OID)) !== DATA) throw new BerError("It is signed with a certificate.");
  const parts = elements(only(dataIn(wrapped), SEQUENCE));
  if (parts.length > MAX_PARTS) throw new BerError("It has more parts than any program writes.");
  return parts;
}

function bagsOf(part: Element, passphrase: string): Element[] {
  const [type, wrapped] = translated(NOT_PKCS12, () => elements(contentOf(part, SEQUENCE)));
  const kind = oidOf(contentOf(type, OID));
  if (kind === DATA) {
    return translated(NOT_PKCS12, () => elements(only(dataIn(wrapped), SEQUENCE)));
  }
  if (kind !== ENCRYPTED_DATA) throw new Pkcs12Error("The PKCS#12 file is not protected by a passphrase.");
  const [, info] = translated(NOT_PKCS12, () => elements(only(contentOf(wrapped, CONTEXT_0), SEQUENCE)));
  const [, algorithm, data] = translated(NOT_PKCS12, () => elements(contentOf(info, SEQUENCE)));
  const plain = decrypt(
    algorithm,
    translated(NOT_PKCS12, () => joined(data, CONTEXT_0_BYTES)),
    passphrase,
  );
  return translated(WRONG_PASSPHRASE, () => elements(only(plain, SEQUENCE)));
}

/** Kinds of bags: 1 a key, 2 an encrypted key, 3 a certificate; anything else is of no use here. */
function takeBag(bag: Element, passphrase: string, found: Pkcs12): void {
  const [type, wrapped] = translated(NOT_PKCS12, () => elements(contentOf(bag, SEQUENCE)));
  const value = () => elements(only(contentOf(wrapped, CONTEXT_0), SEQUENCE));
  switch (oidOf(contentOf(type, OID))) {
    case `${BAGS}1`:
      found.keys.push(keyOf(contentOf(wrapped, CONTEXT_0)));
      break;
    case `${BAGS}2`: {
      const [algorithm, data] = translated(NOT_PKCS12, value);
      found.keys.push(keyOf(decrypt(algorithm, contentOf(data, OCTETS), passphrase)));
      break;
    }
    case `${BAGS}3`: {
      const [, inner] = translated(NOT_PKCS12, value);
      found.certificates.push(translated(NOT_PKCS12, () => only(contentOf(inner, CONTEXT_0), OCTETS)));
      break;
    }
  }
}

function keyOf(der: Buffer): KeyObject {
  return translated(WRONG_PASSPHRASE, () => createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

function decrypt(algorithm: Element | undefined, data: Buffer, passphrase: string): Buffer {
  const { name, key, iv } = translated(NOT_PKCS12, () => cipherOf(algorithm, passphrase));
  return translated(WRONG_PASSPHRASE, () => {
    const decipher = createDecipheriv(name, key, iv);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  });
}

function cipherOf(algorithm: Element | undefined, passphrase: string): { name: string; key: Buffer; iv: Buffer } {
  const [type, parameters] = elements(contentOf(algorithm, SEQUENCE));
  const scheme = oidOf(contentOf(type, OID));
  const inner = elements(contentOf(parameters, SEQUENCE));
  if (scheme === PBES2) return modern(inner, passphrase);
  if (scheme !== TRIPLE_DES) {
    const weak = scheme.startsWith(PBE_SHA1);
    throw new Pkcs12Error(
      weak
        ? "The PKCS#12 file is encrypted with RC2 or RC4, which is no longer done: export it again with AES, or enter the certificate and key as PEM."
        : "The PKCS#12 file is encrypted in a way that is not known here: enter the certificate and key as PEM.",
    );
  }
  const salt = contentOf(inner[0], OCTETS);
  const rounds = iterations(contentOf(inner[1], INTEGER));
  const derive = (id: number, length: number) => deriveOld(passphrase, salt, rounds, id, length);
  return { name: "des-ede3-cbc", key: derive(1, 24), iv: derive(2, 8) };
}

/** PBES2 with PBKDF2 (RFC 8018 section 6.2). */
function modern([derivation, encryption]: Element[], passphrase: string): { name: string; key: Buffer; iv: Buffer } {
  const [, derived] = elements(contentOf(derivation, SEQUENCE));
  const [salt, count, ...more] = elements(contentOf(derived, SEQUENCE));
  const prf = more.find((one) => one.tag === SEQUENCE);
  const hash = prf === undefined ? "sha1" : HASHES.get(oidOf(contentOf(elements(prf.content)[0], OID)));
  const [type, iv] = elements(contentOf(encryption, SEQUENCE));
  const cipher = CIPHERS.get(oidOf(contentOf(type, OID)));
  if (hash === undefined || cipher === undefined) throw new BerError("An unknown hash or cipher.");
  const rounds = iterations(contentOf(count, INTEGER));
  const key = pbkdf2Sync(passphrase, contentOf(salt, OCTETS), rounds, cipher.keyLength, hash);
  return { name: cipher.name, key, iv: contentOf(iv, OCTETS) };
}

/** RFC 7292 appendix B.2 with SHA-1. */
function deriveOld(passphrase: string, salt: Buffer, rounds: number, id: number, length: number): Buffer {
  const block = 64;
  const stretched = (bytes: Buffer) => Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
  // Big-endian UTF-16 with a final zero.
  const password = Buffer.from(`${passphrase}\0`, "utf16le").swap16();
  let input = Buffer.concat([stretched(salt), stretched(password)]);
  const output: Buffer[] = [];
  for (let have = 0; have < length; have += 20) {
    let digest = createHash("sha1").update(Buffer.alloc(block, id)).update(input).digest();
    for (let round = 1; round < rounds; round++) digest = createHash("sha1").update(digest).digest();
    output.push(digest);
    input = increased(input, Buffer.alloc(block, digest), block);
  }
  return Buffer.concat(output).subarray(0, length);
}

/** Each block of `input` plus `step` plus one, as numbers of as many bytes. */
function increased(input: Buffer, step: Buffer, block: number): Buffer<ArrayBuffer> {
  const sum = Buffer.from(input);
  for (let start = 0; start < sum.length; start += block) {
    let carry = 1;
    for (let at = block - 1; at >= 0; at--) {
      carry += sum[start + at]! + step[at]!;
      sum[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
  return sum;
}

function iterations(content: Buffer): number {
  const count = numberOf(content);
  if (count > MAX_ITERATIONS) throw tooMuchWork();
  if (count < 1) throw new BerError("It asks for no work at all.");
  return count;
}

function tooMuchWork(): Pkcs12Error {
  return new Pkcs12Error(
    `Opening this takes more than ${MAX_ITERATIONS.toLocaleString("en")} rounds; export it with fewer.`,
  );
}

function dataIn(wrapped: Element | undefined): Buffer {
  return joined(elements(contentOf(wrapped, CONTEXT_0))[0], OCTETS);
}

/** Bytes under `tag`; some programs cut long ones into pieces. */
function joined(one: Element | undefined, tag: number): Buffer {
  if (one?.tag !== (tag | IN_PIECES)) return contentOf(one, tag);
  return Buffer.concat(elements(one.content).map((piece) => contentOf(piece, OCTETS)));
}

/** What `work` gives; anything but our own sentence becomes `sentence`, because libraries may quote what they read. */
function translated<T>(sentence: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Pkcs12Error) throw error;
    throw new Pkcs12Error(sentence);
  }
}
