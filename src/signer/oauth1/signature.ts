import { createHash, createHmac, createSign } from "node:crypto";
import { readPrivateKey } from "../signing-key.ts";
import { percentEncode } from "../percent.ts";

export const METHODS = ["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT"] as const;
export type Method = (typeof METHODS)[number];

/** What signs besides the token's own secret. */
export interface ConsumerKeys {
  signature_method: Method;
  consumer_secret?: string | undefined;
  private_key?: string | undefined;
}

/**
 * The value of oauth_signature (RFC 5849 sections 3.4.2 to 3.4.4). HMAC-SHA256 is the same with the newer hash, as
 * providers have it that refuse SHA-1. RSA looks at no secret of the token.
 */
export function signature(keys: ConsumerKeys, base: string, tokenSecret: string): string {
  const key = `${percentEncode(keys.consumer_secret ?? "")}&${percentEncode(tokenSecret)}`;
  switch (keys.signature_method) {
    case "HMAC-SHA1":
      return createHmac("sha1", key).update(base).digest("base64");
    case "HMAC-SHA256":
      return createHmac("sha256", key).update(base).digest("base64");
    case "RSA-SHA1":
      return createSign("RSA-SHA1")
        .update(base)
        .sign(readPrivateKey(keys.private_key ?? ""), "base64");
    case "PLAINTEXT":
      return key;
  }
}

/** oauth_body_hash (OAuth Request Body Hash 1.0 section 3.2): the hash that the signature method uses. */
export function bodyHash(method: Method, body: Buffer | null): string {
  return createHash(method === "HMAC-SHA256" ? "sha256" : "sha1")
    .update(body ?? "")
    .digest("base64");
}
