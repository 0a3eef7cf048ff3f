import { mayManage } from "../access/policy.ts";
import type { Context } from "../context.ts";
import { listAccounts, type AccountLine } from "./browse.ts";

/** Accounts that the actor may share with others, among the first two hundred by name that it sees. */
export async function lendableAccounts(ctx: Context): Promise<AccountLine[]> {
  const { items } = await listAccounts(ctx, { limit: 200 });
  return items.filter((account) => mayManage(ctx.actor, account.owner));
}
