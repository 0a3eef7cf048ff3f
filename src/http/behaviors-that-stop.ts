import type { Owner } from "../access/actor.ts";
import { fullName, type Behavior } from "../behaviors/behavior.ts";
import { behaviorsOf } from "../behaviors/browse.ts";
import { callersOf, type WhereUsed } from "../behaviors/where-used.ts";
import { botsOwnedBy } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { countStarters, type Starters } from "../triggers/starters.ts";
import { counted } from "./people-view.ts";

/** A line of what will stop, for the part confirm. */
export interface Stops {
  text: string;
  href?: string;
  detail?: string;
}

/** What goes with a bot: its behaviors with all that starts them, and behaviors of others that run them. */
export async function behaviorsThatStop(ctx: Context, bot: string): Promise<Stops[]> {
  const own = await behaviorsOf(ctx, [bot]);
  const called = own.map((behavior) => ({ id: behavior.id, name: fullName(behavior) }));
  const [starters, callers] = await Promise.all([
    countStarters(
      ctx,
      own.map(({ id }) => id),
    ),
    own.length === 0 ? { items: [], others: 0 } : callersOf(ctx, bot, called),
  ]);
  return [
    ...own.map((behavior) => line(behavior, startedBy(starters.get(behavior.id)))),
    ...usedBy(callers, "runs one of these behaviors"),
  ];
}

/** What runs no more once an owner may not act: their bots, each with its behaviors. */
export async function botsThatStop(ctx: Context, owner: Owner): Promise<Stops[]> {
  const bots = await botsOwnedBy(ctx, owner);
  const behaviors = await behaviorsOf(
    ctx,
    bots.map(({ id }) => id),
  );
  const starters = await countStarters(
    ctx,
    behaviors.map(({ id }) => id),
  );
  return bots.flatMap((bot) => {
    const own = behaviors.filter((behavior) => behavior.bot.id === bot.id);
    const about = own.length === 0 ? "bot without behaviors" : `bot with ${counted(own.length, "behavior")}`;
    const lines = own.map((behavior) => line(behavior, startedBy(starters.get(behavior.id))));
    return [{ text: bot.name, href: `/bots/${bot.id}`, detail: about }, ...lines];
  });
}

/** Behaviors that use something that goes, each with why; those that the reader may not see are counted. */
export function usedBy({ items, others }: WhereUsed, why: string): Stops[] {
  const more = others === 0 ? [] : [{ text: `and ${counted(others, "behavior")} that you may not see`, detail: why }];
  return [...items.map((behavior) => line(behavior, why)), ...more];
}

function line(behavior: Behavior, detail: string): Stops {
  return { text: `${behavior.title} (${fullName(behavior)})`, href: `/behaviors/${behavior.id}`, detail };
}

function startedBy(starters: Starters | undefined): string {
  if (starters === undefined) return "behavior";
  const { schedules, webhooks, events } = starters;
  const parts = [
    schedules > 0 && counted(schedules, "schedule"),
    webhooks > 0 && counted(webhooks, "webhook"),
    events > 0 && counted(events, "event trigger"),
  ];
  return `behavior with ${parts.filter(Boolean).join(", ")}`;
}
