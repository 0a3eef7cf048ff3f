import { inTransaction, notify, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import type { Account } from "./account.ts";
import { managedAccount } from "./manage.ts";
import { findAccount } from "./store.ts";

/** Stops every use of an account, in all processes within a second, until it is resumed. */
export async function pauseAccount(ctx: Context, key: string): Promise<Account> {
  return change(ctx, key, "paused");
}

/** Lets a paused account be used again. Throws `conflict` when it is not paused. */
export async function resumeAccount(ctx: Context, key: string): Promise<Account> {
  return change(ctx, key, "active");
}

async function change(ctx: Context, key: string, state: "paused" | "active"): Promise<Account> {
  return inTransaction(ctx, async (inside) => {
    const account = await managedAccount(inside, key, state === "paused" ? "stop" : "manage");
    if (state === "active" && account.state !== "paused")
      throw new SignetError("conflict", `${account.name} is not paused.`);
    if (account.state !== state) {
      const reason = state === "paused" ? `Paused by ${ctx.actor.name}.` : null;
      await inside
        .db("accounts")
        .where({ id: account.id })
        .update({ state, state_reason: reason, updated_at: inside.clock() });
      await notify(inside, "account", account.id);
      const action = state === "paused" ? "account.paused" : "account.resumed";
      await record(inside, { action, outcome: "ok", account: account.id, facts: { account: account.name } });
    }
    return (await findAccount(inside, { id: account.id }))!;
  });
}
