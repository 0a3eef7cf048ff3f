import { isAdmin } from "../access/actor.ts";
import { mayManage, maySee, mayStop } from "../access/policy.ts";
import type { Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { isId } from "../storage/id.ts";
import type { Account } from "./account.ts";
import { findAccount, lockAccount, sharesOf } from "./store.ts";

/** The account by id or slug, if the actor may see it. Throws `not_found`. */
export async function seenAccount(ctx: Context, key: string): Promise<Account> {
  const account = await findAccount(ctx, isId(key) ? { id: key } : { slug: key });
  if (!account) throw notFound("account");
  if (!maySee(ctx.actor, account.owner, await sharesOf(ctx, account.id), ctx.clock())) throw notFound("account");
  return account;
}

/**
 * The account, locked for a change, if the actor may manage it; with "stop" also if they are an admin who may pause or
 * disconnect it. Throws `not_found` for strangers, `forbidden` for onlookers.
 */
export async function managedAccount(ctx: Context, key: string, right: "manage" | "stop" = "manage"): Promise<Account> {
  const seen = await seenAccount(ctx, key);
  const account = await lockAccount(ctx, seen.id);
  if (!account) throw notFound("account");
  const allowed = right === "manage" ? mayManage(ctx.actor, account.owner) : mayStop(ctx.actor, account.owner);
  if (!allowed) {
    const who =
      account.owner.type === "organization"
        ? "an admin"
        : account.owner.type === "team"
          ? "a manager of its team"
          : "its owner";
    const more = right === "manage" && isAdmin(ctx.actor) ? " As an admin you may pause or disconnect it." : "";
    throw new SignetError("forbidden", `Only ${who} may change this account.${more}`);
  }
  return account;
}
