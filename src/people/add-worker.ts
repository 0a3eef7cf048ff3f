import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { emailTaken } from "./invite.ts";
import { hashPassword, passwordProblem } from "./password.ts";
import { findWorkerByEmail, lockAdmins, toWorker, type WorkerRow } from "./store.ts";
import { emailSchema, nameSchema, passwordSchema, requireAdmin, roleSchema, type Worker } from "./worker.ts";

export const addWorkerInput = z.strictObject({
  email: emailSchema,
  name: nameSchema,
  role: roleSchema,
  password: passwordSchema.optional(),
});

/**
 * Adds a worker at once, for the operator's task: active with a password, otherwise as if invited, which is enough for
 * tokens, shares and teams.
 * Throws `forbidden`, `invalid` for a weak password, `conflict` when the email is taken.
 */
export async function addWorker(ctx: Context, given: z.input<typeof addWorkerInput>): Promise<Worker> {
  requireAdmin(ctx);
  const { email, name, role, password } = addWorkerInput.parse(given);
  const problem = password === undefined ? undefined : passwordProblem(password, [email, name]);
  if (problem) throw invalid("password", problem);
  const password_hash = password === undefined ? null : await hashPassword(password);
  const state = password_hash === null ? "invited" : "active";
  return inTransaction(ctx, async (inside) => {
    await lockAdmins(inside);
    const fresh = { id: newId(), email, name, role, state, password_hash, created_at: inside.clock() } as const;
    const insert = inside.db<WorkerRow>("workers").insert(fresh);
    const [row] = await insert.onConflict(inside.db.raw("(lower(email))")).ignore().returning("*");
    if (!row) throw emailTaken((await findWorkerByEmail(inside, email))?.state);
    await notify(inside, "people", row.id);
    await record(inside, { action: "worker.added", outcome: "ok", facts: { email, role } });
    return toWorker(row);
  });
}
