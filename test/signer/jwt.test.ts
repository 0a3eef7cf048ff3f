import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jwt } from "../../src/signer/kinds/jwt.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";
import { NOW, THEN } from "./provider.ts";

// Tokens made by OpenSSL of the same header and claims, in test/vectors, and keys as people paste them.

interface Vector {
  source: string;
  settings: object;
  entered: { key: string };
  now: string;
  jwt: string;
}

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/jwt.json"), "utf8")) as Vector[];
const REQUEST: OutgoingRequest = {
  method: "POST",
  url: new URL("https://api.example.com/v1/users?q=1"),
  headers: [],
  body: null,
};
const RSA = vectors[1]!.entered.key;
const FILE = vectors[2]!.entered.key;
const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });

const parsed = (settings: object) => jwt.settingsSchema.parse(settings);
const examined = (settings: object, entered: object) =>
  jwt.examine!(jwt.secretSchemaFor!(parsed(settings)).parse(entered), parsed(settings));

function signed(settings: object, entered: object, request = REQUEST): [name: string, value: string] {
  const set = parsed(settings);
  const [header] = jwt.sign(request, examined(settings, entered), set, THEN).headers;
  return [header![0], header![1]];
}

function decoded(token: string): [header: Record<string, unknown>, claims: Record<string, unknown>] {
  const [header, claims] = token.split(".").slice(0, 2);
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  return [read(header!), read(claims!)];
}

/** The sentence of a refusal, and the field that it is about. */
function refusal(settings: object, entered: object): string {
  try {
    examined(settings, entered);
  } catch (error) {
    const { code, issues } = error as { code: string; issues: { path: string; message: string }[] };
    return `${code} ${issues.map(({ path, message }) => `${path}: ${message}`).join()}`;
  }
  return "taken";
}

test.each(vectors)("$source is signed as OpenSSL signs it", ({ settings, entered, jwt: expected }) => {
  const [, value] = signed(settings, entered);
  const prefix = (settings as { format?: string }).format?.replace("{token}", "") ?? "Bearer ";
  const token = value.slice(prefix.length);
  expect(decoded(token)).toEqual(decoded(expected));
  expect(value).toBe(prefix + expected);
});

test("ES256 verifies with the public key, in the form of RFC 7518", () => {
  const key = EC.privateKey.export({ type: "sec1", format: "pem" });
  const settings = { algorithm: "ES256", key_id: "{key_id}", asks: { key_id: "Key id" }, audience: "a" };
  const token = signed(settings, { key, key_id: "K1" })[1].slice(7);
  const [input, signature] = [token.slice(0, token.lastIndexOf(".")), token.slice(token.lastIndexOf(".") + 1)];
  const bytes = Buffer.from(signature, "base64url");
  expect(bytes).toHaveLength(64);
  expect(verify("sha256", Buffer.from(input), { key: EC.publicKey, dsaEncoding: "ieee-p1363" }, bytes)).toBe(true);
  expect(decoded(token)[0]).toEqual({ alg: "ES256", typ: "JWT", kid: "K1" });
});

test("each request has its own times, by the clock that is handed in", () => {
  const set = parsed({ issuer: "me", jwt_lifetime_seconds: 60, backdate_seconds: 5 });
  const secret = { key: RSA };
  const at = (seconds: number) => {
    const now = { ...THEN, now: new Date(NOW.getTime() + seconds * 1000) };
    return decoded(jwt.sign(REQUEST, secret, set, now).headers[0]![1].slice(7))[1];
  };
  const start = NOW.getTime() / 1000;
  expect(at(0)).toEqual({ iss: "me", iat: start - 5, exp: start + 60 });
  expect(at(7.9)).toEqual({ iss: "me", iat: start + 2, exp: start + 67 });
});

describe("a key", () => {
  const pem = (type: "pkcs1" | "pkcs8") => createPrivateKey(RSA).export({ type, format: "pem" });
  const flat = (key: string) => key.replaceAll("\n", "\\n");

  test.each([
    ["PKCS #8", pem("pkcs8")],
    ["PKCS #1", pem("pkcs1")],
    ["with its line breaks written out", flat(RSA)],
    ["in a service account's file", FILE],
    ["with spaces around it", `\n  ${RSA} \n`],
  ])("%s is taken", (_form, key) => {
    const [, value] = signed({ issuer: "{issuer}", asks: { issuer: "App ID" } }, { key, issuer: "1" });
    expect(decoded(value.slice(7))[1]).toMatchObject({ iss: "1" });
  });

  test("tells who signs and what it is called, when its file does", () => {
    expect(examined({}, { key: FILE })).toMatchObject({ issuer: "bot@project.example", key_id: "9f2c7d" });
    expect(examined({}, { key: FILE, issuer: "another" })).toMatchObject({ issuer: "another", key_id: "9f2c7d" });
  });

  test.each([
    ["of another kind", { algorithm: "ES256" }, { key: RSA }, "ES256 needs an elliptic-curve key on P-256"],
    ["that is public", {}, { key: publicOf(RSA) }, "Paste the private key"],
    ["under a passphrase", {}, { key: underPassphrase(RSA) }, "Export it without one"],
    ["that was cut", {}, { key: RSA.slice(0, 300) }, "Paste the whole key, from -----BEGIN to -----END"],
    ["that was damaged", {}, { key: RSA.replace("MIIE", "AAAA") }, "can not be read. Copy it again"],
    ["in a file without one", {}, { key: '{"type":"authorized_user"}' }, 'needs a "private_key"'],
    ["that is a password", {}, { key: "correct horse" }, "Paste the whole key"],
    [
      "without its id",
      { algorithm: "HS256", key_separator: ":" },
      { key: "a".repeat(64) },
      'with the ":" in its middle',
    ],
    ["not in hexadecimal", { algorithm: "HS256", key_encoding: "hex" }, { key: "xyz01234" }, "hexadecimal digits"],
    ["not in base64", { algorithm: "HS256", key_encoding: "base64" }, { key: "a b c d e!" }, "not written in base64"],
    ["that does not say whose it is", { issuer: "{issuer}" }, { key: RSA }, "the whole file it came in"],
  ])("%s is refused with what to do", (_form, settings, entered, words) => {
    const told = refusal(settings, entered);
    expect(told).toMatch(/^invalid secret\.key: /);
    expect(told).toContain(words);
    expect(told).not.toContain(entered.key.slice(40, 60) || entered.key);
  });

  test("comes with all that its service asks besides, and with nothing else", () => {
    const fits = (entered: object) =>
      jwt.secretSchemaFor!(parsed({ asks: { app_id: "App ID", installation_id: "Installation ID" } })).safeParse(
        entered,
      ).success;
    expect(fits({ key: RSA, app_id: "1", installation_id: "2" })).toBe(true);
    expect(fits({ key: RSA, app_id: "1" })).toBe(false);
    expect(fits({ key: RSA, app_id: "1", installation_id: "2", tenant: "3" })).toBe(false);
  });
});

describe("settings", () => {
  const problem = (settings: object) =>
    jwt.settingsSchema.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

  test.each([
    [{ algorithm: "none" }, "algorithm"],
    [{ exchange: "assertion" }, "token_url: Enter the address"],
    [{ exchange: "bearer", token_url: "https://{tenant}.example.com/token" }, "token_url: The host"],
    [{ asks: { token: "Token" } }, "asks: These names stand for something else"],
    [{ asks: { "App ID": "App ID" } }, "asks: Write names in lower case"],
    [{ format: "Bearer" }, "format: Write {token}"],
    [{ jwt_lifetime_seconds: 0 }, "jwt_lifetime_seconds"],
  ])("%j are refused", (settings, words) => {
    expect(problem(settings)?.join()).toContain(words);
  });

  test("ask for the key, and for what else they name, under their words", () => {
    const fields = (settings: object) =>
      jwt.secret(parsed(settings)).map(({ name, label, type }) => [name, label, type]);
    expect(fields({})).toEqual([["key", "Private key", "textarea"]]);
    expect(fields({ algorithm: "HS256", key_label: "Admin key", asks: "tenant=Site\nissuer=App" })).toEqual([
      ["key", "Admin key", "text"],
      ["tenant", "Site", "text"],
      ["issuer", "App", "text"],
    ]);
  });

  test("a secret that is meant for the application is no claim", () => {
    const settings = { claims: { x: "{client_secret}" }, client_secret: "application-secret" };
    expect(refusal(settings, { key: RSA })).toContain("{client_secret}");
  });
});

test("what would be signed is explained with the names of what only the account knows", () => {
  const settings = parsed({ issuer: "{issuer}", claims: { jti: "{nonce}", uri: "{method} {path}" } });
  expect(jwt.explain!(REQUEST, settings, THEN)).toEqual({
    jwt_header: '{"alg":"RS256","typ":"JWT","kid":"{key_id}"}',
    jwt_claims: `{"iss":"{issuer}","jti":"{nonce}","uri":"POST /v1/users","iat":${NOW.getTime() / 1000},"exp":${NOW.getTime() / 1000 + 300}}`,
  });
});

test("the token of a request is among what its answer must not carry back", () => {
  const set = parsed({ format: "Custom {token} end", header: "X-Token" });
  const request = jwt.sign(REQUEST, examined({}, { key: RSA }), set, THEN);
  expect(jwt.made!(request, set)).toEqual([request.headers[0]![1].split(" ")[1]]);
});

test("an account from before its service traded keys says what to do", () => {
  const set = parsed({ exchange: "assertion", token_url: "https://provider.example/token" });
  expect(() => jwt.sign(REQUEST, { key: RSA }, set, THEN)).toThrow(/Enter the account's key again/);
});

function publicOf(key: string): string {
  return createPublicKey(key).export({ type: "spki", format: "pem" }) as string;
}

function underPassphrase(key: string): string {
  const sealed = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const;
  return createPrivateKey(key).export(sealed) as string;
}
