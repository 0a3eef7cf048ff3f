import type { Knex } from "knex";

/**
 * Links of many rows at once. What requests record is chained and made durable as one block per commit; its rows get
 * their places in `audit_events` a moment later, in one statement, and leave the block. Rows that were recorded with a
 * change keep a link of their own.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table audit_events alter column hash drop not null;
    create table audit_blocks (
      last_seq bigint primary key,
      first_seq bigint not null,
      hash bytea not null,
      rows text
    );
    -- Compressing what is taken out again a moment later would only cost time.
    alter table audit_blocks alter column rows set storage external;
    create index audit_blocks_folded on audit_blocks (last_seq) where rows is not null;

    create function audit_blocks_only_unfold() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and new.rows is null
        and (new.last_seq, new.first_seq, new.hash) = (old.last_seq, old.first_seq, old.hash) then return new; end if;
      raise exception 'audit_blocks is append-only';
    end $$;
    create trigger audit_blocks_no_change before update or delete on audit_blocks
      for each row execute function audit_blocks_only_unfold();
    create trigger audit_blocks_no_truncate before truncate on audit_blocks
      for each statement execute function audit_is_append_only();
  `);
}
