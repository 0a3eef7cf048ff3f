import { isAdmin } from "../../access/actor.ts";
import type { Context } from "../../context.ts";
import { getTeam, listWorkers } from "../../people/browse.ts";
import { deleteTeam } from "../../people/delete-team.ts";
import { countOwned } from "../../people/owner.ts";
import { removeMember } from "../../people/remove-member.ts";
import { renameTeam } from "../../people/rename-team.ts";
import { setMember } from "../../people/set-member.ts";
import { bad, good, redirect, view } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields, refused, text } from "../form.ts";
import { counted } from "../people-view.ts";
import { get, post } from "../route.ts";

export default [
  get("/teams/:id", (ctx, { params, query }) => teamPage(ctx, params.id!, { q: query.q ?? "" })),

  post("/teams/:id/members", async (ctx, { params, form }) => {
    const given = { worker: text(form, "worker"), manager: text(form, "manager") === "on" };
    const result = await attempt(() => setMember(ctx, params.id!, given));
    if (result.ok) return redirect(`/teams/${params.id}`, good("Added to the team."));
    if (result.error.code === "forbidden") throw result.error;
    const problems = given.worker === "" ? { summary: "", fields: { worker: "Choose somebody." } } : result.problems;
    return teamPage(ctx, params.id!, { q: text(form, "q"), problems });
  }),

  post("/teams/:id/members/:worker/manager", async (ctx, { params, form }) => {
    const manager = text(form, "manager") === "on";
    const result = await attempt(() => setMember(ctx, params.id!, { worker: params.worker!, manager }));
    const said = manager ? "They manage the team now." : "They no longer manage the team.";
    return redirect(`/teams/${params.id}`, result.ok ? good(said) : bad(result.problems.summary));
  }),

  post("/teams/:id/members/:worker/remove", async (ctx, { params }) => {
    await removeMember(ctx, params.id!, params.worker!);
    return redirect(`/teams/${params.id}`, good("Taken out of the team."));
  }),

  get(
    "/teams/:id/rename",
    async (ctx, { params }) => {
      const team = await getTeam(ctx, params.id!);
      return view("team-rename", { page: renaming(team.name), team, typed: { name: team.name }, problems: null });
    },
    "admin",
  ),

  post(
    "/teams/:id/rename",
    async (ctx, { params, form }) => {
      const typed = fields(form, "name");
      const result = await attempt(() => renameTeam(ctx, params.id!, typed));
      if (result.ok) return redirect(`/teams/${params.id}`, good(`The team is called ${result.value.name} now.`));
      const team = await getTeam(ctx, params.id!);
      const data = { page: renaming(team.name), team, typed, problems: refused(result.problems) };
      return view("team-rename", data, { status: 400 });
    },
    "admin",
  ),

  get("/teams/:id/delete", async (ctx, { params }) => deletePage(ctx, params.id!), "admin"),

  post(
    "/teams/:id/delete",
    async (ctx, { params }) => {
      const team = await getTeam(ctx, params.id!);
      const result = await attempt(() => deleteTeam(ctx, team.id));
      if (result.ok) return redirect("/teams", good(`Deleted the team ${team.name}.`));
      return deletePage(ctx, team.id, result.problems);
    },
    "admin",
  ),
];

function renaming(name: string) {
  return { title: `Rename ${name}`, section: "people" };
}

async function teamPage(ctx: Context, id: string, form: { q: string; problems?: Problems }) {
  const team = await getTeam(ctx, id);
  const members = new Set(team.members.map(({ worker }) => worker.id));
  const found = team.manageable ? await listWorkers(ctx, { limit: 200, ...(form.q && { q: form.q }) }) : null;
  const others = (found?.items ?? []).filter(({ id, state }) => !members.has(id) && state !== "deactivated");
  const data = {
    page: { title: team.name, section: "people" },
    team,
    admin: isAdmin(ctx.actor),
    choices: others.map((worker) => ({
      value: worker.id,
      label: worker.email ? `${worker.name} (${worker.email})` : worker.name,
    })),
    // Only a hub with more people than a menu holds needs a search first.
    search: form.q !== "" || (found?.next_cursor ?? null) !== null ? { q: form.q } : null,
    problems: form.problems ? refused(form.problems) : null,
  };
  return view("team", data, { status: form.problems ? 400 : 200 });
}

async function deletePage(ctx: Context, id: string, problems?: Problems) {
  const team = await getTeam(ctx, id);
  const owned = await countOwned(ctx, { type: "team", id: team.id });
  const owns = [owned.accounts > 0 && counted(owned.accounts, "account"), owned.bots > 0 && counted(owned.bots, "bot")];
  const data = {
    page: { title: `Delete ${team.name}`, section: "people" },
    team,
    owns: owns.filter((line) => line !== false).join(" and "),
    members: counted(team.members.length, "member"),
    problem: problems?.summary ?? null,
  };
  return view("team-delete", data, { status: problems ? 400 : 200 });
}
