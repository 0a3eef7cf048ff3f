import type { Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";
import type { Bot } from "./bot.ts";
import type { BotLimits } from "./limits.ts";

/** Rows of `bots`; for this room only. */
export interface BotRow {
  id: string;
  uid: string;
  slug: string;
  name: string;
  owner_type: Owner["type"];
  owner_id: string | null;
  config: Record<string, unknown>;
  limits: BotLimits;
  picture: string | null;
  enabled: boolean;
  created_at: Date;
  updated_at: Date;
}

export function toBot(row: BotRow): Bot {
  return {
    id: row.id,
    uid: row.uid,
    slug: row.slug,
    name: row.name,
    owner: { type: row.owner_type, id: row.owner_id } as Owner,
    config: row.config,
    limits: row.limits,
    picture: row.picture,
    enabled: row.enabled,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export async function findBot(
  ctx: Pick<Context, "db">,
  key: { id: string } | { slug: string },
): Promise<Bot | undefined> {
  const row = await ctx.db<BotRow>("bots").where(key).first();
  return row && toBot(row);
}
