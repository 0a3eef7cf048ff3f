import type { Knex } from "knex";

/** What packages have installed, and as what, so that a newer version can tell edits made here from its own. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table services add column uid text;
    update services set uid = id::text;
    alter table services alter column uid set not null;
    create unique index services_uid on services (uid);

    create table packages (
      id uuid primary key,
      uid text not null unique,
      name text not null,
      version text not null,
      description text not null,
      hash text not null,
      owner_type text not null check (owner_type in ('organization', 'team', 'worker')),
      owner_id uuid,
      answers jsonb not null,
      renamed jsonb not null,
      installed_by uuid,
      installed_by_name text not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      check ((owner_type = 'organization') = (owner_id is null))
    );
    create index packages_name on packages (lower(name), id);

    create table package_items (
      package_id uuid not null references packages on delete cascade,
      what text not null check (what in ('service', 'bot', 'behavior')),
      uid text not null,
      installed jsonb not null,
      primary key (package_id, what, uid)
    );

    create table package_drafts (
      id uuid primary key,
      worker_id uuid not null references workers on delete cascade,
      package json not null,
      answers jsonb not null default '{}',
      renamed jsonb not null default '{}',
      owner jsonb,
      expires_at timestamptz not null
    );
    create index package_drafts_worker on package_drafts (worker_id, id);
  `);
}
