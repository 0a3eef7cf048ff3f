import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { requireAnotherAdmin } from "./change-worker.ts";
import { removeSessions } from "./session.ts";
import { lockAdmins, lockWorker, toWorker, type WorkerRow } from "./store.ts";
import { removeTokens } from "./token.ts";
import { requireAdmin, type Worker } from "./worker.ts";

/**
 * Shuts a worker out: sessions, tokens and invitations end with the commit, in every process. What they own, their teams
 * and what is shared with them stays, to be handed over. Doing it again changes nothing.
 * Throws `forbidden`, `not_found`, `conflict` for oneself and for the only admin.
 */
export async function deactivateWorker(ctx: Context, id: string): Promise<Worker> {
  requireAdmin(ctx);
  return inTransaction(ctx, async (inside) => {
    await lockAdmins(inside);
    const row = await lockWorker(inside, id);
    if (!row) throw notFound("worker");
    if (row.state === "deactivated") return toWorker(row);
    if (id === ctx.actor.id) throw new SignetError("conflict", "You can not deactivate yourself. Ask another admin.");
    await requireAnotherAdmin(inside, row);
    const sessions = await removeSessions(inside, id);
    const tokens = await removeTokens(inside, { type: "worker", id });
    await inside.db("invitations").where({ worker_id: id }).delete();
    const [changed] = await inside
      .db<WorkerRow>("workers")
      .where({ id })
      .update({ state: "deactivated" })
      .returning("*");
    const facts = { worker: row.email, sessions, tokens };
    await record(inside, { action: "worker.deactivated", outcome: "ok", facts });
    return toWorker(changed!);
  });
}

/**
 * Lets a deactivated worker in again, with the password they had; without one they are to be invited again.
 * Throws `forbidden`, `not_found`.
 */
export async function reactivateWorker(ctx: Context, id: string): Promise<Worker> {
  requireAdmin(ctx);
  return inTransaction(ctx, async (inside) => {
    const row = await lockWorker(inside, id);
    if (!row) throw notFound("worker");
    if (row.state !== "deactivated") return toWorker(row);
    const state = row.password_hash === null ? "invited" : "active";
    const [changed] = await inside.db<WorkerRow>("workers").where({ id }).update({ state }).returning("*");
    await notify(inside, "people", id);
    await record(inside, { action: "worker.reactivated", outcome: "ok", facts: { worker: row.email } });
    return toWorker(changed!);
  });
}
