import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { lockTeam, toTeam, type TeamRow } from "./store.ts";
import { teamInput, teamNameTaken, type Team, type TeamInput } from "./team.ts";
import { requireAdmin } from "./worker.ts";

/** Renames a team. For admins. Throws `forbidden`, `not_found`, `invalid`, `conflict` when the name is taken. */
export async function renameTeam(ctx: Context, id: string, given: TeamInput): Promise<Team> {
  requireAdmin(ctx);
  const { name } = teamInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    const row = await lockTeam(inside, id);
    if (!row) throw notFound("team");
    if (row.name === name) return toTeam(row);
    await inside.db<TeamRow>("teams").where({ id }).update({ name }).catch(teamNameTaken);
    await notify(inside, "people", id);
    const changes = [`name: ${row.name} → ${name}`];
    await record(inside, { action: "team.changed", outcome: "ok", facts: { team: name, changes } });
    return toTeam({ ...row, name });
  });
}
