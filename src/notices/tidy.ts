import type { World } from "../context.ts";

/** Days that notices are kept, read or not. */
const KEEP_DAYS = 90;

/** Removes what was told long ago. Returns how much. */
export async function tidyNotices({ database, clock }: World): Promise<number> {
  const before = new Date(clock().getTime() - KEEP_DAYS * 24 * 3_600_000);
  return database.knex("notices").where("created_at", "<", before).delete();
}
