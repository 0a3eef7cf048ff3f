import { hash } from "node:crypto";
import { inTransaction, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";

/** Wrong guesses before one has to wait; a person mistypes, a program needs thousands (W-2). */
const FREE = 5;
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 15 * 60_000;
/** After a day without guesses counting begins anew. */
const FORGET = 24 * 3600_000;

interface Row {
  key: string;
  failures: number;
  last_at: Date;
}

/**
 * Lets an attempt through and counts it as failed until `forgive` says otherwise, so that guesses sent all at once are
 * counted too. An attempt that is turned away is not counted: there is never a lasting lock. Counted per account and
 * per account and address; an address from which the account was opened before is not held up by strangers' guesses.
 * Throws `rate_limited` with the seconds to wait.
 */
export async function admit(ctx: Context, account: string, address: string): Promise<void> {
  const keys = keysOf(account, address);
  const wait = await inTransaction(ctx, async (inside) => {
    const now = inside.clock();
    const [whole, pair] = await lockCounts(inside, [keys.account, keys.pair], now);
    const known = await inside.db("sign_in_failures").where({ key: keys.known }).first("key");
    const until = Math.max(endOfWait(pair!), known ? 0 : endOfWait(whole!));
    if (until > now.getTime()) return until - now.getTime();
    await inside
      .db("sign_in_failures")
      .whereIn("key", [keys.account, keys.pair])
      .update({ failures: inside.db.raw("failures + 1"), last_at: now });
    return 0;
  });
  if (wait === 0) return;
  const seconds = Math.ceil(wait / 1000);
  throw new SignetError("rate_limited", `Too many wrong attempts. Try again in ${spoken(seconds)}.`, {
    retryAfter: seconds,
  });
}

/** The attempt was right: counting begins anew, and the address is known from now on. Call it in the transaction. */
export async function forgive(ctx: Context, account: string, address: string): Promise<void> {
  const keys = keysOf(account, address);
  // In the order in which `admit` locks them.
  await ctx.db("sign_in_failures").where({ key: keys.account }).delete();
  await ctx.db("sign_in_failures").where({ key: keys.pair }).delete();
  await ctx
    .db("sign_in_failures")
    .insert({ key: keys.known, failures: 0, last_at: ctx.clock() })
    .onConflict("key")
    .merge(["last_at"]);
}

/** Hashed, because people type passwords into the email field, and addresses are nobody's business. */
function keysOf(account: string, address: string) {
  const key = (name: string, ...parts: string[]) => `${name}:${hash("sha256", JSON.stringify(parts), "base64url")}`;
  return { account: key("a", account), pair: key("p", account, address), known: key("known", account, address) };
}

/** Both rows, made where missing and locked in the same order by everyone. */
async function lockCounts(ctx: Context, keys: string[], now: Date): Promise<Row[]> {
  const { rows } = await ctx.db.raw<{ rows: Row[] }>(
    `insert into sign_in_failures as known (key, failures, last_at) select unnest(?::text[]), 0, ?
     on conflict (key) do update set failures = case when known.last_at < ? then 0 else known.failures end
     returning *`,
    [keys, now, new Date(now.getTime() - FORGET)],
  );
  return keys.map((key) => rows.find((row) => row.key === key)!);
}

function endOfWait({ failures, last_at }: Row): number {
  if (failures < FREE) return 0;
  return last_at.getTime() + Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures - FREE, 20));
}

function spoken(seconds: number): string {
  if (seconds < 60) return seconds === 1 ? "a second" : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
}
