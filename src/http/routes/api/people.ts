import { z } from "zod";
import { addWorker } from "../../../people/add-worker.ts";
import {
  getTeam,
  getWorker,
  listTeams,
  listTeamsInput,
  listWorkers,
  listWorkersInput,
  type ShownWorker,
} from "../../../people/browse.ts";
import { changeWorker, changeWorkerInput } from "../../../people/change-worker.ts";
import { createTeam } from "../../../people/create-team.ts";
import { deactivateWorker, reactivateWorker } from "../../../people/deactivate.ts";
import { deleteTeam } from "../../../people/delete-team.ts";
import { inviteInput, inviteWorker } from "../../../people/invite.ts";
import { removeMember } from "../../../people/remove-member.ts";
import { renameTeam } from "../../../people/rename-team.ts";
import { setMember, setMemberInput } from "../../../people/set-member.ts";
import { teamInput } from "../../../people/team.ts";
import { passwordSchema } from "../../../people/worker.ts";
import type { ApiRoute } from "../../route.ts";

/** With a password the worker is active at once; without one they get an invitation to choose it. */
const newWorkerInput = inviteInput.extend({ password: passwordSchema.optional() });
type NewWorker = z.output<typeof newWorkerInput>;

const changeInput = changeWorkerInput.extend({ state: z.enum(["active", "deactivated"]).optional() });
type Change = z.output<typeof changeInput>;

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/workers",
    scope: "read",
    summary: "Workers",
    query: listWorkersInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listWorkers(ctx, query);
      return { items: items.map(shownWorker), next_cursor };
    },
  },
  {
    method: "POST",
    path: "/workers",
    scope: "manage",
    summary: "Invite a worker; the answer holds the link to send them",
    body: newWorkerInput,
    status: 201,
    handle: async (ctx, { body }) => {
      const { password, ...input } = body as NewWorker;
      if (password !== undefined) {
        const { teams: _teams, ...worker } = input;
        return shownWorker(await getWorker(ctx, (await addWorker(ctx, { ...worker, password })).id));
      }
      const { worker, token, expiresAt } = await inviteWorker(ctx, input);
      const invitation = { url: `${ctx.publicUrl}/invitations/${token}`, expires_at: expiresAt };
      return { ...shownWorker(await getWorker(ctx, worker.id)), invitation };
    },
  },
  {
    method: "GET",
    path: "/workers/{id}",
    scope: "read",
    summary: "One worker",
    handle: async (ctx, { params }) => shownWorker(await getWorker(ctx, params.id!)),
  },
  {
    method: "PATCH",
    path: "/workers/{id}",
    scope: "manage",
    summary: "Change a worker's name, role or state",
    body: changeInput,
    handle: async (ctx, { params, body }) => {
      const { state, ...changes } = body as Change;
      if (state !== undefined) await (state === "active" ? reactivateWorker : deactivateWorker)(ctx, params.id!);
      if (Object.keys(changes).length > 0) await changeWorker(ctx, params.id!, changes);
      return shownWorker(await getWorker(ctx, params.id!));
    },
  },
  {
    method: "GET",
    path: "/teams",
    scope: "read",
    summary: "Teams",
    query: listTeamsInput,
    handle: (ctx, { query }) => listTeams(ctx, query),
  },
  {
    method: "POST",
    path: "/teams",
    scope: "manage",
    summary: "Make a team",
    body: teamInput,
    status: 201,
    handle: async (ctx, { body }) => shownTeam(await getTeam(ctx, (await createTeam(ctx, body)).id)),
  },
  {
    method: "GET",
    path: "/teams/{id}",
    scope: "read",
    summary: "One team with its members",
    handle: async (ctx, { params }) => shownTeam(await getTeam(ctx, params.id!)),
  },
  {
    method: "PATCH",
    path: "/teams/{id}",
    scope: "manage",
    summary: "Rename a team",
    body: teamInput,
    handle: async (ctx, { params, body }) =>
      shownTeam(await getTeam(ctx, (await renameTeam(ctx, params.id!, body)).id)),
  },
  {
    method: "DELETE",
    path: "/teams/{id}",
    scope: "manage",
    summary: "Delete a team",
    handle: (ctx, { params }) => deleteTeam(ctx, params.id!),
  },
  {
    method: "POST",
    path: "/teams/{id}/members",
    scope: "manage",
    summary: "Add a worker to a team, or make them a manager of it or no longer",
    body: setMemberInput,
    handle: async (ctx, { params, body }) => {
      await setMember(ctx, params.id!, body);
      return shownTeam(await getTeam(ctx, params.id!));
    },
  },
  {
    method: "DELETE",
    path: "/teams/{id}/members/{worker}",
    scope: "manage",
    summary: "Take a worker out of a team",
    handle: (ctx, { params }) => removeMember(ctx, params.id!, params.worker!),
  },
];

export default routes;

function shownWorker(worker: ShownWorker) {
  const { id, name, email, role, state, teams, createdAt, lastSeenAt } = worker;
  return { id, name, email, role, state, teams, created_at: createdAt, last_seen_at: lastSeenAt };
}

function shownTeam(team: Awaited<ReturnType<typeof getTeam>>) {
  return { id: team.id, name: team.name, members: team.members.map(({ worker, manager }) => ({ ...worker, manager })) };
}
