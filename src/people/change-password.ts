import { z } from "zod";
import { inTransaction, record, type Context } from "../context.ts";
import { invalid } from "../errors.ts";
import { hashPassword, passwordProblem, verifyPassword } from "./password.ts";
import { removeSessions } from "./session.ts";
import { lockWorker, type WorkerRow } from "./store.ts";
import { admit, forgive } from "./throttle.ts";
import { actingWorker, passwordSchema } from "./worker.ts";

export const changePasswordInput = z.strictObject({ current: passwordSchema, password: passwordSchema });

/**
 * Gives the actor another password and ends their other sessions (W-4). Guesses at the current one are limited apart
 * from those at the sign-in form, so that a stolen session is no way around its limit.
 * Throws `invalid` naming `current` or `password`, `rate_limited`.
 */
export async function changePassword(ctx: Context, given: z.input<typeof changePasswordInput>): Promise<void> {
  const worker = actingWorker(ctx);
  const { current, password } = changePasswordInput.parse(given);
  const problem = passwordProblem(password, [worker.email, worker.name]);
  if (problem) throw invalid("password", problem);
  const guess = [`password of ${worker.id}`, ""] as const;
  await admit(ctx, ...guess);
  const before = await ctx.db<WorkerRow>("workers").where({ id: worker.id, state: "active" }).first();
  if (!(await verifyPassword(current, before?.password_hash ?? null))) throw wrong();
  const password_hash = await hashPassword(password);
  await inTransaction(ctx, async (inside) => {
    const row = await lockWorker(inside, worker.id);
    if (row?.state !== "active" || row.password_hash !== before!.password_hash) throw wrong();
    await forgive(inside, ...guess);
    await inside.db("workers").where({ id: worker.id }).update({ password_hash });
    const sessions = await removeSessions(inside, worker.id, ctx.session);
    await record(inside, { action: "password.changed", outcome: "ok", facts: { sessions } });
  });
}

function wrong() {
  return invalid("current", "This is not your current password.");
}
