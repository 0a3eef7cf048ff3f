import { randomUUID } from "node:crypto";

/**
 * A new UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then random bits. Sorting by id is
 * sorting by creation, so lists page by id without another index. The random bits are those of a version 4 one, which
 * Node draws from a pool: a request id costs a fraction of a microsecond.
 */
export function newId(): string {
  const now = Date.now();
  if (now !== lastTime) {
    const time = now.toString(16).padStart(12, "0");
    beginning = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    lastTime = now;
  }
  return beginning + randomUUID().slice(15);
}

/** What all ids of one millisecond begin with. */
let beginning = "";
let lastTime = -1;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for the text form of a UUID; anything else must not reach a `uuid` column. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
