import { z } from "zod";
import { isAdmin } from "../access/actor.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { removeSessions } from "./session.ts";
import { activeAdminExists, lockAdmins, lockWorker, toWorker, type WorkerRow } from "./store.ts";
import { nameSchema, requireAdmin, requireWorker, roleSchema, type Worker } from "./worker.ts";

export const changeWorkerInput = z.strictObject({ name: nameSchema.optional(), role: roleSchema.optional() });

/**
 * Changes a worker's name (admins, and the worker) or role (admins). A new role ends the worker's sessions, so that none
 * of them outlives what it was opened for (W-4).
 * Throws `not_found`, `forbidden`, `conflict` when it would leave nobody who administers.
 */
export async function changeWorker(
  ctx: Context,
  id: string,
  given: z.input<typeof changeWorkerInput>,
): Promise<Worker> {
  requireWorker(ctx);
  const { name, role } = changeWorkerInput.parse(given);
  if (role !== undefined || ctx.actor.id !== id) requireAdmin(ctx);
  return inTransaction(ctx, async (inside) => {
    if (role !== undefined) await lockAdmins(inside);
    const row = await lockWorker(inside, id);
    if (!row || (row.state === "deactivated" && !isAdmin(ctx.actor))) throw notFound("worker");
    const next = { name: name ?? row.name, role: role ?? row.role };
    const changes = (["name", "role"] as const).filter((key) => next[key] !== row[key]);
    if (changes.length === 0) return toWorker(row);
    if (row.role === "admin" && next.role !== "admin") await requireAnotherAdmin(inside, row);
    const [changed] = await inside.db<WorkerRow>("workers").where({ id }).update(next).returning("*");
    if (changes.includes("role")) await removeSessions(inside, id);
    await notify(inside, "people", id);
    await record(inside, {
      action: "worker.changed",
      outcome: "ok",
      facts: { worker: row.email, changes: described(row, next, changes) },
    });
    return toWorker(changed!);
  });
}

/** Throws `conflict` when this active admin is the only one. Needs `lockAdmins`. */
export async function requireAnotherAdmin(ctx: Context, row: WorkerRow): Promise<void> {
  if (row.role !== "admin" || row.state !== "active" || (await activeAdminExists(ctx.db, row.id))) return;
  throw new SignetError("conflict", `${row.name} is the only admin who can sign in. Make somebody else admin first.`);
}

function described(row: WorkerRow, next: Pick<WorkerRow, "name" | "role">, changes: ("name" | "role")[]): string[] {
  return changes.map((key) => `${key}: ${row[key]} → ${next[key]}`);
}
