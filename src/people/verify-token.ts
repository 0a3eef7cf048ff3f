import { hash } from "node:crypto";
import type { Scope } from "../access/actor.ts";
import type { World } from "../context.ts";
import type { Database } from "../storage/database.ts";
import { soon, type Soon } from "../storage/soon.ts";
import type { Holder } from "./token.ts";

/** What a valid token stands for. */
export interface Verified {
  id: string;
  holder: Holder;
  scopes: Scope[];
  expiresAt: Date | null;
}

const FLUSH_AFTER = 3_000;

/**
 * Whom a token stands for; undefined when it is unknown, revoked or has expired. Two look-ups in maps when it was seen
 * before; whether a worker or bot may still act is asked of the holder, not of the token.
 */
export function verifyToken(world: World, text: string): Soon<Verified | undefined> {
  if (text.length !== 47 || !(text.startsWith("sgw_") || text.startsWith("sgb_"))) return undefined;
  const key = hash("sha256", text, "base64url");
  const token = world.memory.shelf<Verified>("tokens").load(key, () => readToken(world, key));
  return soon(token, (known) => known && valid(world, known));
}

function valid(world: World, token: Verified): Verified | undefined {
  const now = world.clock();
  if (token.expiresAt !== null && token.expiresAt <= now) return undefined;
  used(world, token.id, now);
  return token;
}

/** Writes when tokens were last used; every few seconds by itself, and called when the process stops. */
export async function flushTokenUsage(database: Database): Promise<void> {
  const uses = pending.get(database);
  pending.delete(database);
  if (uses === undefined) return;
  // In the order of the ids, so that two processes never wait for each other.
  const rows = [...uses].sort(([a], [b]) => (a < b ? -1 : 1));
  await database.prepared(
    "people-touch-tokens",
    `update tokens set last_used_at = greatest(last_used_at, used.at)
     from unnest($1::uuid[], $2::timestamptz[]) as used (id, at) where tokens.id = used.id`,
    [rows.map(([id]) => id), rows.map(([, at]) => at.toISOString())],
  );
}

/** Last uses that are not written yet, by token. */
const pending = new WeakMap<Database, Map<string, Date>>();

function used({ database }: World, id: string, now: Date): void {
  let uses = pending.get(database);
  if (uses === undefined) {
    pending.set(database, (uses = new Map()));
    setTimeout(() => void flushTokenUsage(database).catch(() => undefined), FLUSH_AFTER).unref();
  }
  uses.set(id, now);
}

interface Row {
  id: string;
  holder_type: Holder["type"];
  holder_id: string;
  scopes: Scope[];
  expires_at: Date | null;
}

async function readToken(world: World, key: string): Promise<{ value: Verified; tags: string[] } | undefined> {
  const [row] = await world.database.prepared<Row>(
    "people-token",
    "select id, holder_type, holder_id, scopes, expires_at from tokens where token_hash = $1",
    [Buffer.from(key, "base64url")],
  );
  if (!row) return undefined;
  const holder = { type: row.holder_type, id: row.holder_id };
  const value = { id: row.id, holder, scopes: row.scopes, expiresAt: row.expires_at };
  return { value, tags: [`token:${row.id}`, `${holder.type === "worker" ? "people" : "bot"}:${holder.id}`] };
}
