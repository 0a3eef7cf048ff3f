import type { Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { randomToken, tokenHash } from "./random-token.ts";
import { activeAdminExists, type InvitationRow } from "./store.ts";

const LIFETIME = 7 * 24 * 3600_000;

/** The text of an invitation, for a link that is shown or mailed once, and when it ends. */
export interface NewInvitation {
  token: string;
  expiresAt: Date;
}

/** Makes an invitation in the caller's transaction; the earlier ones for the same purpose and worker end with it. */
export async function replaceInvitation(
  ctx: Context,
  purpose: InvitationRow["purpose"],
  workerId: string | null,
): Promise<NewInvitation> {
  await ctx.db("invitations").where({ purpose, worker_id: workerId }).delete();
  const token = randomToken();
  const expiresAt = new Date(ctx.clock().getTime() + LIFETIME);
  const created_by = ctx.actor.type === "worker" ? ctx.actor.id : null;
  const times = { created_at: ctx.clock(), expires_at: expiresAt };
  const row = { id: newId(), token_hash: tokenHash(token), purpose, worker_id: workerId, created_by, ...times };
  await ctx.db("invitations").insert(row);
  return { token, expiresAt };
}

/**
 * What an invitation is for, so that its page can greet; opening it uses nothing up.
 * Throws `not_found` when it was used, replaced, or has expired.
 */
export async function openInvitation(
  ctx: Context,
  token: string,
): Promise<{ purpose: "setup" | "join"; email?: string; name?: string }> {
  const row = await findInvitation(ctx, token);
  if (row.purpose === "join") return { purpose: "join", email: row.email!, name: row.name! };
  if (await activeAdminExists(ctx.db)) throw notFound("invitation");
  return { purpose: "setup" };
}

type Invited = InvitationRow & { email: string | null; name: string | null };

/** A living invitation with the worker it is for. Throws `not_found`. */
export async function findInvitation(ctx: Context, token: string): Promise<Invited> {
  const row = await ctx
    .db("invitations")
    .leftJoin("workers", "workers.id", "invitations.worker_id")
    .where({ token_hash: tokenHash(token) })
    .where("expires_at", ">", ctx.clock())
    .first<Invited>("invitations.*", "workers.email", "workers.name");
  if (!row) throw notFound("invitation");
  return row;
}

/** Uses an invitation up, in the caller's transaction: of two at once only one succeeds. Throws `not_found`. */
export async function useInvitation(
  ctx: Context,
  token: string,
  purpose: InvitationRow["purpose"],
): Promise<string | null> {
  const [row] = await ctx
    .db<InvitationRow>("invitations")
    .where({ purpose })
    .whereRaw("token_hash = ? and expires_at > ?", [tokenHash(token), ctx.clock()])
    .delete()
    .returning("worker_id");
  if (!row) throw notFound("invitation");
  return row.worker_id;
}
