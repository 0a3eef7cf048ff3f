import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, SignetError } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { replaceInvitation, type NewInvitation } from "./invitation.ts";
import { findWorkerByEmail, lockWorker, toWorker, type WorkerRow } from "./store.ts";
import { emailSchema, idSchema, nameSchema, requireAdmin, roleSchema, type Worker } from "./worker.ts";

/** A form sends a single choice as plain text. */
const teamsSchema = z.preprocess(
  (given) => (typeof given === "string" ? [given].filter(Boolean) : given),
  z.array(idSchema).max(100),
);

export const inviteInput = z.strictObject({
  email: emailSchema,
  name: nameSchema,
  role: roleSchema.default("worker"),
  teams: teamsSchema.default([]),
});

/**
 * Invites a worker for seven days; whoever opens the link chooses the password. Inviting again while they have not
 * joined replaces the link, name and role, and adds the teams.
 * Throws `forbidden`, `invalid`, `conflict` when the email belongs to somebody who has joined or was deactivated.
 */
export async function inviteWorker(
  ctx: Context,
  given: z.input<typeof inviteInput>,
): Promise<NewInvitation & { worker: Worker }> {
  requireAdmin(ctx);
  const { email, name, role, teams } = inviteInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    await requireTeams(inside, teams);
    const row = await invitedRow(inside, { email, name, role });
    await joinTeams(inside, row.id, teams);
    const invitation = await replaceInvitation(inside, "join", row.id);
    await notify(inside, "people", row.id);
    await record(inside, { action: "worker.invited", outcome: "ok", facts: { email, role, teams } });
    return { worker: toWorker(row), ...invitation };
  });
}

async function invitedRow(ctx: Context, about: Pick<WorkerRow, "email" | "name" | "role">): Promise<WorkerRow> {
  const fresh = { id: newId(), ...about, state: "invited" as const, created_at: ctx.clock() };
  const [made] = await ctx
    .db<WorkerRow>("workers")
    .insert(fresh)
    .onConflict(ctx.db.raw("(lower(email))"))
    .ignore()
    .returning("*");
  if (made) return made;
  const known = await findWorkerByEmail(ctx, about.email);
  const row = known && (await lockWorker(ctx, known.id));
  if (row?.state !== "invited") throw emailTaken(row?.state);
  const [changed] = await ctx
    .db<WorkerRow>("workers")
    .where({ id: row.id })
    .update({ name: about.name, role: about.role })
    .returning("*");
  return changed!;
}

/** Why somebody with this email can not be made anew. */
export function emailTaken(state: Worker["state"] | undefined): SignetError {
  const sentence =
    state === "deactivated"
      ? "A worker with this email was deactivated. Reactivate them instead."
      : "There is a worker with this email already.";
  return new SignetError("conflict", sentence, { issues: [{ path: "email", message: sentence }] });
}

/** Locks the teams first, as every change of a team does. */
async function requireTeams(ctx: Context, teams: string[]): Promise<void> {
  const found = await ctx.db("teams").whereIn("id", teams).orderBy("id").forShare().select("id");
  if (found.length !== new Set(teams).size) throw invalid("teams", "There is no such team.");
}

async function joinTeams(ctx: Context, workerId: string, teams: string[]): Promise<void> {
  if (teams.length === 0) return;
  const rows = [...new Set(teams)].map((id) => ({ team_id: id, worker_id: workerId }));
  await ctx.db("team_members").insert(rows).onConflict(["team_id", "worker_id"]).ignore();
}
