import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { jwsSignature, signJws, type JwsAlgorithm } from "../../src/signer/jws.ts";
import { readSigningKey, sensitiveParts } from "../../src/signer/signing-key.ts";

interface Vector {
  source: string;
  alg: JwsAlgorithm;
  /** ECDSA signs with chance, so its signatures can be checked but not repeated. */
  deterministic: boolean;
  key: Record<string, string>;
  jws: string;
}

const vectors = JSON.parse(readFileSync(new URL("../vectors/jws.json", import.meta.url), "utf8")) as Vector[];
const HASHES: Record<string, string | null> = { ES256: "sha256", ES512: "sha512" };

/** The signature of a JWS, and what it covers. */
function parts(jws: string) {
  const at = jws.lastIndexOf(".");
  return { input: jws.slice(0, at), signature: Buffer.from(jws.slice(at + 1), "base64url") };
}

function verified(alg: string, jws: string, key: KeyObject): boolean {
  const { input, signature } = parts(jws);
  const options = { key: createPublicKey(key as never), dsaEncoding: "ieee-p1363" as const };
  return verify(HASHES[alg] ?? null, Buffer.from(input), options, signature);
}

describe.each(vectors)("$source ($alg)", ({ alg, deterministic, key, jws }) => {
  const { key: read } = readSigningKey(JSON.stringify(key), alg);

  test(deterministic ? "is signed to the last byte" : "is signed so that its own key confirms it", () => {
    const { input, signature } = parts(jws);
    const own = jwsSignature(alg, input, read);
    expect(own.length).toBe(signature.length);
    if (deterministic) return expect(own.toString("base64url")).toBe(signature.toString("base64url"));
    expect(verified(alg, jws, read)).toBe(true);
    expect(verified(alg, `${input}.${own.toString("base64url")}`, read)).toBe(true);
  });
});

test("a whole JWS is the RFC's, where its JSON has no spaces", () => {
  const { key, jws } = vectors.find(({ alg }) => alg === "EdDSA")!;
  const { key: read } = readSigningKey(JSON.stringify(key), "EdDSA");
  expect(signJws({ alg: "EdDSA" }, "Example of Ed25519 signing", read)).toBe(jws);
});

describe("a private key is read", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pkcs8 = rsa.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const pkcs1 = rsa.privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const sec1 = ec.privateKey.export({ type: "sec1", format: "pem" }) as string;
  const file = JSON.stringify({
    type: "service_account",
    private_key_id: "key-7",
    private_key: pkcs8,
    client_email: "robot@project.example",
  });

  test.each([
    ["as PKCS #8", pkcs8],
    ["as PKCS #1", pkcs1],
    ["with Windows line ends and spaces around it", `\r\n  ${pkcs8.replaceAll("\n", "\r\n")}  `],
    ["with its line breaks written out", pkcs8.replaceAll("\n", "\\n")],
    ["with its line breaks turned to spaces", pkcs8.replaceAll("\n", " ")],
    ["with words before and after it", `Bag Attributes\n${pkcs8}\nthe end`],
    ["as base64 of the whole file", Buffer.from(pkcs8).toString("base64")],
    ["out of a service account's file", file],
    ["as a JWK", JSON.stringify(rsa.privateKey.export({ format: "jwk" }))],
  ])("%s", (_how, pasted) => {
    const { key } = readSigningKey(pasted, "RS256");
    expect(key.export({ type: "pkcs8", format: "pem" })).toBe(pkcs8);
  });

  test("with the name of the key and of who signs, where its file tells them", () => {
    expect(readSigningKey(file, "RS256")).toMatchObject({ id: "key-7", issuer: "robot@project.example" });
    const jwk = { ...rsa.privateKey.export({ format: "jwk" }), kid: "k1" };
    expect(readSigningKey(JSON.stringify(jwk), "PS512")).toMatchObject({ id: "k1", issuer: undefined });
    expect(readSigningKey(sec1, "ES256").key.asymmetricKeyType).toBe("ec");
  });

  const locked = ec.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
  const lockedOld = rsa.privateKey.export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });

  test.each([
    ["half of a key", pkcs8.slice(0, 400), "Paste the whole key"],
    ["a key with letters missing", pkcs8.replace(/[A-Za-z]{8}/g, ""), "can not be read"],
    ["a damaged key", pkcs8.replace(/\nM[^\n]+/, "\nMIIB"), "can not be read"],
    ["a public key", rsa.publicKey.export({ type: "spki", format: "pem" }) as string, "public part"],
    ["a public JWK", JSON.stringify(rsa.publicKey.export({ format: "jwk" })), "public key"],
    ["a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "public part"],
    ["a locked key", locked as string, "passphrase"],
    ["a locked key of the old form", lockedOld as string, "passphrase"],
    ["JSON without a key", '{"type":"authorized_user"}', "holds no key"],
    ["something else", "correct horse battery staple", "Paste the whole key"],
  ])("not from %s, and none of it is in the sentence", (_what, pasted, sentence) => {
    const refuse = () => readSigningKey(pasted, "RS256");
    expect(refuse).not.toThrow(pasted.slice(-25));
    expect(refuse).toThrow(expect.objectContaining({ code: "invalid", message: expect.stringContaining(sentence) }));
  });

  test.each([
    ["RS256", sec1],
    ["PS256", sec1],
    ["ES384", sec1],
    ["EdDSA", sec1],
    ["ES256", pkcs8],
  ] as const)("not for %s when it is of another kind", (algorithm, pasted) => {
    expect(() => readSigningKey(pasted, algorithm)).toThrow(/needs an? .* and this is another kind of key/);
  });

  test("so that each way it can be written is kept out of answers", () => {
    const body = pkcs8.replace(/-----[A-Z ]+-----|\s/g, "");
    for (const pasted of [pkcs8, file, pkcs8.replaceAll("\n", "\\n")]) {
      expect(sensitiveParts(pasted)).toEqual([pasted, body]);
    }
    const jwk = rsa.privateKey.export({ format: "jwk" });
    expect(sensitiveParts(JSON.stringify(jwk))).toEqual(expect.arrayContaining([jwk.d, jwk.p, jwk.qi]));
  });
});

test("a shared secret is the text itself, or the bytes of a JWK", () => {
  expect(readSigningKey("secret with spaces ", "HS256").key.export()).toEqual(Buffer.from("secret with spaces "));
  expect(readSigningKey('{"kty":"oct","k":"AQID"}', "HS512").key.export()).toEqual(Buffer.from([1, 2, 3]));
  expect(() => readSigningKey("", "HS256")).toThrow(expect.objectContaining({ code: "invalid" }));
});
