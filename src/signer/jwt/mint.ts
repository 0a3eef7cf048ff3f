import { createPublicKey, createSecretKey, hash, type KeyObject } from "node:crypto";
import { SignetError } from "../../errors.ts";
import { signJws } from "../jws.ts";
import type { Circumstances } from "../kind.ts";
import { blanksIn, fillJson, type Blanks } from "../blanks.ts";
import { readSigningKey, type SigningKey } from "../signing-key.ts";
import type { Secret, Settings } from "./settings.ts";

/** Which request a JWT is for, where claims say so. */
export interface Purpose {
  method: string;
  url: URL;
}

/**
 * A JWT (RFC 7519) by the service's settings, signed with the account's key. Throws `invalid` for a key that does not
 * fit and for a blank that nothing is known for.
 */
export function mint(settings: Settings, secret: Secret, purpose: Purpose, circumstances: Circumstances): string {
  const key = keyOf(settings, secret);
  const blanks = { ...blanksOf(secret, purpose, circumstances), ...fingerprintOf(settings, key) };
  const { header, claims } = draft(settings, blanks, circumstances.now);
  return signJws(header, JSON.stringify(claims), key);
}

/** What is signed: header and claims. A key without a name of its own is not named. Throws `invalid` as mint() does. */
export function draft(settings: Settings, blanks: Blanks, now: Date) {
  const { issuer, subject, audience, scopes, key_id: keyId } = settings;
  const scope = scopes.length === 0 ? undefined : scopes.join(" ");
  const kid = keyId === "{key_id}" && blanks.key_id === undefined ? undefined : keyId;
  const filled = (templates: Record<string, string | undefined>) =>
    Object.fromEntries(
      Object.entries(templates)
        .filter(([, template]) => template !== undefined && template !== "")
        .map(([name, template]) => [name, claim(template!, blanks)]),
    );
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    header: { alg: settings.algorithm, typ: "JWT", ...filled({ kid, ...settings.header_params }) },
    claims: {
      ...filled({ iss: issuer, sub: subject, aud: audience, scope, ...settings.claims }),
      iat: seconds - settings.backdate_seconds,
      exp: seconds + settings.jwt_lifetime_seconds,
    },
  };
}

// Reading a key costs as much as signing with it. What was read lives no longer than the opened credential.
const keys = new WeakMap<Secret, { settings: Settings; key: KeyObject }>();

function keyOf(settings: Settings, secret: Secret): KeyObject {
  const known = keys.get(secret);
  if (known?.settings === settings) return known.key;
  const { key } = readKey(settings, secret.key);
  keys.set(secret, { settings, key });
  return key;
}

/** The account's key, in every form in which providers hand keys out. Throws `invalid` with what to paste. */
export function readKey(settings: Settings, pasted: string): SigningKey {
  if (!settings.algorithm.startsWith("HS") || settings.key_encoding === "raw")
    return readSigningKey(pasted, settings.algorithm);
  return { key: decoded(pasted, settings.key_encoding), id: undefined, issuer: undefined };
}

/** What the blanks of the settings stand for. */
export function blanksOf(secret: Secret, { method, url }: Purpose, circumstances: Circumstances): Blanks {
  const { key: _key, token: _token, ...entered } = secret;
  const now = String(Math.floor(circumstances.now.getTime() / 1000));
  return { ...entered, now, nonce: circumstances.nonce(), method, host: url.host, path: url.pathname };
}

/** The public key's fingerprint, for issuers that are named by it; computed only where it is named. */
function fingerprintOf({ issuer, subject, claims }: Settings, key: KeyObject): Blanks {
  const named = [issuer, subject, ...Object.values(claims)].some((template) => template?.includes("{fingerprint}"));
  if (!named || key.type !== "private") return {};
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return { fingerprint: hash("sha256", spki, "base64") };
}

function decoded(text: string, encoding: "base64" | "hex"): KeyObject {
  const right = encoding === "hex" ? /^([0-9a-f]{2})+$/i : /^[A-Za-z0-9+/_-]+={0,2}$/;
  if (!right.test(text)) {
    const name = encoding === "hex" ? "hexadecimal digits" : "base64";
    throw new SignetError("invalid", `This secret is not written in ${name}. Copy it again.`);
  }
  return createSecretKey(Buffer.from(text, encoding));
}

/** The value of a claim. What is JSON as a whole is taken as that, and a time that stands alone as a number. */
function claim(template: string, blanks: Blanks): unknown {
  const value = fillJson(template === "{now}" ? Number(blanks.now) : asJson(template), blanks);
  if (value !== undefined) return value;
  const unknown = blanksIn(template).find((name) => blanks[name] === undefined);
  throw new SignetError(
    "invalid",
    `Nothing is known of {${unknown}}, which the service's settings name. Enter all that belongs to the key, or the whole file it came in.`,
  );
}

function asJson(template: string): unknown {
  try {
    return JSON.parse(template);
  } catch {
    return template;
  }
}
