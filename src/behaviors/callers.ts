import type { Context } from "../context.ts";
import { fullName, type Behavior } from "./behavior.ts";
import { behaviorRows, toBehavior, type BehaviorRow } from "./store.ts";

/** How many are named; more are counted. */
const SHOWN = 20;

/** Behaviors whose steps name this one, by id or name; the first twenty, and how many there are. */
export async function callersOf(ctx: Context, behavior: Behavior): Promise<{ items: Behavior[]; total: number }> {
  const naming = ctx
    .db("behavior_names")
    .where({ names: "behavior" })
    .whereIn("key", [behavior.id, fullName(behavior)])
    .whereNot({ behavior_id: behavior.id })
    .select("behavior_id");
  const rows = (await behaviorRows(ctx)
    .whereIn("behaviors.id", naming)
    .orderByRaw("lower(behaviors.title), behaviors.id")
    .limit(1000)) as BehaviorRow[];
  return { items: rows.slice(0, SHOWN).map(toBehavior), total: rows.length };
}
