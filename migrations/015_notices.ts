import type { Knex } from "knex";

/** What bots tell people in the product; one row for each person. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table notices (
      id uuid primary key,
      worker_id uuid not null references workers on delete cascade,
      bot_id uuid references bots on delete set null,
      bot_name text not null,
      run_id uuid,
      title text not null,
      text text not null,
      link text,
      created_at timestamptz not null,
      read_at timestamptz
    );
    create index notices_worker on notices (worker_id, id desc);
    create index notices_unread on notices (worker_id, id desc) where read_at is null;
    create index notices_bot on notices (bot_id, created_at);
    create index notices_created on notices (created_at);
  `);
}
