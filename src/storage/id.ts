import { randomBytes } from "node:crypto";

/**
 * A new UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then random bits. Sorting by id is
 * sorting by creation, so lists page by id without another index.
 */
export function newId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for the text form of a UUID; anything else must not reach a `uuid` column. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
