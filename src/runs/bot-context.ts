import type { Behalf } from "../audit/event.ts";
import { botActor } from "../bots/browse.ts";
import type { Context, World } from "../context.ts";
import { SignetError } from "../errors.ts";
import { workerActor } from "../people/browse.ts";
import { newId } from "../storage/id.ts";

/**
 * The context in which a run acts: as its bot, with the rights that the bot has at this moment (statement B-4), and with an
 * id of its own for what is done next. Throws `forbidden` when the bot, or the worker it belongs to, is gone or switched off.
 */
export async function botContext(world: World, bot: string, behalf: Behalf): Promise<Context> {
  const actor = await botActor(world, bot, ["execute"]);
  const owner = actor?.owner;
  const alone = owner?.type === "worker" && (await workerActor(world, owner.id, [])) === undefined;
  if (actor === undefined || alone)
    throw new SignetError("forbidden", "The bot is switched off, gone, or belongs to somebody who left.");
  return { ...world, db: world.database.knex, actor, requestId: newId(), session: null, behalf };
}
