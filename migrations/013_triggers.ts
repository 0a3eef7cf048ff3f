import type { Knex } from "knex";

/** What starts runs besides people and programs: schedules, webhooks, and what happens to accounts. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table schedules (
      id uuid primary key,
      behavior_id uuid not null references behaviors on delete cascade,
      at timestamptz,
      cron text,
      time_zone text not null,
      inputs jsonb not null,
      duplicates text not null check (duplicates in ('allow', 'keep_first', 'keep_last')),
      scheduler_type text not null check (scheduler_type in ('worker', 'bot')),
      scheduler_id uuid not null,
      scheduler_name text not null,
      state text not null default 'active' check (state in ('active', 'paused')),
      paused_reason text,
      next_at timestamptz not null,
      last_at timestamptz,
      last_run_id uuid,
      missed integer not null default 0,
      created_at timestamptz not null,
      check ((at is null) <> (cron is null))
    );
    create index schedules_due on schedules (next_at) where state = 'active';
    create index schedules_behavior on schedules (behavior_id, id desc);
    create index schedules_scheduler on schedules (scheduler_id, id desc);

    create table webhooks (
      id uuid primary key,
      behavior_id uuid not null references behaviors on delete cascade,
      name text not null,
      token_hash bytea not null unique,
      last_four text not null,
      scheme text not null,
      settings jsonb not null default '{}',
      secret_id uuid,
      inputs jsonb,
      answer jsonb not null,
      per_minute integer not null,
      state text not null default 'active' check (state in ('active', 'paused')),
      last_at timestamptz,
      last_run_id uuid,
      refused_at timestamptz,
      refused_reason text,
      created_by_name text not null,
      created_at timestamptz not null
    );
    create index webhooks_behavior on webhooks (behavior_id, id desc);

    -- A webhook also goes when its behavior or bot goes; its secret goes with it.
    create function webhook_secret_goes() returns trigger language plpgsql as $$
    begin delete from secrets where id = old.secret_id; return null; end $$;
    create trigger webhooks_gone after delete on webhooks
      for each row when (old.secret_id is not null) execute function webhook_secret_goes();

    create table event_triggers (
      id uuid primary key,
      behavior_id uuid not null references behaviors on delete cascade,
      events text[] not null,
      account_id uuid,
      inputs jsonb,
      state text not null default 'active' check (state in ('active', 'paused')),
      paused_reason text,
      after_seq bigint not null,
      last_at timestamptz,
      last_run_id uuid,
      created_by_name text not null,
      created_at timestamptz not null
    );
    create index event_triggers_behavior on event_triggers (behavior_id, id desc);
    create index event_triggers_active on event_triggers (id) where state = 'active';

    -- How far the audit has been followed.
    create table event_cursor (only_row boolean primary key default true check (only_row), seq bigint not null);
    insert into event_cursor (seq) select seq from audit_head;
  `);
}
