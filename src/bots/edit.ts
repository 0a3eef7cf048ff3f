import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { slugInput } from "../accounts/account.ts";
import { removeTokens } from "../people/token.ts";
import { botSlugTaken } from "./add.ts";
import { botConfig, botName, botPicture, type Bot } from "./bot.ts";
import { managedBot } from "./browse.ts";
import { botLimits } from "./limits.ts";
import { findBot } from "./store.ts";

export const editBotInput = z.strictObject({
  name: botName.optional(),
  slug: slugInput.optional(),
  config: botConfig.optional(),
  limits: botLimits.optional(),
  picture: botPicture.nullable().optional(),
  /** A bot that is switched off is refused everywhere within a second; its tokens stay. */
  enabled: z.boolean().optional(),
});
export type EditBot = z.input<typeof editBotInput>;

/** Changes a bot. Throws `not_found`, `forbidden`, `conflict`. */
export async function editBot(ctx: Context, key: string, given: EditBot): Promise<Bot> {
  const input = editBotInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    const bot = await managedBot(inside, key);
    const config = input.config === undefined ? {} : { config: JSON.stringify(input.config) };
    const limits = input.limits === undefined ? {} : { limits: JSON.stringify(input.limits) };
    await inside
      .db("bots")
      .where({ id: bot.id })
      .update({ ...input, ...config, ...limits, updated_at: inside.clock() })
      .catch(botSlugTaken);
    await notify(inside, "bot", bot.id);
    await record(inside, {
      action: "bot.changed",
      outcome: "ok",
      facts: { bot: bot.name, changes: Object.keys(input) },
    });
    return (await findBot(inside, { id: bot.id }))!;
  });
}

/** Removes a bot with its tokens and with the shares that name it. */
export async function deleteBot(ctx: Context, key: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const bot = await managedBot(inside, key);
    const shares = await inside
      .db("shares")
      .where({ with_type: "bot", with_id: bot.id })
      .delete()
      .returning("account_id");
    await removeTokens(inside, { type: "bot", id: bot.id });
    await inside.db("bots").where({ id: bot.id }).delete();
    await notify(inside, "bot", bot.id);
    const accounts = [...new Set(shares.map((share) => share.account_id as string))];
    await notify(inside, "account", accounts);
    await record(inside, { action: "bot.deleted", outcome: "ok", facts: { bot: bot.name } });
  });
}
