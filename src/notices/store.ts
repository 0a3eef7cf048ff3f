import type { Notice } from "./notice.ts";

/** Rows of `notices`; for this room only. */
export interface NoticeRow {
  id: string;
  worker_id: string;
  bot_id: string | null;
  bot_name: string;
  run_id: string | null;
  title: string;
  text: string;
  link: string | null;
  created_at: Date;
  read_at: Date | null;
}

export function toNotice(row: NoticeRow): Notice {
  return {
    id: row.id,
    bot: { id: row.bot_id, name: row.bot_name },
    run: row.run_id,
    title: row.title,
    text: row.text,
    link: row.link,
    createdAt: row.created_at,
    readAt: row.read_at,
  };
}
