import { countBehaviors } from "../../behaviors/where-used.ts";
import { lastUses, listBots } from "../../bots/browse.ts";
import { ownerNames } from "../../people/owner.ts";
import { leftBots } from "../../runs/bot-context.ts";
import { lastRuns } from "../../runs/browse.ts";
import { view } from "../answer.ts";
import { botsTabs } from "../bots-tabs.ts";
import { pagerOf } from "../list-links.ts";
import { ownerPerson } from "../owner-field.ts";
import { get } from "../route.ts";
import { botPerson } from "../tile.ts";

const PATH = "/bots";

export default [
  get(PATH, async (ctx, { query }) => {
    const { q, cursor } = query;
    const { items, next_cursor } = await listBots(ctx, { q, cursor });
    const ids = items.map(({ id }) => id);
    const [names, used, ran, behaviors] = await Promise.all([
      ownerNames(
        ctx,
        items.map((bot) => bot.owner),
      ),
      lastUses(ctx, items),
      lastRuns(ctx, ids),
      countBehaviors(ctx, ids),
    ]);
    const alone = await leftBots(ctx, items);
    const list = {
      label: "Bots",
      noun: ["bot", "bots"],
      tabs: botsTabs("bots"),
      search: { action: PATH, q },
      columns: [
        { key: "name", label: "Bot", kind: "name" },
        { key: "owner", label: "Owner", kind: "person" },
        { key: "state", label: "State", kind: "state" },
        { key: "behaviors", label: "Behaviors", kind: "number", align: "end" },
        { key: "ran", label: "Last run", kind: "time", align: "end", narrow: false },
        { key: "used", label: "Token used", kind: "time", align: "end", narrow: false },
      ],
      rows: items.map((bot) => ({
        href: `${PATH}/${bot.id}`,
        cells: {
          name: { text: bot.name, detail: bot.slug, person: botPerson(bot) },
          owner: ownerPerson(bot.owner, names),
          state: alone.has(bot.id)
            ? { state: "warning", label: "Owner left" }
            : bot.enabled
              ? { state: "active", label: "On" }
              : { state: "paused", label: "Off" },
          behaviors: behaviors.get(bot.id) ?? 0,
          ran: { at: ran.get(bot.id)?.createdAt ?? null },
          used: { at: used.get(bot.id) ?? null },
        },
      })),
      count: null,
      filtered: Boolean(q || cursor),
      clear: PATH,
      pager: pagerOf(PATH, { q, cursor }, next_cursor),
      empty: {
        icon: "bot",
        title: "No bots yet",
        text: "A bot calls APIs with the accounts of its owner, under its own token and its own name in the audit.",
        action: { label: "Make a bot", href: "/bots/new" },
      },
    };
    return view("bots", { page: { title: "Bots" }, list });
  }),
];
