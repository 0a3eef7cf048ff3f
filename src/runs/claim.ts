import { DEFAULT_LIMITS } from "../bots/limits.ts";
import type { World } from "../context.ts";
import { toRun, type RunRow } from "./store.ts";
import type { Run } from "./run.ts";

// A run is taken by one process only, when it is due, and while its bot has room for one more.
const CLAIM = `
  update runs set state = 'running', process = $2, attempts = attempts + 1, clock = coalesce(clock, $3),
    started_at = coalesce(started_at, $3)
  where id = $1 and state = 'queued' and due_at <= $3 and parent_id is null
    and run_room(bot_id, coalesce((select (limits ->> 'max_runs')::int from bots where bots.id = runs.bot_id), $4))
  returning *`;

// As many as there is room for, so that no place stays empty when several runs end in one moment.
const WAITING = `
  select id from runs where bot_id = $1 and state = 'queued' and parent_id is null and due_at <= $2
  order by due_at, id
  limit greatest(0, coalesce((select (limits ->> 'max_runs')::int from bots where bots.id = $1), $3)
    - (select count(*) from runs where bot_id = $1 and state = 'running' and parent_id is null))`;

/** Takes a queued run for this process; undefined when it is not there to be taken. */
export async function claim(world: World, id: string): Promise<Run | undefined> {
  const values = [id, world.audit.process, world.clock(), DEFAULT_LIMITS.max_runs];
  const [row] = await world.database.prepared<RunRow>("run-claim", CLAIM, values);
  return row && toRun(row);
}

/** Runs of the bot that wait although they are due, perhaps because there was no room for them. */
export async function waiting(world: World, bot: string): Promise<string[]> {
  const values = [bot, world.clock(), DEFAULT_LIMITS.max_runs];
  const rows = await world.database.prepared<{ id: string }>("run-waiting", WAITING, values);
  return rows.map(({ id }) => id);
}
