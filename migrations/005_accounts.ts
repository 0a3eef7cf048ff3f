import type { Knex } from "knex";

/** Accounts, who they are shared with, and the links under way that may become accounts. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table accounts (
      id uuid primary key,
      slug text not null unique,
      name text not null,
      service_id uuid not null references services,
      owner_type text not null check (owner_type in ('organization', 'team', 'worker')),
      owner_id uuid,
      state text not null default 'active' check (state in ('active', 'paused', 'needs_reconnect')),
      state_reason text,
      secret_id uuid not null references secrets,
      identity_id text,
      identity_label text,
      scopes_requested text[] not null default '{}',
      scopes_granted text[] not null default '{}',
      base_url text,
      expires_at timestamptz,
      expires_on date,
      refreshable boolean not null default false,
      refresh_lease_until timestamptz,
      refresh_lease_holder text,
      last_used_at timestamptz,
      created_by uuid,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      check ((owner_type = 'organization') = (owner_id is null))
    );
    create index accounts_owner on accounts (owner_type, owner_id, id);
    create index accounts_service on accounts (service_id, id);
    create index accounts_state on accounts (state, id);
    create index accounts_name on accounts (lower(name), id);

    create table shares (
      id uuid primary key,
      account_id uuid not null references accounts on delete cascade,
      with_type text not null check (with_type in ('worker', 'team', 'bot', 'everyone')),
      with_id uuid,
      rules jsonb,
      until timestamptz,
      created_by uuid,
      created_at timestamptz not null default now(),
      check ((with_type = 'everyone') = (with_id is null))
    );
    create unique index shares_once on shares (account_id, with_type, coalesce(with_id, account_id));
    create index shares_with on shares (with_type, with_id);

    create table links (
      id uuid primary key,
      state text not null check (state in ('pending', 'exchanging', 'linked', 'failed', 'saved')),
      token_hash bytea not null unique,
      state_hash bytea unique,
      browser_hash bytea,
      session_id uuid,
      worker_id uuid not null references workers on delete cascade,
      service_id uuid not null references services on delete cascade,
      service_version integer not null,
      account_id uuid references accounts on delete cascade,
      name text not null,
      slug text,
      owner_type text not null,
      owner_id uuid,
      verifier_id uuid references secrets,
      secret_id uuid references secrets,
      scopes_requested text[] not null default '{}',
      scopes_granted text[] not null default '{}',
      identity_id text,
      identity_label text,
      base_url text,
      token_expires_at timestamptz,
      refreshable boolean not null default false,
      warning text,
      error text,
      created_at timestamptz not null default now(),
      state_expires_at timestamptz,
      expires_at timestamptz not null
    );
    create index links_expiry on links (expires_at);
    create index links_worker on links (worker_id, id);
  `);
}
