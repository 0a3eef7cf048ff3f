import type { Knex } from "knex";

/**
 * For links from which no browser comes back, because a code is typed at the provider: when to ask it next whether that
 * was done, and how long to wait between two times.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw("alter table links add column poll_at timestamptz, add column poll_seconds integer");
}
