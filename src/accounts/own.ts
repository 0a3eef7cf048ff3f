import type { Owner } from "../access/actor.ts";
import { mayOwnFor } from "../access/policy.ts";
import type { Context } from "../context.ts";
import { invalid, isSignetError, SignetError } from "../errors.ts";
import { holdOwner } from "../people/owner.ts";

/** Throws unless the actor may make things for this owner, and the owner exists. Bots make nothing. */
export async function requireOwner(ctx: Context, owner: Owner, what: string): Promise<void> {
  if (!mayOwnFor(ctx.actor, owner)) {
    const whose =
      owner.type === "organization"
        ? "the organization"
        : owner.type === "team"
          ? "a team you do not manage"
          : "somebody else";
    throw new SignetError("forbidden", `You may not make ${what} for ${whose}.`, {
      issues: [{ path: "owner", message: "Choose another owner." }],
    });
  }
  await holdOwner(ctx, owner).catch((error: unknown) => {
    if (!isSignetError(error)) throw error;
    throw invalid("owner.id", `There is no such ${owner.type}.`);
  });
}
