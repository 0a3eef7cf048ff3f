import { z } from "zod";
import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import type { Notice } from "./notice.ts";
import { toNotice, type NoticeRow } from "./store.ts";

export const listNoticesInput = z.strictObject({
  limit: pageInput.limit,
  cursor: pageInput.cursor,
  /** Only those that were not read yet. */
  unread: z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]).default(false),
});

/** What the actor was told, newest first. Throws `forbidden` for bots, `invalid`. */
export async function listNotices(ctx: Context, given: z.input<typeof listNoticesInput> = {}): Promise<Page<Notice>> {
  const { limit, cursor, unread } = listNoticesInput.parse(given);
  const query = ctx
    .db<NoticeRow>("notices")
    .where({ worker_id: reader(ctx) })
    .orderBy("id", "desc")
    .limit(limit + 1);
  if (unread) query.whereNull("read_at");
  if (cursor) query.where("id", "<", keyset(cursor, "id")[0]!);
  return page(await query, limit, toNotice, (row) => [row.id]);
}

/** How many notices the actor has not read: what the navigation counts. */
export async function countUnread(ctx: Context): Promise<number> {
  if (ctx.actor.type !== "worker") return 0;
  const row = await ctx
    .db("notices")
    .where({ worker_id: ctx.actor.id })
    .whereNull("read_at")
    .count({ count: "*" })
    .first();
  return Number(row?.count ?? 0);
}

/** Whose notices these are: people are told things, bots are not. */
export function reader({ actor }: Context): string {
  if (actor.type !== "worker") throw new SignetError("forbidden", "Notices are for people; a bot has none.");
  return actor.id;
}

/** As the API shows it. */
export function shownNotice({ id, bot, run, title, text, link, createdAt, readAt }: Notice) {
  return { id, bot, run, title, text, link, created_at: createdAt, read_at: readAt };
}
