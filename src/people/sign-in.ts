import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { hashPassword, needsUpgrade, verifyPassword } from "./password.ts";
import { startSession } from "./session.ts";
import { actingAs, findWorkerByEmail, lockWorker, toWorker, type WorkerRow } from "./store.ts";
import { admit, forgive } from "./throttle.ts";
import { emailSchema, passwordSchema, type Worker } from "./worker.ts";

/** What the form asks. What is no email address is nobody's, and gets the same answer as a wrong password. */
export const signInForm = z.strictObject({
  email: z
    .string()
    .trim()
    .toLowerCase()
    .min(1, "Enter your email address.")
    .max(254, "Use at most 254 characters.")
    .regex(/^\P{Cc}*$/u, "Enter an email address."),
  password: passwordSchema,
});

/** Added by the door: the browser's own description, and the address the request came from. */
export const signInInput = signInForm.extend({ browser: z.string().nullable(), address: z.string() });

/**
 * Signs a worker in. The answer takes as long, and says the same, whether the worker is unknown, deactivated, not yet
 * joined, or the password is wrong (W-2). Ends the session in which it is done (W-4).
 * Throws `unauthenticated`, `rate_limited` with the seconds to wait, `unavailable` when too many sign in at once.
 */
export async function signIn(
  ctx: Context,
  given: z.input<typeof signInInput>,
): Promise<{ token: string; worker: Worker }> {
  const input = signInInput.parse(given);
  await admit(ctx, input.email, input.address);
  const row = await findWorkerByEmail(ctx, input.email);
  const stored = row?.state === "active" ? row.password_hash : null;
  const right = await verifyPassword(input.password, stored);
  const signedIn = right && row ? await enter(ctx, row, input) : undefined;
  if (!signedIn) throw await refusal(ctx, row, input.email);
  return signedIn;
}

async function enter(ctx: Context, checked: WorkerRow, input: z.output<typeof signInInput>) {
  const upgraded = needsUpgrade(checked.password_hash!) ? await hashPassword(input.password) : checked.password_hash;
  return inTransaction(ctx, async (inside) => {
    const row = await lockWorker(inside, checked.id);
    // Deactivated, or given another password, while this one was being checked.
    if (row?.state !== "active" || row.password_hash !== checked.password_hash) return undefined;
    if (upgraded !== checked.password_hash) {
      await inside.db("workers").where({ id: row.id }).update({ password_hash: upgraded });
    }
    await forgive(inside, input.email, input.address);
    await leave(inside);
    const token = await startSession(inside, row.id, input.browser);
    const facts = { browser: input.browser };
    await record(actingAs(inside, row), { action: "session.started", outcome: "ok", facts });
    return { token, worker: toWorker({ ...row, last_seen_at: inside.clock() }) };
  });
}

async function leave(ctx: Context): Promise<void> {
  if (ctx.session === null) return;
  await ctx.db("sessions").where({ id: ctx.session }).delete();
  await notify(ctx, "session", ctx.session);
}

/** Recorded with the reason, which the person is not told; the email only when it is one, and not a slipped password. */
async function refusal(ctx: Context, row: WorkerRow | undefined, typed: string): Promise<SignetError> {
  const email = emailSchema.safeParse(typed).success ? typed : null;
  const reason = row === undefined ? "unknown" : row.state === "active" ? "password" : row.state;
  await record(ctx, { action: "session.refused", outcome: "denied", facts: { email, reason } });
  return new SignetError("unauthenticated", "The email or the password is not right.");
}
