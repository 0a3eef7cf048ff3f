import { DEFAULT_LIMITS } from "../bots/limits.ts";
import type { World } from "../context.ts";
import { toRun, type RunRow } from "./store.ts";
import type { Run } from "./run.ts";

// A run is taken by one process only, when it is due, and while its bot has room for one more. Two processes that take
// runs of one bot in the same moment may both find room.
const CLAIM = `
  update runs set state = 'running', process = $2, attempts = attempts + 1, clock = coalesce(clock, $3),
    started_at = coalesce(started_at, $3)
  where id = $1 and state = 'queued' and due_at <= $3 and parent_id is null
    and (select count(*) from runs as other where other.bot_id = runs.bot_id and other.state = 'running'
      and other.parent_id is null)
      < coalesce((select (limits ->> 'max_runs')::int from bots where bots.id = runs.bot_id), $4)
  returning *`;

/** Takes a queued run for this process; undefined when it is not there to be taken. */
export async function claim(world: World, id: string): Promise<Run | undefined> {
  const values = [id, world.audit.process, world.clock(), DEFAULT_LIMITS.max_runs];
  const [row] = await world.database.prepared<RunRow>("run-claim", CLAIM, values);
  return row && toRun(row);
}

/** A run of the bot that waits although it is due, perhaps because there was no room for it. */
export async function nextWaiting(world: World, bot: string): Promise<string | undefined> {
  const [row] = await world.database.prepared<{ id: string }>(
    "run-waiting",
    `select id from runs where bot_id = $1 and state = 'queued' and parent_id is null and due_at <= $2
     order by due_at limit 1`,
    [bot, world.clock()],
  );
  return row?.id;
}
