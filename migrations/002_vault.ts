import type { Knex } from "knex";

/** Sealed secrets, read and written by the vault alone, and the check values of the keys that sealed them. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table vault_keys (
      key_id text primary key,
      check_value bytea not null,
      seals bigint not null default 0,
      created_at timestamptz not null default now()
    );

    create table secrets (
      id uuid primary key,
      subject text not null,
      provider text not null,
      hosts text[] not null,
      version integer not null,
      key_id text not null references vault_keys,
      sealed bytea not null,
      created_at timestamptz not null default now(),
      changed_at timestamptz not null default now()
    );
    create index secrets_key on secrets (key_id);
    alter table secrets alter column sealed set storage main;
    alter table secrets set (toast_tuple_target = 8160);
  `);
}
