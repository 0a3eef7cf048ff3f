import type { Context } from "../context.ts";
import type { Knex } from "../storage/database.ts";
import type { Behavior } from "./behavior.ts";
import { behaviorsSeen } from "./browse.ts";
import { behaviorRows, toBehavior, type BehaviorRow } from "./store.ts";

/** Behaviors that use something, as far as the actor may see them. */
export interface WhereUsed {
  items: Behavior[];
  /** How many more there are, seen or not. */
  others: number;
}

const SHOWN = 50;

/** Behaviors that name an account by its id or short name, or that take one of its service. */
export function usingAccount(
  ctx: Context,
  account: { id: string; slug: string; service: { id: string; catalog: string | null } },
): Promise<WhereUsed> {
  const { id, slug, service } = account;
  return using(ctx, { account: [id, slug], service: keysOf(service) });
}

/** Behaviors that take an account of a service. */
export function usingService(ctx: Context, service: { id: string; catalog: string | null }): Promise<WhereUsed> {
  return using(ctx, { service: keysOf(service) });
}

/** Behaviors of other bots that run one of these. */
export function callersOf(ctx: Context, bot: string, called: { id: string; name: string }[]): Promise<WhereUsed> {
  return using(ctx, { behavior: called.flatMap(({ id, name }) => [id, name]) }, (query) =>
    query.whereNot("behaviors.bot_id", bot),
  );
}

/** How many behaviors each of these bots has. */
export async function countBehaviors(ctx: Context, bots: string[]): Promise<Map<string, number>> {
  const rows = (await ctx
    .db("behaviors")
    .whereIn("bot_id", bots)
    .groupBy("bot_id")
    .select("bot_id")
    .count({ count: "*" })) as unknown as { bot_id: string; count: number }[];
  return new Map(rows.map(({ bot_id, count }) => [bot_id, Number(count)]));
}

async function using(
  ctx: Context,
  named: Partial<Record<"account" | "behavior" | "service", string[]>>,
  narrow: (query: Knex.QueryBuilder) => unknown = () => undefined,
): Promise<WhereUsed> {
  const all = () => {
    const query = behaviorRows(ctx).whereExists((names) => {
      names
        .select(1 as never)
        .from("behavior_names")
        .whereRaw("behavior_names.behavior_id = behaviors.id");
      names.where((either) => {
        for (const [kind, keys] of Object.entries(named))
          either.orWhere((one) => one.where("names", kind).whereIn("key", keys));
      });
    });
    narrow(query);
    return query;
  };
  const visible = all().orderByRaw("lower(behaviors.title), behaviors.id").limit(SHOWN);
  behaviorsSeen(visible, ctx.actor);
  const [rows, total] = await Promise.all([
    visible as Promise<BehaviorRow[]>,
    all().clearSelect().count({ count: "*" }).first() as Promise<{ count: number }>,
  ]);
  return { items: rows.map(toBehavior), others: Number(total.count) - rows.length };
}

function keysOf({ id, catalog }: { id: string; catalog: string | null }): string[] {
  return catalog === null ? [id] : [id, catalog];
}
