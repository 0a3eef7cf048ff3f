import { z } from "zod";
import { isAdmin, type BotActor, type Owner, type Scope } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import type { Context, World } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { workerActor } from "../people/browse.ts";
import { likePattern } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import { soon, type Soon } from "../storage/soon.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import type { Bot } from "./bot.ts";
import { findBot, toBot, type BotRow } from "./store.ts";

export const listBotsInput = z.strictObject({ ...pageInput });

/** Bots by name: a worker sees their own, their teams' and the organization's; admins see all; a bot sees itself. */
export async function listBots(ctx: Context, given: z.input<typeof listBotsInput>): Promise<Page<Bot>> {
  const { q, limit, cursor } = listBotsInput.parse(given);
  const query = ctx
    .db<BotRow>("bots")
    .orderByRaw("lower(name), id")
    .limit(limit + 1);
  const { actor } = ctx;
  if (actor.type === "bot") query.where({ id: actor.id });
  else if (actor.type === "worker" && !isAdmin(actor)) {
    const teams = actor.teams.map((team) => team.id);
    query.where((either) => {
      either.where({ owner_type: "organization" }).orWhere({ owner_type: "worker", owner_id: actor.id });
      either.orWhere((team) => team.where({ owner_type: "team" }).whereIn("owner_id", teams));
    });
  }
  if (q) query.whereRaw("(name ilike :q or slug ilike :q)", { q: likePattern(q) });
  if (cursor) query.whereRaw("(lower(name), id) > (?, ?)", keyset(cursor, "name"));
  return page((await query) as BotRow[], limit, toBot, (row) => [row.name.toLowerCase(), row.id]);
}

/** Bots of one owner by name, whoever asks: for pages that tell what becomes of what somebody owns. */
export async function botsOwnedBy(ctx: Context, { type, id }: Owner): Promise<Bot[]> {
  const query = ctx
    .db<BotRow>("bots")
    .where({ owner_type: type, owner_id: id })
    .orderByRaw("lower(name), id")
    .limit(100);
  return ((await query) as BotRow[]).map(toBot);
}

/** A bot by id or slug. Throws `not_found` for what the actor may not see. */
export async function getBot(ctx: Context, key: string): Promise<Bot> {
  const bot = await findBot(ctx, isId(key) ? { id: key } : { slug: key });
  if (!bot || !sees(ctx, bot)) throw notFound("bot");
  return bot;
}

/** A bot that the actor may change. Throws `not_found` for strangers, `forbidden` for onlookers. */
export async function managedBot(ctx: Context, key: string): Promise<Bot> {
  const bot = await getBot(ctx, key);
  if (!managesBot(ctx, bot)) throw new SignetError("forbidden", "Only the bot's owner may change it.");
  return bot;
}

/** Bots by uid, whoever asks: for verbs that judge the actor themselves. */
export async function botsWithUids(ctx: Context, uids: string[]): Promise<Bot[]> {
  return ((await ctx.db<BotRow>("bots").whereIn("uid", uids)) as BotRow[]).map(toBot);
}

export function managesBot(ctx: Context, bot: Bot): boolean {
  return mayManage(ctx.actor, bot.owner);
}

/** When a token of each of these bots was last used, by the bot's id; bots whose tokens were never used are missing. */
export async function lastUses(ctx: Context, bots: Bot[]): Promise<Map<string, Date>> {
  const ids = bots.map((bot) => bot.id);
  const rows = (await ctx
    .db("tokens")
    .where({ holder_type: "bot" })
    .whereIn("holder_id", ids)
    .whereNotNull("last_used_at")
    .groupBy("holder_id")
    .select("holder_id")
    .max({ at: "last_used_at" })) as { holder_id: string; at: Date }[];
  return new Map(rows.map((row) => [row.holder_id, row.at]));
}

/**
 * The bot as an actor, remembered until it changes; undefined when it is gone or switched off, or when the worker it
 * belongs to was deactivated.
 */
export function botActor(world: World, id: string, scopes: readonly Scope[]): Soon<BotActor | undefined> {
  return soon(knownBot(world, id), (bot) =>
    bot?.enabled ? soon(leftAlone(world, bot.owner), (alone) => (alone ? undefined : asActor(bot, scopes))) : undefined,
  );
}

/** True for a bot whose worker may not act any more: nothing is done in their name then. */
export function leftAlone(world: World, owner: Owner): Soon<boolean> {
  return owner.type === "worker" && soon(workerActor(world, owner.id, []), (worker) => worker === undefined);
}

/** A bot by id, whoever asks, remembered until it changes; undefined when it is gone. */
export function knownBot(world: World, id: string): Soon<Bot | undefined> {
  return world.memory.shelf<Bot>("bots").load(id, async () => {
    const value = await findBot({ db: world.database.knex }, { id });
    return value && { value, tags: [`bot:${id}`] };
  });
}

/** The bot as the policy sees it, also while it is switched off. */
export function asActor({ id, name, slug, owner, limits }: Bot, scopes: readonly Scope[]): BotActor {
  const { accounts, hosts } = limits;
  const limited = accounts !== undefined || hosts !== undefined;
  return { type: "bot", id, name, slug, owner, scopes, ...(limited && { limits: { accounts, hosts } }) };
}

export function shownBot(bot: Bot) {
  return {
    id: bot.id,
    uid: bot.uid,
    slug: bot.slug,
    name: bot.name,
    owner: bot.owner,
    config: bot.config,
    limits: bot.limits,
    picture: bot.picture,
    enabled: bot.enabled,
    created_at: bot.createdAt,
  };
}

function sees(ctx: Context, bot: Bot): boolean {
  const { actor } = ctx;
  if (actor.type === "bot") return actor.id === bot.id;
  if (isAdmin(actor)) return true;
  if (actor.type !== "worker") return false;
  return (
    bot.owner.type === "organization" ||
    (bot.owner.type === "team" ? actor.teams.some((team) => team.id === bot.owner.id) : bot.owner.id === actor.id)
  );
}
