import type { Knex } from "knex";

/**
 * Behaviors with their versions, what each of them names, and their runs with a trace. Bots get limits and a picture. What
 * people wrote and providers answered is json, not jsonb, which would sort the names in it.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table bots
      add column uid text,
      add column limits jsonb not null default '{}',
      add column picture text;
    update bots set uid = id::text;
    alter table bots alter column uid set not null;
    create unique index bots_uid on bots (uid);

    create table behaviors (
      id uuid primary key,
      uid text not null unique,
      bot_id uuid not null references bots on delete cascade,
      slug text not null,
      title text not null,
      public boolean not null default false,
      enabled boolean not null default true,
      version integer not null default 1,
      program json not null,
      created_by uuid,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (bot_id, slug)
    );
    create index behaviors_title on behaviors (lower(title), id);

    create table behavior_versions (
      behavior_id uuid not null references behaviors on delete cascade,
      version integer not null,
      title text not null,
      public boolean not null,
      program json not null,
      saved_by uuid,
      saved_by_name text not null,
      saved_at timestamptz not null,
      primary key (behavior_id, version)
    );

    create table behavior_names (
      behavior_id uuid not null references behaviors on delete cascade,
      names text not null check (names in ('account', 'behavior', 'service')),
      key text not null,
      primary key (behavior_id, names, key)
    );
    create index behavior_names_key on behavior_names (names, key);

    create table runs (
      id uuid primary key,
      behavior_id uuid references behaviors on delete set null,
      behavior_name text not null,
      title text not null,
      version integer not null,
      bot_id uuid,
      state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'stopped')),
      trigger text not null check (trigger in ('hand', 'api', 'schedule', 'webhook', 'event', 'behavior')),
      started_by_type text not null,
      started_by_id uuid,
      started_by_name text not null,
      chain text[] not null,
      program json not null,
      config json not null,
      inputs json not null,
      occasion json,
      simulation json,
      output json,
      error jsonb,
      parent_id uuid references runs on delete cascade,
      parent_key text,
      rerun_of uuid,
      origin text not null,
      key text unique,
      clock timestamptz,
      due_at timestamptz not null,
      created_at timestamptz not null,
      started_at timestamptz,
      finished_at timestamptz,
      process bigint,
      attempts integer not null default 0,
      spent_ms integer not null default 0,
      stopping boolean not null default false
    );
    create index runs_behavior on runs (behavior_id, id desc);
    create index runs_bot on runs (bot_id, id desc) where parent_id is null;
    create index runs_starter on runs (started_by_id, id desc) where parent_id is null;
    create index runs_open on runs (state, due_at) where state in ('queued', 'running');
    create index runs_waiting on runs (bot_id, state, due_at) where state in ('queued', 'running') and parent_id is null;
    create index runs_finished on runs (finished_at) where parent_id is null;
    create unique index runs_parent on runs (parent_id, parent_key);

    create table run_steps (
      run_id uuid not null references runs on delete cascade,
      key text not null,
      position integer not null,
      step_id text,
      kind text not null,
      title text not null,
      state text not null check (state in ('running', 'finished', 'failed', 'skipped', 'simulated')),
      started_at timestamptz not null,
      duration_ms integer,
      request_id text,
      shown json,
      result json,
      error jsonb,
      primary key (run_id, key)
    );
  `);
}
