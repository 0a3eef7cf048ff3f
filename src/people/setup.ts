import { z } from "zod";
import { SYSTEM } from "../access/actor.ts";
import { inTransaction, notify, record, type Context, type World } from "../context.ts";
import { invalid, notFound } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { findInvitation, replaceInvitation, useInvitation } from "./invitation.ts";
import { emailTaken } from "./invite.ts";
import { hashPassword, passwordProblem } from "./password.ts";
import { actingAs, activeAdminExists, findWorkerByEmail, lockAdmins, toWorker, type WorkerRow } from "./store.ts";
import { emailSchema, nameSchema, passwordSchema, type Worker } from "./worker.ts";

export const setupInput = z.strictObject({
  token: z.string().max(200),
  name: nameSchema,
  email: emailSchema,
  password: passwordSchema,
});

/**
 * The token that lets its bearer become the first admin, for the link that the terminal shows (W-20); undefined once
 * there is an active admin. Called at each start; what an earlier start printed ends with it.
 */
export async function setupToken(world: World): Promise<string | undefined> {
  if (await activeAdminExists(world.database.knex)) return undefined;
  const ctx: Context = { ...world, db: world.database.knex, actor: SYSTEM, requestId: newId(), session: null };
  return inTransaction(ctx, async (inside) => {
    await lockAdmins(inside);
    if (await activeAdminExists(inside.db)) return undefined;
    const { token } = await replaceInvitation(inside, "setup", null);
    await record(inside, { action: "setup.offered", outcome: "ok" });
    return token;
  });
}

/**
 * Makes the first admin. Of any number of callers exactly one succeeds; the email of somebody who was added but has
 * not joined becomes theirs.
 * Throws `invalid` for a weak password, `not_found` when the token was used or replaced or an admin exists, `conflict`
 * when the email belongs to another worker.
 */
export async function finishSetup(ctx: Context, given: z.input<typeof setupInput>): Promise<Worker> {
  const { token, name, email, password } = setupInput.parse(given);
  const invitation = await findInvitation(ctx, token);
  if (invitation.purpose !== "setup") throw notFound("invitation");
  const problem = passwordProblem(password, [email, name]);
  if (problem) throw invalid("password", problem);
  const password_hash = await hashPassword(password);
  return inTransaction(ctx, async (inside) => {
    await lockAdmins(inside);
    await useInvitation(inside, token, "setup");
    if (await activeAdminExists(inside.db)) throw notFound("invitation");
    const row = await firstAdmin(inside, { name, email, password_hash });
    await notify(inside, "people", row.id);
    await record(actingAs(inside, row), { action: "setup.finished", outcome: "ok", facts: { email } });
    return toWorker(row);
  });
}

async function firstAdmin(
  ctx: Context,
  about: Pick<WorkerRow, "name" | "email" | "password_hash">,
): Promise<WorkerRow> {
  const known = await findWorkerByEmail(ctx, about.email);
  if (known && known.state !== "invited") throw emailTaken(known.state);
  const change = { ...about, role: "admin" as const, state: "active" as const };
  const workers = ctx.db<WorkerRow>("workers");
  const [row] = known
    ? await workers.where({ id: known.id, state: "invited" }).update(change).returning("*")
    : await workers
        .insert({ id: newId(), created_at: ctx.clock(), ...change })
        .onConflict(ctx.db.raw("(lower(email))"))
        .ignore()
        .returning("*");
  if (!row) throw emailTaken("active");
  await ctx.db("invitations").where({ worker_id: row.id }).delete();
  return row;
}
