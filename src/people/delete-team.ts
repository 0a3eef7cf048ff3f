import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { lockTeam } from "./store.ts";
import { requireAdmin } from "./worker.ts";

/**
 * Deletes a team that owns nothing any more; what was shared with it is no longer. For admins.
 * Throws `forbidden`, `not_found`, `conflict` while accounts or bots belong to it.
 */
export async function deleteTeam(ctx: Context, id: string): Promise<void> {
  requireAdmin(ctx);
  await inTransaction(ctx, async (inside) => {
    const team = await lockTeam(inside, id);
    if (!team) throw notFound("team");
    await requireNothingOwned(inside, id, team.name);
    // A share with nobody would stay in every list of shares; those of accounts and bots go with their own rooms.
    await inside.db("shares").where({ with_type: "team", with_id: id }).delete();
    await inside.db("teams").where({ id }).delete();
    // Every remembered actor hangs on their teams: one notice reaches all members.
    await notify(inside, "people", id);
    await record(inside, { action: "team.deleted", outcome: "ok", facts: { team: team.name } });
  });
}

// The rooms of accounts and bots lie above this one, so their tables are only counted here, never changed.
async function requireNothingOwned(ctx: Context, id: string, name: string): Promise<void> {
  const { rows } = await ctx.db.raw<{ rows: { accounts: number; bots: number }[] }>(
    `select (select count(*) from accounts where owner_type = 'team' and owner_id = :id) as accounts,
            (select count(*) from bots where owner_type = 'team' and owner_id = :id) as bots`,
    { id },
  );
  const { accounts, bots } = rows[0]!;
  const owned = [counted(accounts, "account"), counted(bots, "bot")].filter(Boolean).join(" and ");
  if (owned === "") return;
  throw new SignetError(
    "conflict",
    `${owned} belong${accounts + bots === 1 ? "s" : ""} to ${name}. Hand over or delete first what it owns.`,
  );
}

function counted(count: number, word: string): string {
  return count === 0 ? "" : `${count} ${word}${count === 1 ? "" : "s"}`;
}
