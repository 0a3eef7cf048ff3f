import { z } from "zod";
import { isAdmin, type Actor } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import type { Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { likePattern, type Knex } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import { fullName, type Behavior } from "./behavior.ts";
import { behaviorRows, findBehavior, toBehavior, type BehaviorRow } from "./store.ts";

export const listBehaviorsInput = z.strictObject({
  ...pageInput,
  /** Only of this bot, by id or slug. */
  bot: z.string().max(100).optional(),
});

/** Behaviors that the actor may see, by title: public ones, and those of bots that the actor is or looks after. */
export async function listBehaviors(ctx: Context, given: z.input<typeof listBehaviorsInput>): Promise<Page<Behavior>> {
  const { q, limit, cursor, bot } = listBehaviorsInput.parse(given);
  const query = behaviorRows(ctx)
    .orderByRaw("lower(behaviors.title), behaviors.id")
    .limit(limit + 1);
  behaviorsSeen(query, ctx.actor);
  if (bot !== undefined) query.where(isId(bot) ? { "bots.id": bot } : { "bots.slug": bot });
  if (q)
    query.whereRaw("(behaviors.title ilike :q or bots.slug || '/' || behaviors.slug ilike :q)", { q: likePattern(q) });
  if (cursor) query.whereRaw("(lower(behaviors.title), behaviors.id) > (?, ?)", keyset(cursor, "name"));
  return page((await query) as BehaviorRow[], limit, toBehavior, (row) => [row.title.toLowerCase(), row.id]);
}

/** A behavior by id or "bot/behavior". Throws `not_found` for what the actor may not see. */
export async function getBehavior(ctx: Context, key: string): Promise<Behavior> {
  const behavior = await lookUp(ctx, key);
  if (!behavior || !seesBehavior(ctx.actor, behavior)) throw notFound("behavior");
  return behavior;
}

/** Behaviors by uid, whoever asks: for verbs that judge the actor themselves. */
export async function behaviorsWithUids(ctx: Context, uids: string[]): Promise<Behavior[]> {
  return ((await behaviorRows(ctx).whereIn("behaviors.uid", uids)) as BehaviorRow[]).map(toBehavior);
}

/** All behaviors of these bots, in the order of their short names, whoever asks. */
export async function behaviorsOf(ctx: Context, bots: string[]): Promise<Behavior[]> {
  const query = behaviorRows(ctx)
    .whereIn("behaviors.bot_id", bots)
    .orderByRaw('bots.slug collate "C", behaviors.slug collate "C"');
  return ((await query) as BehaviorRow[]).map(toBehavior);
}

/** Whether the actor may change it; pages show only the acts that would be allowed. */
export function managesBehavior(ctx: Context, behavior: Pick<Behavior, "bot">): boolean {
  return mayManage(ctx.actor, behavior.bot.owner);
}

/** A behavior that the actor may change. Throws `not_found` for strangers, `forbidden` for onlookers. */
export async function managedBehavior(ctx: Context, key: string): Promise<Behavior> {
  const behavior = await getBehavior(ctx, key);
  if (!managesBehavior(ctx, behavior))
    throw new SignetError("forbidden", "Only the bot's owner may change its behaviors.");
  return behavior;
}

/**
 * A behavior that the actor may run: a public one, one of its own bot, or one of a bot that it looks after.
 * Throws `not_found` for what it may not even see, `forbidden` for a private one of another bot.
 */
export async function runnableBehavior(ctx: Context, key: string): Promise<Behavior> {
  const behavior = await getBehavior(ctx, key);
  if (!mayRun(ctx.actor, behavior)) throw new SignetError("forbidden", `${fullName(behavior)} is private to its bot.`);
  return behavior;
}

/** The rule of runnableBehavior(), also asked at each call of a behavior by another. Being an admin opens nothing here. */
export function mayRun(actor: Actor, behavior: Pick<Behavior, "public" | "bot">): boolean {
  if (behavior.public) return actor.type === "worker" || actor.type === "bot";
  if (actor.type === "bot") return actor.id === behavior.bot.id;
  if (actor.type !== "worker") return false;
  const { owner } = behavior.bot;
  return owner.type === "team" ? actor.teams.some(({ id }) => id === owner.id) : mayManage(actor, owner);
}

/** Who sees a behavior also sees its steps; nothing in them is secret. */
function seesBehavior(actor: Actor, behavior: Behavior): boolean {
  if (actor.type === "system") return true;
  if (mayRun(actor, behavior)) return true;
  if (isAdmin(actor)) return true;
  return actor.type === "worker" && behavior.bot.owner.type === "organization";
}

/** The rule of getBehavior() as SQL. */
export function behaviorsSeen(query: Knex.QueryBuilder, actor: Actor): void {
  if (isAdmin(actor)) return;
  query.where((either) => {
    either.where("behaviors.public", true);
    if (actor.type === "bot") return void either.orWhere("bots.id", actor.id);
    if (actor.type !== "worker") return void either.whereRaw("false");
    either.orWhere("bots.owner_type", "organization");
    either.orWhere({ "bots.owner_type": "worker", "bots.owner_id": actor.id });
    const teams = actor.teams.map(({ id }) => id);
    either.orWhere((team) => team.where("bots.owner_type", "team").whereIn("bots.owner_id", teams));
  });
}

/** Behaviors by their ids, for what starts them, which asks by itself who may; those that are gone are missing. */
export async function behaviorsByIds(ctx: Pick<Context, "db">, ids: string[]): Promise<Map<string, Behavior>> {
  const rows = (await behaviorRows(ctx).whereIn("behaviors.id", [...new Set(ids)])) as BehaviorRow[];
  return new Map(rows.map((row) => [row.id, toBehavior(row)]));
}

async function lookUp(ctx: Context, key: string): Promise<Behavior | undefined> {
  if (isId(key)) return findBehavior(ctx, { id: key });
  const [bot, slug, ...rest] = key.split("/");
  if (slug === undefined)
    return ctx.actor.type === "bot" ? findBehavior(ctx, { bot: ctx.actor.slug, slug: key }) : undefined;
  return rest.length > 0 ? undefined : findBehavior(ctx, { bot: bot!, slug });
}

/** As the API shows it. */
export function shownBehavior(behavior: Behavior) {
  const { id, uid, bot, slug, title, version, enabled, inputs, steps, output, createdAt, updatedAt } = behavior;
  return {
    id,
    uid,
    bot: { id: bot.id, slug: bot.slug, name: bot.name },
    slug,
    title,
    public: behavior.public,
    enabled,
    version,
    inputs,
    steps,
    output,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}
