import { z } from "zod";
import { isAdmin } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { isDuplicate } from "../storage/database.ts";
import { nameSchema } from "./worker.ts";

/** Workers who hold accounts and bots together. */
export interface Team {
  id: string;
  name: string;
  createdAt: Date;
}

export const teamInput = z.strictObject({ name: nameSchema });
export type TeamInput = z.input<typeof teamInput>;

/** True for admins and for the team's own managers. */
export function mayManageTeam(ctx: Context, teamId: string): boolean {
  if (isAdmin(ctx.actor)) return true;
  return ctx.actor.type === "worker" && ctx.actor.teams.some((team) => team.id === teamId && team.manager);
}

/** Throws `forbidden` for everybody else. */
export function requireTeamManager(ctx: Context, teamId: string): void {
  if (!mayManageTeam(ctx, teamId)) {
    throw new SignetError("forbidden", "Only admins and this team's managers may change its members.");
  }
}

/** Turns the refusal of the unique index into `conflict`; anything else is thrown on. */
export function teamNameTaken(error: unknown): never {
  if (!isDuplicate(error, "teams_name")) throw error;
  throw new SignetError("conflict", "There is a team of this name already. Choose another name.", {
    issues: [{ path: "name", message: "This name is taken." }],
  });
}
