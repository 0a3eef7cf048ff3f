import type { Knex } from "knex";

/** Where whoever links an account goes on once it is saved. */
export async function up(db: Knex): Promise<void> {
  await db.raw("alter table links add column return_to text");
}
