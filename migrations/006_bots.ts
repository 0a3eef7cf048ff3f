import type { Knex } from "knex";

/** Actors that are not people. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table bots (
      id uuid primary key,
      slug text not null unique,
      name text not null,
      owner_type text not null check (owner_type in ('organization', 'team', 'worker')),
      owner_id uuid,
      config jsonb not null default '{}',
      enabled boolean not null default true,
      created_by uuid,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      check ((owner_type = 'organization') = (owner_id is null))
    );
    create index bots_owner on bots (owner_type, owner_id, id);
  `);
}
