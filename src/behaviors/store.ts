import type { Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";
import type { Knex } from "../storage/database.ts";
import type { Behavior } from "./behavior.ts";
import type { Program } from "./program.ts";

/** Rows of `behaviors` with their bot; for this room only. */
export interface BehaviorRow {
  id: string;
  uid: string;
  bot_id: string;
  bot_slug: string;
  bot_name: string;
  bot_enabled: boolean;
  owner_type: Owner["type"];
  owner_id: string | null;
  slug: string;
  title: string;
  public: boolean;
  enabled: boolean;
  version: number;
  program: Program;
  created_at: Date;
  updated_at: Date;
}

export function behaviorRows(ctx: Pick<Context, "db">): Knex.QueryBuilder {
  return ctx
    .db("behaviors")
    .join("bots", "bots.id", "behaviors.bot_id")
    .select(
      "behaviors.*",
      "bots.slug as bot_slug",
      "bots.name as bot_name",
      "bots.enabled as bot_enabled",
      "bots.owner_type",
      "bots.owner_id",
    );
}

export function toBehavior(row: BehaviorRow): Behavior {
  const owner = { type: row.owner_type, id: row.owner_id } as Owner;
  return {
    id: row.id,
    uid: row.uid,
    bot: { id: row.bot_id, slug: row.bot_slug, name: row.bot_name, owner, enabled: row.bot_enabled },
    slug: row.slug,
    title: row.title,
    public: row.public,
    enabled: row.enabled,
    version: row.version,
    ...row.program,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** By id, or by "bot/behavior". */
export async function findBehavior(
  ctx: Pick<Context, "db">,
  key: { id: string } | { bot: string; slug: string },
): Promise<Behavior | undefined> {
  const query = behaviorRows(ctx);
  if ("id" in key) query.where("behaviors.id", key.id);
  else query.where("bots.slug", key.bot).where("behaviors.slug", key.slug);
  const row = (await query.first()) as BehaviorRow | undefined;
  return row && toBehavior(row);
}
