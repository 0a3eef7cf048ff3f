import { z } from "zod";
import { inTransaction, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { ownerInput, ownerOf, slugify, slugInput } from "../accounts/account.ts";
import { requireOwner } from "../accounts/own.ts";
import { holdOwner } from "../people/owner.ts";
import { uidInput } from "../services/service.ts";
import { isDuplicate } from "../storage/database.ts";
import { newId } from "../storage/id.ts";
import { botConfig, botName, botPicture, type Bot } from "./bot.ts";
import { botLimits } from "./limits.ts";
import { findBot } from "./store.ts";

export const addBotInput = z.strictObject({
  name: botName,
  slug: slugInput.optional(),
  owner: ownerInput.optional(),
  config: botConfig.default({}),
  limits: botLimits.default({}),
  picture: botPicture.nullish(),
  uid: uidInput.optional(),
});
export type AddBot = z.input<typeof addBotInput>;

/** Makes a bot, the actor's own unless another owner is named. Throws `forbidden`, `conflict` for a taken slug. */
export async function addBot(ctx: Context, given: AddBot): Promise<Bot> {
  const input = addBotInput.parse(given);
  const { actor } = ctx;
  if (actor.type !== "worker" && (actor.type !== "system" || input.owner === undefined))
    throw new SignetError("forbidden", "Bots are made by workers.");
  const owner = ownerOf(input.owner, actor.id ?? "");
  await requireOwner(ctx, owner, "a bot");
  return inTransaction(ctx, async (inside) => {
    const id = newId();
    await holdOwner(inside, owner);
    const slug = input.slug ?? (await freeBotSlug(inside, slugify(input.name)));
    const row = { id, uid: input.uid ?? newId(), slug, name: input.name, picture: input.picture ?? null };
    const [config, limits] = [JSON.stringify(input.config), JSON.stringify(input.limits)];
    await inside
      .db("bots")
      .insert({ ...row, config, limits, owner_type: owner.type, owner_id: owner.id, created_by: ctx.actor.id })
      .catch(botSlugTaken);
    await record(inside, { action: "bot.created", outcome: "ok", facts: { bot: input.name, owner: owner.type } });
    return (await findBot(inside, { id }))!;
  });
}

export function botSlugTaken(error: unknown): never {
  if (!isDuplicate(error)) throw error;
  const uid = isDuplicate(error, "bots_uid");
  throw new SignetError("conflict", `Another bot has this ${uid ? "uid" : "short name"} already.`, {
    issues: [{ path: uid ? "uid" : "slug", message: uid ? "This is taken." : "This short name is taken." }],
  });
}

/** The short name, or one with a number after it that no bot has. */
export async function freeBotSlug(ctx: Context, wished: string): Promise<string> {
  const taken = new Set<string>(
    await ctx.db("bots").whereRaw("slug = ? or slug ~ ('^' || ? || '-[0-9]+$')", [wished, wished]).pluck("slug"),
  );
  let slug = wished;
  for (let number = 2; taken.has(slug); number++) slug = `${wished}-${number}`;
  return slug;
}
