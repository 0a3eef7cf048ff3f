import { constants, createHmac, sign, type KeyObject } from "node:crypto";
import { SignetError } from "../errors.ts";

// JSON Web Signature in its compact form (RFC 7515 section 7.1), for whatever is signed by Signet as a JWT.

interface Scheme {
  hash: string | null;
  /** Of which kind the key is, as Node names it. */
  key: "secret" | "rsa" | "ec" | "ed25519";
  /** The only curve that goes with the algorithm (RFC 7518 section 3.4). */
  curve?: string;
  padding?: number;
}

// RFC 7518 section 3.1 and RFC 8037 section 3.1. "none" is missing on purpose.
const SCHEMES = {
  RS256: { hash: "sha256", key: "rsa" },
  RS384: { hash: "sha384", key: "rsa" },
  RS512: { hash: "sha512", key: "rsa" },
  PS256: { hash: "sha256", key: "rsa", padding: constants.RSA_PKCS1_PSS_PADDING },
  PS384: { hash: "sha384", key: "rsa", padding: constants.RSA_PKCS1_PSS_PADDING },
  PS512: { hash: "sha512", key: "rsa", padding: constants.RSA_PKCS1_PSS_PADDING },
  ES256: { hash: "sha256", key: "ec", curve: "prime256v1" },
  ES384: { hash: "sha384", key: "ec", curve: "secp384r1" },
  ES512: { hash: "sha512", key: "ec", curve: "secp521r1" },
  EdDSA: { hash: null, key: "ed25519" },
  HS256: { hash: "sha256", key: "secret" },
  HS384: { hash: "sha384", key: "secret" },
  HS512: { hash: "sha512", key: "secret" },
} as const satisfies Record<string, Scheme>;

export type JwsAlgorithm = keyof typeof SCHEMES;

export const JWS_ALGORITHMS = Object.keys(SCHEMES) as [JwsAlgorithm, ...JwsAlgorithm[]];

/** Header and payload signed, in the compact form. Throws as jwsSignature() does. */
export function signJws(header: { alg: JwsAlgorithm } & object, payload: string, key: KeyObject): string {
  const input = `${base64url(JSON.stringify(header))}.${base64url(payload)}`;
  return `${input}.${jwsSignature(header.alg, input, key).toString("base64url")}`;
}

/** The signature of a signing input. Throws `invalid` when the key is not of the algorithm's kind. */
export function jwsSignature(algorithm: JwsAlgorithm, input: string, key: KeyObject): Buffer {
  requireFit(algorithm, key);
  const { hash, padding }: Scheme = SCHEMES[algorithm];
  if (key.type === "secret") return createHmac(hash!, key).update(input).digest();
  // ECDSA is written as the two numbers side by side, not as DER (RFC 7518 section 3.4).
  const options = { key, dsaEncoding: "ieee-p1363" as const, ...(padding === undefined ? {} : pss(padding)) };
  return sign(hash, Buffer.from(input), options);
}

/** Throws `invalid` with a sentence for people when a key can not sign by this algorithm. */
export function requireFit(algorithm: JwsAlgorithm, key: KeyObject): void {
  const scheme: Scheme = SCHEMES[algorithm];
  const kind = key.type === "secret" ? "secret" : key.asymmetricKeyType;
  const fits = kind === scheme.key && (!scheme.curve || key.asymmetricKeyDetails?.namedCurve === scheme.curve);
  if (fits && (key.type === "secret" || key.type === "private")) return;
  throw new SignetError("invalid", `${algorithm} needs ${wanted(scheme)}, and this is another kind of key.`);
}

function wanted({ key, curve }: Scheme): string {
  switch (key) {
    case "secret":
      return "a shared secret";
    case "rsa":
      return "an RSA key";
    case "ec":
      return `an elliptic-curve key on ${curve === "prime256v1" ? "P-256" : curve === "secp384r1" ? "P-384" : "P-521"}`;
    case "ed25519":
      return "an Ed25519 key";
  }
}

/** RFC 7518 section 3.5: the salt is as long as the hash. */
function pss(padding: number) {
  return { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function base64url(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}
