import { lastUses, listBots } from "../../bots/browse.ts";
import { ownerNames } from "../../people/owner.ts";
import { view } from "../answer.ts";
import { pagerOf } from "../list-links.ts";
import { ownerPerson } from "../owner-field.ts";
import { get } from "../route.ts";

const PATH = "/bots";

export default [
  get(PATH, async (ctx, { query }) => {
    const { q, cursor } = query;
    const { items, next_cursor } = await listBots(ctx, { q, cursor });
    const used = await lastUses(ctx, items);
    const names = await ownerNames(
      ctx,
      items.map((bot) => bot.owner),
    );
    const list = {
      label: "Bots",
      noun: ["bot", "bots"],
      search: { action: PATH, q },
      columns: [
        { key: "name", label: "Bot", kind: "name" },
        { key: "owner", label: "Owner", kind: "person" },
        { key: "state", label: "State", kind: "state" },
        { key: "used", label: "Last used", kind: "time", align: "end" },
      ],
      rows: items.map((bot) => ({
        href: `${PATH}/${bot.id}`,
        cells: {
          name: { text: bot.name, detail: bot.slug, person: { type: "bot", id: bot.id, name: bot.name } },
          owner: ownerPerson(bot.owner, names),
          state: bot.enabled ? { state: "active", label: "On" } : { state: "paused", label: "Off" },
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
