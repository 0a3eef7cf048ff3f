import type { Knex } from "knex";

/** What may be seen of each account's credential, worked out when it is sealed: its last four characters, a certificate's end. */
export async function up(db: Knex): Promise<void> {
  await db.raw("alter table accounts add column facts jsonb not null default '[]'");
}
