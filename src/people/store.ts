import type { WorkerActor } from "../access/actor.ts";
import type { Context } from "../context.ts";
import type { Knex } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import type { Team } from "./team.ts";
import type { Worker } from "./worker.ts";

/** Rows of workers, teams, invitations and sessions; for this room only. */
export interface WorkerRow {
  id: string;
  email: string;
  name: string;
  role: Worker["role"];
  state: Worker["state"];
  password_hash: string | null;
  created_at: Date;
  last_seen_at: Date | null;
}

export interface TeamRow {
  id: string;
  name: string;
  created_at: Date;
}

export interface InvitationRow {
  id: string;
  purpose: "setup" | "join";
  worker_id: string | null;
  expires_at: Date;
}

/** What an actor is made of. */
export type PersonRow = Pick<WorkerActor, "id" | "name" | "email" | "role" | "teams">;

/** Columns of a PersonRow, for a query in which `workers` occurs. */
export const PERSON_COLUMNS = `workers.id, workers.name, workers.email, workers.role,
  coalesce((select json_agg(json_build_object('id', team_id, 'manager', manager) order by team_id)
            from team_members where worker_id = workers.id), '[]') as teams`;

/** What drops a remembered actor: a change of the worker, or the end of one of the teams. */
export function personTags(person: PersonRow): string[] {
  return [`people:${person.id}`, ...person.teams.map((team) => `people:${team.id}`)];
}

export function toWorker(row: WorkerRow): Worker {
  const { id, email, name, role, state } = row;
  return { id, email, name, role, state, createdAt: row.created_at, lastSeenAt: row.last_seen_at };
}

export function toTeam(row: TeamRow): Team {
  return { id: row.id, name: row.name, createdAt: row.created_at };
}

/** The worker as the one who acts, for what is recorded while signing in and joining. */
export function actingAs(ctx: Context, worker: Pick<Worker, "id" | "name" | "email" | "role">): Context {
  const { id, name, email, role } = worker;
  return { ...ctx, actor: { type: "worker", id, name, email, role, teams: [], scopes: [] } };
}

export async function findWorkerByEmail(ctx: Context, email: string): Promise<WorkerRow | undefined> {
  return ctx.db<WorkerRow>("workers").whereRaw("lower(email) = ?", [email]).first();
}

/** The row, locked until the transaction ends; undefined also for what is no id. */
export async function lockWorker(ctx: Context, id: string): Promise<WorkerRow | undefined> {
  return isId(id) ? ctx.db<WorkerRow>("workers").where({ id }).forUpdate().first() : undefined;
}

export async function lockTeam(ctx: Context, id: string): Promise<TeamRow | undefined> {
  return isId(id) ? ctx.db<TeamRow>("teams").where({ id }).forUpdate().first() : undefined;
}

/** One at a time, everywhere: what decides whether there is an admin left, or one already. */
export async function lockAdmins(ctx: Context): Promise<void> {
  await ctx.db.raw("select pg_advisory_xact_lock(hashtext('signet:admins'))");
}

/** True when an admin who can sign in exists, other than the one excepted. */
export async function activeAdminExists(db: Knex, except: string | null = null): Promise<boolean> {
  const query = db("workers").where({ role: "admin", state: "active" }).first("id");
  if (except !== null) query.whereNot({ id: except });
  return (await query) !== undefined;
}
