import { createPrivateKey, createSecretKey, type KeyObject } from "node:crypto";
import { SignetError } from "../errors.ts";
import { requireFit, type JwsAlgorithm } from "./jws.ts";

/** A key to sign with, and what its file says of it. */
export interface SigningKey {
  key: KeyObject;
  /** The key's own name, for the `kid` of a header. */
  id: string | undefined;
  /** Who signs, where the key came in a service account's file. */
  issuer: string | undefined;
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/;

/**
 * Reads a key as people paste it: PEM (PKCS #8, PKCS #1 or SEC 1), also with its line breaks lost or written as \n,
 * base64 of a PEM, a JWK, or a file with a `private_key` in it. For HMAC the text itself is the key, unless it is a
 * JWK. Throws `invalid` with a sentence that says what to paste, and never with any of it.
 */
export function readSigningKey(pasted: string, algorithm: JwsAlgorithm): SigningKey {
  const read = algorithm.startsWith("HS") ? sharedSecret(pasted) : privateKey(pasted);
  requireFit(algorithm, read.key);
  return read;
}

/** The private key alone, whatever it is good for: for signatures that are not JSON Web ones. Throws as readSigningKey. */
export function readPrivateKey(pasted: string): KeyObject {
  return privateKey(pasted).key;
}

/** What of a pasted key an answer must not carry back: the text, and its base64 without line breaks. */
export function sensitiveParts(pasted: string): string[] {
  const text = plainPem(pasted);
  const body = PEM.exec(text)?.[2]?.replace(/\s+/g, "");
  const jwk = jsonObject(pasted);
  const numbers = ["d", "p", "q", "dp", "dq", "qi", "k"].map((name) => jwk?.[name]);
  return [pasted, body, ...numbers].filter((part) => typeof part === "string" && part !== "") as string[];
}

function sharedSecret(pasted: string): SigningKey {
  const jwk = jsonObject(pasted);
  if (jwk?.kty === "oct" && typeof jwk.k === "string")
    return { key: createSecretKey(Buffer.from(jwk.k, "base64url")), id: text(jwk.kid), issuer: undefined };
  if (pasted === "") throw wrong("Enter the shared secret.");
  return { key: createSecretKey(Buffer.from(pasted, "utf8")), id: undefined, issuer: undefined };
}

function privateKey(pasted: string): SigningKey {
  const file = jsonObject(pasted);
  if (file?.kty !== undefined) return { key: fromJwk(file), id: text(file.kid), issuer: undefined };
  if (file !== undefined && typeof file.private_key !== "string")
    throw wrong('This JSON holds no key: it needs a "private_key", or the fields of a JWK.');
  const key = fromPem(plainPem(file === undefined ? pasted : (file.private_key as string)));
  return { key, id: text(file?.private_key_id), issuer: text(file?.client_email) };
}

function fromJwk(jwk: Record<string, unknown>): KeyObject {
  if (typeof jwk.d !== "string") throw wrong("This is a public key. Paste the private one.");
  try {
    return createPrivateKey({ key: jwk, format: "jwk" });
  } catch {
    throw wrong("This JWK can not be read. Copy it again, as a whole.");
  }
}

function fromPem(pem: string): KeyObject {
  const [, label, body] = PEM.exec(pem) ?? [];
  if (label === undefined || body === undefined)
    throw wrong("Paste the whole key, from -----BEGIN to -----END, or the file it came in.");
  if (label.includes("PUBLIC") || label.includes("CERTIFICATE"))
    throw wrong("This is the public part. Paste the private key, which begins with -----BEGIN PRIVATE KEY-----.");
  if (label.includes("ENCRYPTED") || body.includes("ENCRYPTED"))
    throw wrong("This key is protected by a passphrase. Export it without one; Signet seals it.");
  const lines = body.replace(/\s+/g, "").match(/.{1,64}/g) ?? [];
  try {
    return createPrivateKey(`-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`);
  } catch {
    throw wrong("This key can not be read. Copy it again, as a whole.");
  }
}

/** Line breaks that were written out, and a PEM that was wrapped in base64 once more, undone. */
function plainPem(pasted: string): string {
  const text = pasted.replace(/\\r|\\n/g, "\n").trim();
  // "-----BEGIN" in base64.
  return /^LS0tLS1CRUdJT/.test(text) ? Buffer.from(text, "base64").toString("utf8") : text;
}

function jsonObject(pasted: string): Record<string, unknown> | undefined {
  if (!pasted.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(pasted) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function wrong(sentence: string): SignetError {
  return new SignetError("invalid", sentence);
}
