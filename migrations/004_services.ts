import type { Knex } from "knex";

/** Services as set up here. `settings` holds nothing secret; hidden settings are in the vault under `secret_id`. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table services (
      id uuid primary key,
      name text not null,
      kind text not null,
      catalog_key text,
      settings jsonb not null,
      secret_id uuid,
      hidden text[] not null default '{}',
      hosts text[] not null,
      base_url text,
      headers jsonb not null default '{}',
      test jsonb,
      version integer not null default 1,
      created_by uuid,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create unique index services_name on services (lower(name));
  `);
}
