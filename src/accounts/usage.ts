import type { World } from "../context.ts";
import type { Database } from "../storage/database.ts";

const FLUSH_AFTER = 3_000;

/** When accounts were last used, gathered here so that no request waits for it. */
const pending = new WeakMap<Database, Map<string, Date>>();

/** Remembers that the account was used now; written with others a few seconds later. */
export function touch(world: Pick<World, "database" | "clock">, accountId: string): void {
  let waiting = pending.get(world.database);
  if (!waiting) {
    waiting = new Map();
    pending.set(world.database, waiting);
    setTimeout(() => void flushUsage(world.database).catch(() => undefined), FLUSH_AFTER).unref();
  }
  waiting.set(accountId, world.clock());
}

/** Writes what is waiting; also called when the process stops. */
export async function flushUsage(database: Database): Promise<void> {
  const waiting = pending.get(database);
  pending.delete(database);
  if (!waiting || waiting.size === 0) return;
  await database.prepared(
    "touch-accounts",
    `update accounts set last_used_at = greatest(last_used_at, used.at)
     from unnest($1::uuid[], $2::timestamptz[]) as used (id, at) where accounts.id = used.id`,
    [[...waiting.keys()], [...waiting.values()].map((at) => at.toISOString())],
  );
}
