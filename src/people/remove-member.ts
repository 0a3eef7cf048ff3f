import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { lockTeam, lockWorker } from "./store.ts";
import { requireTeamManager } from "./team.ts";
import { requireWorker } from "./worker.ts";

/** Takes a worker out of a team. For admins and the team's managers. Throws `forbidden`, `not_found`. */
export async function removeMember(ctx: Context, teamId: string, workerId: string): Promise<void> {
  requireWorker(ctx);
  await inTransaction(ctx, async (inside) => {
    const team = await lockTeam(inside, teamId);
    if (!team) throw notFound("team");
    requireTeamManager(inside, teamId);
    const row = await lockWorker(inside, workerId);
    const removed = row ? await inside.db("team_members").where({ team_id: teamId, worker_id: workerId }).delete() : 0;
    if (!row || removed === 0) throw notFound("member");
    await notify(inside, "people", workerId);
    const facts = { team: team.name, worker: row.email };
    await record(inside, { action: "team.member_removed", outcome: "ok", facts });
  });
}
