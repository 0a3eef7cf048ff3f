import type { Knex } from "knex";

/** What was learned of accounts when they were linked, such as a tenant's id; and of links until they are saved. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table accounts add column metadata jsonb not null default '{}';
    alter table links add column metadata jsonb not null default '{}', add column ends_at timestamptz;
  `);
}
