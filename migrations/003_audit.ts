import type { Knex } from "knex";

/**
 * The append-only, hash-chained record of what was done. `audit_head` holds the newest link; a trigger refuses
 * to change or remove a link by accident, the chain shows it when done on purpose.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table audit_events (
      seq bigint primary key,
      at timestamptz not null,
      action text not null,
      outcome text not null,
      actor_type text not null,
      actor_id text,
      actor_name text not null,
      account_id uuid,
      request_id text not null,
      process bigint not null,
      facts jsonb not null,
      hash bytea not null
    );
    create index audit_events_account on audit_events (account_id, seq desc) where account_id is not null;
    -- Rows come in the order of time, so a summary of each range of pages finds a moment for next to nothing.
    create index audit_events_at on audit_events using brin (at) with (pages_per_range = 32, autosummarize = on);
    create index audit_events_actor on audit_events (actor_id, seq desc) where actor_id is not null;

    create table audit_head (only_row boolean primary key default true check (only_row), seq bigint not null, hash bytea not null);
    insert into audit_head (seq, hash) values (0, '\\x00');

    create function audit_is_append_only() returns trigger language plpgsql as $$
    begin raise exception 'audit_events is append-only'; end $$;
    create trigger audit_events_no_change before update or delete on audit_events
      for each row execute function audit_is_append_only();
    create trigger audit_events_no_truncate before truncate on audit_events
      for each statement execute function audit_is_append_only();

    create sequence process_numbers;
    create table processes (
      number bigint primary key,
      started_at timestamptz not null default now(),
      low_seq bigint not null
    );
  `);
}
