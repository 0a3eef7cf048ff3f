import { createHash } from "node:crypto";
import { quoted } from "./auth-header.ts";
import { hashOf, type Asked } from "./challenge.ts";

/** What a digest is made of; `target` is the request's path and query as it is sent. */
export interface Wish {
  method: string;
  target: string;
  /** Which answer with this nonce it is, the first being 1. */
  count: number;
}

/** The value of Authorization that answers a challenge (RFC 7616 section 3.4; without qop as in RFC 2617 section 3.2.2.1). */
export function authorization(secret: { username: string; password: string }, asked: Asked, wish: Wish): string {
  const { hash, session } = hashOf(asked.algorithm);
  const digest = (...parts: string[]) => createHash(hash!).update(parts.join(":"), "utf8").digest("hex");
  const [username, password] = [secret.username, secret.password].map((text) =>
    utf8(asked) ? text.normalize("NFC") : text,
  ) as [string, string];
  const plain = digest(username, asked.realm, password);
  const key = session ? digest(plain, asked.sessionNonce, asked.cnonce) : plain;
  const response = digest(key, ...counted(asked, wish), digest(wish.method, wish.target));
  const cnonce = asked.qop !== undefined || session;
  const hashed = asked.userhash?.toLowerCase() === "true";
  return `Digest ${[
    hashed ? `username=${quoted(digest(username, asked.realm))}` : named(username),
    `realm=${quoted(asked.realm)}`,
    `uri=${quoted(wish.target)}`,
    ...(asked.algorithm === undefined ? [] : [`algorithm=${asked.algorithm}`]),
    `nonce=${quoted(asked.nonce)}`,
    ...(asked.qop === undefined ? [] : [`nc=${hexadecimal(wish.count)}`]),
    ...(cnonce ? [`cnonce=${quoted(asked.cnonce)}`] : []),
    ...(asked.qop === undefined ? [] : [`qop=${asked.qop}`]),
    `response=${quoted(response)}`,
    ...(asked.opaque === undefined ? [] : [`opaque=${quoted(asked.opaque)}`]),
    ...(hashed ? ["userhash=true"] : []),
  ].join(", ")}`;
}

/** What stands between the hashes of secret and request. */
export function counted(asked: Asked, wish: Pick<Wish, "count">): string[] {
  return asked.qop === undefined ? [asked.nonce] : [asked.nonce, hexadecimal(wish.count), asked.cnonce, asked.qop];
}

function utf8(asked: Asked): boolean {
  return asked.charset?.toLowerCase() === "utf-8";
}

/** In ASCII as it is; with other characters in the notation of RFC 8187, which RFC 7616 section 3.4 calls username*. */
function named(username: string): string {
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quoted(username)}`;
  const escaped = encodeURIComponent(username).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `username*=UTF-8''${escaped}`;
}

function hexadecimal(count: number): string {
  return count.toString(16).padStart(8, "0");
}
