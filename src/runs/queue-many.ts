import type { Behavior } from "../behaviors/behavior.ts";
import { inTransaction, notify, type Context } from "../context.ts";
import { isSignetError, type SignetError } from "../errors.ts";
import { newRow, startedEvent, type Start } from "./start.ts";

/** A run that is to be queued; its key tells it apart from the others, for ever. */
export interface Wanted {
  behavior: Behavior;
  inputs: Record<string, unknown>;
  start: Start & { key: string };
}

/** What became of each, by its key: the run's id, also where it had been queued before, or why there is none. */
export interface Queued {
  runs: Map<string, string>;
  refused: Map<string, SignetError>;
}

/**
 * Puts many runs into the queue with a handful of statements, each once for its key. Joins the caller's transaction.
 * One that can not be, because its behavior or bot is switched off or its inputs do not fit, keeps none of the others
 * from it.
 */
export async function queueRuns(ctx: Context, wanted: Wanted[]): Promise<Queued> {
  const runs = new Map<string, string>();
  const refused = new Map<string, SignetError>();
  const rows: Omit<Awaited<ReturnType<typeof newRow>>, "bot">[] = [];
  for (const { behavior, inputs, start } of wanted) {
    try {
      const { bot: _, ...row } = await newRow(ctx, behavior, inputs, start, null);
      rows.push(row);
    } catch (error) {
      if (!isSignetError(error)) throw error;
      refused.set(start.key, error);
    }
  }
  if (rows.length === 0) return { runs, refused };
  // Those made within a millisecond have ids in any order; lists show them in the order in which they were asked for.
  const ordered = rows.map(({ id }) => id).sort();
  rows.forEach((row, index) => Object.assign(row, { id: ordered[index], origin: ordered[index] }));
  return inTransaction(ctx, async (inside) => {
    const find = async (keys: string[]) => {
      for (const { id, key } of await inside.db("runs").whereIn("key", keys).select("id", "key")) runs.set(key, id);
    };
    await find(rows.map((row) => row.key!));
    const fresh = rows.filter((row) => !runs.has(row.key!));
    await recorded(inside, fresh, new Map(wanted.map(({ start }) => [start.key, start])));
    const queued = fresh.map((row) => ({ ...row, state: "queued" }));
    if (queued.length === 0) return { runs, refused };
    const made = await inside.db("runs").insert(queued).onConflict("key").ignore().returning(["id", "key"]);
    for (const { id, key } of made) runs.set(key, id);
    const ids = made.map(({ id }) => id as string);
    if (ids.length > 0) await inside.queue.send(inside.db, ids);
    // Somebody else was faster with these, in between.
    const others = fresh.map((row) => row.key!).filter((key) => !runs.has(key));
    if (others.length > 0) await find(others);
    await notify(inside, "run", "queued");
    return { runs, refused };
  });
}

/** All starts are on record, as those of whoever is behind them, before any of them can happen. */
async function recorded(
  ctx: Context,
  rows: { id: string; key: string | null; behavior_name: string }[],
  starts: Map<string, Start>,
): Promise<void> {
  const events = rows.map((row) => {
    const start = starts.get(row.key!)!;
    const by = start.startedBy;
    const actor = by?.type === "worker" || by?.type === "bot" ? ({ ...by, scopes: [] } as never) : ctx.actor;
    return ctx.audit.append({ actor, requestId: row.id }, startedEvent(row, start, false));
  });
  await Promise.all(events);
}
