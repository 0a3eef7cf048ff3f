import { z } from "zod";
import { isAdmin, type Scope, type WorkerActor } from "../access/actor.ts";
import type { Context, World } from "../context.ts";
import { notFound } from "../errors.ts";
import { likePattern } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import type { Soon } from "../storage/soon.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import { PERSON_COLUMNS, personTags, toTeam, toWorker, type PersonRow, type TeamRow, type WorkerRow } from "./store.ts";
import { mayManageTeam, type Team } from "./team.ts";
import { requireWorker, WORKER_STATES, type Worker } from "./worker.ts";

export { holdOwner, ownerChoices, ownerKey, ownerNames, type OwnerChoice } from "./owner.ts";

/** A worker as the actor sees them: the email and when they were here is for admins and themselves. */
export interface ShownWorker extends Omit<Worker, "email"> {
  email: string | null;
  teams: { id: string; name: string; manager: boolean }[];
}

/** A line of the list of teams. */
export interface TeamLine extends Team {
  members: number;
  /** True when the actor is one of them. */
  mine: boolean;
}

export interface TeamWithMembers extends Team {
  members: { worker: Pick<Worker, "id" | "name" | "state">; manager: boolean }[];
  /** True when the actor may change who is in it. */
  manageable: boolean;
}

export interface Grantee {
  type: "worker" | "team";
  id: string;
  name: string;
}

export const listWorkersInput = z.strictObject({ ...pageInput, state: z.enum(WORKER_STATES).optional() });
export const listTeamsInput = z.strictObject(pageInput);

/** Workers by name; `q` is looked for in the name, for admins in the email too. Throws `forbidden`, `invalid`. */
export async function listWorkers(
  ctx: Context,
  given: z.input<typeof listWorkersInput> = {},
): Promise<Page<ShownWorker>> {
  requireWorker(ctx);
  const { q, state, limit, cursor } = listWorkersInput.parse(given);
  const query = workersWithTeams(ctx)
    .orderByRaw("lower(workers.name), workers.id")
    .limit(limit + 1);
  if (q) {
    // Others must not find out an email by searching for its beginning.
    const columns = isAdmin(ctx.actor) ? "(workers.name ilike :q or workers.email ilike :q)" : "workers.name ilike :q";
    query.whereRaw(columns, { q: likePattern(q) });
  }
  if (state) query.where({ "workers.state": state });
  if (cursor) query.whereRaw("(lower(workers.name), workers.id) > (?, ?)", keyset(cursor, "name"));
  return page(
    await query,
    limit,
    (row) => shown(ctx, row),
    (row) => [row.sort, row.id],
  );
}

/** One worker. Throws `forbidden` for bots, `not_found`. */
export async function getWorker(ctx: Context, id: string): Promise<ShownWorker> {
  requireWorker(ctx);
  const row = isId(id) ? await workersWithTeams(ctx).where({ "workers.id": id }).first() : undefined;
  if (!row) throw notFound("worker");
  return shown(ctx, row);
}

/** Teams by name, with the number of members. Throws `forbidden` for bots, `invalid`. */
export async function listTeams(ctx: Context, given: z.input<typeof listTeamsInput> = {}): Promise<Page<TeamLine>> {
  requireWorker(ctx);
  const { q, limit, cursor } = listTeamsInput.parse(given);
  const members = ctx.db.raw("(select count(*) from team_members where team_id = teams.id) as members");
  const query = ctx
    .db("teams")
    .select<(TeamRow & { sort: string; members: number })[]>("teams.*", ctx.db.raw("lower(name) as sort"), members)
    .orderByRaw("lower(name), id")
    .limit(limit + 1);
  if (q) query.whereRaw("name ilike ?", [likePattern(q)]);
  if (cursor) query.whereRaw("(lower(name), id) > (?, ?)", keyset(cursor, "name"));
  const { actor } = ctx;
  const mine = new Set(actor.type === "worker" ? actor.teams.map((team) => team.id) : []);
  const line = (row: TeamRow & { members: number }) => ({
    ...toTeam(row),
    members: row.members,
    mine: mine.has(row.id),
  });
  return page(await query, limit, line, (row) => [row.sort, row.id]);
}

/** A team with its members by name, managers first. Throws `forbidden` for bots, `not_found`. */
export async function getTeam(ctx: Context, id: string): Promise<TeamWithMembers> {
  requireWorker(ctx);
  const row = isId(id) ? await ctx.db<TeamRow>("teams").where({ id }).first() : undefined;
  if (!row) throw notFound("team");
  const members = await ctx
    .db("team_members")
    .join("workers", "workers.id", "team_members.worker_id")
    .where({ team_id: id })
    .orderByRaw("manager desc, lower(workers.name), workers.id")
    .select("workers.id", "workers.name", "workers.state", "manager");
  return {
    ...toTeam(row),
    members: members.map(({ manager, ...worker }) => ({ worker, manager })),
    manageable: mayManageTeam(ctx, id),
  };
}

/** Workers and teams to share with, by name, at most twenty. Throws `forbidden` for bots. */
export async function grantees(ctx: Context, q = ""): Promise<Grantee[]> {
  requireWorker(ctx);
  const pattern = likePattern(pageInput.q.parse(q) ?? "");
  const { rows } = await ctx.db.raw<{ rows: Grantee[] }>(
    `select type, id, name from (
       select 'team' as type, id, name from teams where name ilike :pattern
       union all select 'worker', id, name from workers where name ilike :pattern and state <> 'deactivated'
     ) as found order by lower(name), id limit 20`,
    { pattern },
  );
  return rows;
}

/** The worker as an actor with these scopes; undefined when deactivated or unknown. Remembered until they change. */
export function workerActor(world: World, workerId: string, scopes: readonly Scope[]): Soon<WorkerActor | undefined> {
  const key = `${workerId} ${scopes.join()}`;
  return world.memory.shelf<WorkerActor>("workers").load(key, async () => {
    const person = isId(workerId) ? await readPerson(world, workerId) : undefined;
    return person && { value: { type: "worker", ...person, scopes }, tags: personTags(person) };
  });
}

async function readPerson(world: World, id: string): Promise<PersonRow | undefined> {
  const [row] = await world.database.prepared<PersonRow>(
    "people-worker",
    `select ${PERSON_COLUMNS} from workers where id = $1 and state <> 'deactivated'`,
    [id],
  );
  return row;
}

type FoundRow = WorkerRow & { sort: string; teams: ShownWorker["teams"] };

function workersWithTeams(ctx: Context) {
  const teams = ctx.db.raw(
    `coalesce((select json_agg(json_build_object('id', teams.id, 'name', teams.name, 'manager', manager) order by lower(teams.name))
       from team_members join teams on teams.id = team_id where worker_id = workers.id), '[]') as teams`,
  );
  return ctx.db("workers").select<FoundRow[]>("workers.*", ctx.db.raw("lower(workers.name) as sort"), teams);
}

function shown(ctx: Context, row: FoundRow): ShownWorker {
  const worker = toWorker(row);
  const open = isAdmin(ctx.actor) || ctx.actor.id === row.id;
  return {
    ...worker,
    email: open ? worker.email : null,
    lastSeenAt: open ? worker.lastSeenAt : null,
    teams: row.teams,
  };
}
