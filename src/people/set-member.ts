import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, notFound } from "../errors.ts";
import { lockTeam, lockWorker } from "./store.ts";
import { requireTeamManager } from "./team.ts";
import { idSchema, requireWorker } from "./worker.ts";

/** A form sends a ticked box as "on" and an empty one not at all. */
const ticked = z.preprocess(
  (given) => (given === "on" || given === "true" ? true : given === "false" ? false : given),
  z.boolean(),
);

export const setMemberInput = z.strictObject({ worker: idSchema, manager: ticked.default(false) });

/**
 * Puts a worker into a team, or changes whether they manage it. For admins and the team's managers.
 * Throws `forbidden`, `not_found` for the team, `invalid` naming `worker`.
 */
export async function setMember(ctx: Context, teamId: string, given: z.input<typeof setMemberInput>): Promise<void> {
  requireWorker(ctx);
  const { worker, manager } = setMemberInput.parse(given);
  await inTransaction(ctx, async (inside) => {
    const team = await lockTeam(inside, teamId);
    if (!team) throw notFound("team");
    requireTeamManager(inside, teamId);
    const row = await lockWorker(inside, worker);
    if (!row || row.state === "deactivated") throw invalid("worker", "There is no such worker.");
    const member = { team_id: teamId, worker_id: worker, manager };
    await inside.db("team_members").insert(member).onConflict(["team_id", "worker_id"]).merge(["manager"]);
    await notify(inside, "people", worker);
    const facts = { team: team.name, worker: row.email, manager };
    await record(inside, { action: "team.member_set", outcome: "ok", facts });
  });
}
