import { hash, randomBytes } from "node:crypto";

/** 256 random bits as 43 characters that survive an address, a header and a copy. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/** What is stored of a token: with 256 random bits one plain SHA-256 can not be searched through. */
export function tokenHash(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
