import type { Knex } from "knex";

/** Workers, their sessions and teams, the invitations that bring them in, and the tokens of workers and bots. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table workers (
      id uuid primary key,
      email text not null,
      name text not null,
      role text not null check (role in ('admin', 'worker')),
      state text not null default 'active' check (state in ('invited', 'active', 'deactivated')),
      password_hash text,
      created_at timestamptz not null default now(),
      last_seen_at timestamptz
    );
    create unique index workers_email on workers (lower(email));
    create index workers_name on workers (lower(name), id);

    create table teams (id uuid primary key, name text not null, created_at timestamptz not null default now());
    create unique index teams_name on teams (lower(name));

    create table team_members (
      team_id uuid not null references teams on delete cascade,
      worker_id uuid not null references workers on delete cascade,
      manager boolean not null default false,
      primary key (team_id, worker_id)
    );
    create index team_members_worker on team_members (worker_id);

    create table invitations (
      id uuid primary key,
      token_hash bytea not null unique,
      purpose text not null check (purpose in ('setup', 'join')),
      worker_id uuid references workers on delete cascade,
      created_by uuid references workers on delete set null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index invitations_expiry on invitations (expires_at);

    create table sessions (
      id uuid primary key,
      token_hash bytea not null unique,
      worker_id uuid not null references workers on delete cascade,
      browser text,
      created_at timestamptz not null default now(),
      last_used_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index sessions_worker on sessions (worker_id);
    create index sessions_expiry on sessions (expires_at);

    create table sign_in_failures (
      key text primary key,
      failures integer not null,
      last_at timestamptz not null
    );

    create table tokens (
      id uuid primary key,
      token_hash bytea not null unique,
      holder_type text not null check (holder_type in ('worker', 'bot')),
      holder_id uuid not null,
      name text not null,
      scopes text[] not null,
      last_four text not null,
      expires_at timestamptz,
      created_by uuid,
      created_at timestamptz not null default now(),
      last_used_at timestamptz
    );
    create index tokens_holder on tokens (holder_type, holder_id, id);
  `);
}
