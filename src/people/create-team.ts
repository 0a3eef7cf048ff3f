import { inTransaction, record, type Context } from "../context.ts";
import { newId } from "../storage/id.ts";
import { toTeam, type TeamRow } from "./store.ts";
import { teamInput, teamNameTaken, type Team, type TeamInput } from "./team.ts";
import { requireAdmin } from "./worker.ts";

/** Makes a team without members. For admins. Throws `forbidden`, `invalid`, `conflict` when the name is taken. */
export async function createTeam(ctx: Context, given: TeamInput): Promise<Team> {
  requireAdmin(ctx);
  const { name } = teamInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    const row = { id: newId(), name, created_at: inside.clock() };
    await inside.db<TeamRow>("teams").insert(row).catch(teamNameTaken);
    await record(inside, { action: "team.created", outcome: "ok", facts: { team: name } });
    return toTeam(row);
  });
}
