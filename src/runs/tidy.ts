import type { World } from "../context.ts";

/** Days that runs and their traces are kept. */
const KEEP_DAYS = 30;
const AT_ONCE = 1_000;

/** Removes runs that ended long ago, with their traces and the runs they called. Returns how many. */
export async function tidyRuns(world: World): Promise<number> {
  const before = new Date(world.clock().getTime() - KEEP_DAYS * 24 * 3_600_000);
  const old = world.database
    .knex("runs")
    .select("id")
    .whereNull("parent_id")
    .where("finished_at", "<", before)
    .limit(AT_ONCE);
  return world.database.knex("runs").whereIn("id", old).delete();
}
