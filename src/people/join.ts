import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, notFound } from "../errors.ts";
import { findInvitation, useInvitation } from "./invitation.ts";
import { hashPassword, passwordProblem } from "./password.ts";
import { actingAs, lockWorker, toWorker, type WorkerRow } from "./store.ts";
import { nameSchema, passwordSchema, type Worker } from "./worker.ts";

export const joinInput = z.strictObject({
  token: z.string().max(200),
  name: nameSchema,
  password: passwordSchema,
});

/**
 * Accepts an invitation: the worker becomes active with the name and password they chose. The link works once, and of
 * two at the same moment one succeeds. The caller may sign them in with `startSession`.
 * Throws `invalid` for a weak password, `not_found` when the invitation was used, replaced or has expired.
 */
export async function join(ctx: Context, given: z.input<typeof joinInput>): Promise<Worker> {
  const { token, name, password } = joinInput.parse(given);
  const invitation = await findInvitation(ctx, token);
  if (invitation.purpose !== "join") throw notFound("invitation");
  const problem = passwordProblem(password, [invitation.email!, invitation.name!, name]);
  if (problem) throw invalid("password", problem);
  // Outside the transaction, because hashing takes long and may wait for others.
  const password_hash = await hashPassword(password);
  return inTransaction(ctx, async (inside) => {
    const workerId = await useInvitation(inside, token, "join");
    const row = await lockWorker(inside, workerId!);
    if (row?.state !== "invited") throw notFound("invitation");
    const change = { name, password_hash, state: "active" as const };
    const [joined] = await inside.db<WorkerRow>("workers").where({ id: row.id }).update(change).returning("*");
    await notify(inside, "people", row.id);
    const facts = { email: row.email, role: row.role };
    await record(actingAs(inside, joined!), { action: "worker.joined", outcome: "ok", facts });
    return toWorker(joined!);
  });
}
