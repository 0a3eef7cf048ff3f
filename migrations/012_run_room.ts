import type { Knex } from "knex";

/**
 * Whether a bot has room for one more run, asked one after the other: whoever asks holds the bot until their transaction
 * ends, so that two who ask in the same moment do not both find the last place. And an index for lists of one state.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create function run_room(bot uuid, most integer) returns boolean language plpgsql volatile as $$
    begin
      perform pg_advisory_xact_lock(hashtextextended(bot::text, 1));
      return (select count(*) < most from runs where bot_id = bot and state = 'running' and parent_id is null);
    end $$;
    create index runs_state on runs (state, id desc) where parent_id is null;
  `);
}
