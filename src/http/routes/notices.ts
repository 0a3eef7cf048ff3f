import { listNotices } from "../../notices/browse.ts";
import { markRead } from "../../notices/mark-read.ts";
import type { Notice } from "../../notices/notice.ts";
import { redirect, view } from "../answer.ts";
import { text } from "../form.ts";
import { pagerOf } from "../list-links.ts";
import { get, post } from "../route.ts";

export default [
  get("/notices", async (ctx, { query }) => {
    const { cursor } = query;
    const found = await listNotices(ctx, { ...(cursor && { cursor }) });
    return view("notices", {
      page: { title: "Notices" },
      notices: found.items.map(shown),
      unread: found.items.some(({ readAt }) => readAt === null),
      newest: cursor ? "" : found.items[0]?.id,
      pager: pagerOf("/notices", { cursor }, found.next_cursor),
    });
  }),

  post("/notices/read", async (ctx, { form }) => {
    const up_to = text(form, "up_to");
    await markRead(ctx, up_to === "" ? {} : { up_to });
    return redirect("/notices");
  }),
];

/** A notice as its page shows it; of an address elsewhere people read the host before they follow it. */
function shown({ bot, title, text, link, run, createdAt, readAt }: Notice) {
  const outside = link !== null && !link.startsWith("/");
  const lead = link === null ? null : { href: link, outside, label: outside ? new URL(link).host : "Open" };
  return { bot: bot.name, title, text, lead, run, at: createdAt, unread: readAt === null };
}
