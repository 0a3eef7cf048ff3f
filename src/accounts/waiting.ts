import { isAdmin } from "../access/actor.ts";
import type { Context } from "../context.ts";

/** How many accounts stopped working and wait for the actor, who can reconnect them: what the navigation counts. */
export async function countWaiting(ctx: Context): Promise<number> {
  const { actor } = ctx;
  if (actor.type !== "worker") return 0;
  const teams = actor.teams.filter((team) => team.manager).map((team) => team.id);
  const row = await ctx
    .db("accounts")
    .where({ state: "needs_reconnect" })
    .where((mine) => {
      mine.where({ owner_type: "worker", owner_id: actor.id });
      mine.orWhere((team) => team.where({ owner_type: "team" }).whereIn("owner_id", teams));
      if (isAdmin(actor)) mine.orWhere({ owner_type: "organization" });
    })
    .count({ count: "*" })
    .first();
  return Number(row?.count ?? 0);
}
