import { listBehaviors } from "../../behaviors/browse.ts";
import { view } from "../answer.ts";
import { botsTabs } from "../bots-tabs.ts";
import { BEHAVIOR_COLUMNS, behaviorRow } from "../behavior-list.ts";
import { pagerOf } from "../list-links.ts";
import { get } from "../route.ts";

const PATH = "/behaviors";

export default [
  get(PATH, async (ctx, { query }) => {
    const { q, cursor, bot } = query;
    const { items, next_cursor } = await listBehaviors(ctx, { q, cursor, bot: bot || undefined });
    const list = {
      label: "Behaviors",
      noun: ["behavior", "behaviors"],
      tabs: botsTabs("behaviors"),
      search: { action: PATH, q, hidden: { bot } },
      columns: BEHAVIOR_COLUMNS,
      rows: items.map(behaviorRow),
      count: null,
      filtered: Boolean(q || cursor || bot),
      clear: PATH,
      pager: pagerOf(PATH, { q, bot, cursor }, next_cursor),
      empty: {
        icon: "workflow",
        title: "No behaviors yet",
        text: "Behaviors belong to bots: open a bot and add one there.",
        action: { label: "Bots", href: "/bots" },
      },
    };
    return view("behaviors", { page: { title: "Behaviors", section: "bots" }, list });
  }),
];
