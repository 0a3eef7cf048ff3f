import { createHash } from "node:crypto";

/** For the header by which providers tell a repeated request: always the same for the same step of the same run. */
export function idempotencyKey(origin: string, key: string): string {
  return createHash("sha256").update(`${origin}/${key}`).digest("base64url");
}
