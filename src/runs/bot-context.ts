import type { Owner } from "../access/actor.ts";
import type { Behalf } from "../audit/event.ts";
import { asActor, knownBot, leftAlone } from "../bots/browse.ts";
import type { Context, World } from "../context.ts";
import { SignetError } from "../errors.ts";
import { newId } from "../storage/id.ts";

/**
 * The context in which a run acts: as its bot, with the rights that the bot has at this moment (statement B-4), and with an
 * id of its own for what is done next. Throws `forbidden` when the bot, or the worker it belongs to, is gone or switched off.
 */
export async function botContext(world: World, id: string, behalf: Behalf): Promise<Context> {
  const bot = await knownBot(world, id);
  if (bot === undefined) throw new SignetError("forbidden", "The bot of this behavior was deleted.");
  if (!bot.enabled) throw new SignetError("forbidden", `The bot ${bot.name} is switched off.`);
  if (await leftAlone(world, bot.owner))
    throw new SignetError(
      "forbidden",
      `The bot ${bot.name} belongs to somebody who was deactivated, so it may not act.`,
    );
  const actor = asActor(bot, ["execute"]);
  return { ...world, db: world.database.knex, actor, requestId: newId(), session: null, behalf };
}

/** Those of some bots whose worker may not act any more, by their ids. */
export async function leftBots(world: World, bots: { id: string; owner: Owner }[]): Promise<Set<string>> {
  const alone = await Promise.all(bots.map(({ owner }) => leftAlone(world, owner)));
  return new Set(bots.filter((_, index) => alone[index]).map(({ id }) => id));
}
