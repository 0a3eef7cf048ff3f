import { createHash } from "node:crypto";

/** For the header by which providers tell a repeated request: always the same for the same step of the same run. */
export function idempotencyKey(origin: string, key: string): string {
  return createHash("sha256").update(`${origin}/${key}`).digest("base64url");
}

/** The id of what a step makes at that time: always the same for the same step of the same run. */
export function repeatableId(origin: string, key: string, now: Date): string {
  const random = createHash("sha256").update(`${origin}/${key}`).digest("hex");
  const time = now.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}
