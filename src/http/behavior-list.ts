import { fullName, type Behavior } from "../behaviors/behavior.ts";
import { listBehaviors } from "../behaviors/browse.ts";
import { walk } from "../behaviors/program.ts";
import type { Bot } from "../bots/bot.ts";
import { managesBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { behaviorPath } from "./behavior-links.ts";

/** How many a bot's page shows; the others are a link away. */
const SHOWN = 20;

/** Columns of every list of behaviors. */
export const BEHAVIOR_COLUMNS = [
  { key: "name", label: "Behavior", kind: "name" },
  { key: "steps", label: "Steps", kind: "number", align: "end" },
  { key: "who", label: "Who may run it", kind: "state" },
  { key: "state", label: "State", kind: "state" },
  { key: "saved", label: "Saved", kind: "time", align: "end" },
];

export function behaviorRow(behavior: Behavior) {
  return {
    href: behaviorPath(behavior),
    cells: {
      name: { text: behavior.title, detail: fullName(behavior) },
      steps: walk(behavior.steps).length,
      who: behavior.public ? { state: "public" } : { state: "private" },
      state: behavior.enabled ? { state: "active", label: "On" } : { state: "paused", label: "Off" },
      saved: { at: behavior.updatedAt },
    },
  };
}

/** What views/parts/behavior-list.eta draws on a bot's page: its behaviors that the reader may see. */
export async function behaviorsOfBot(ctx: Context, bot: Bot) {
  const { items, next_cursor } = await listBehaviors(ctx, { bot: bot.id, limit: SHOWN });
  const add = managesBot(ctx, bot) ? `/bots/${bot.id}/behaviors/new` : null;
  return {
    add,
    all: next_cursor === null ? null : `/behaviors?bot=${bot.slug}`,
    list: {
      label: "Behaviors",
      noun: ["behavior", "behaviors"],
      columns: BEHAVIOR_COLUMNS,
      rows: items.map(behaviorRow),
      dense: true,
      filtered: false,
      empty: {
        icon: "workflow",
        title: "No behaviors yet",
        text: "A behavior is what the bot does by name: requests, decisions and loops, put together without code.",
        action: add ? { label: "Make a behavior", href: add } : null,
      },
    },
  };
}
