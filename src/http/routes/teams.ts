import { isAdmin } from "../../access/actor.ts";
import { listTeams } from "../../people/browse.ts";
import { createTeam } from "../../people/create-team.ts";
import { good, redirect, view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields, refused } from "../form.ts";
import { pagerOf } from "../list-links.ts";
import { peopleTabs } from "../people-view.ts";
import { get, post } from "../route.ts";

const NEW = { title: "New team", section: "people" };

export default [
  get("/teams", async (ctx, { query }) => {
    const admin = isAdmin(ctx.actor);
    const { q, cursor } = query;
    const found = await listTeams(ctx, { ...(q && { q }), ...(cursor && { cursor }) });
    const list = {
      label: "Teams",
      noun: ["team", "teams"],
      tabs: peopleTabs("teams"),
      search: { action: "/teams", q },
      columns: [
        { key: "name", label: "Team", kind: "name" },
        { key: "mine", label: "Yours" },
        { key: "members", label: "Members", kind: "number", align: "end" },
      ],
      rows: found.items.map((team) => ({
        href: `/teams/${team.id}`,
        cells: {
          name: { text: team.name, person: { name: team.name, id: team.id, type: "team" } },
          mine: team.mine ? "You are in it" : null,
          members: team.members,
        },
      })),
      filtered: Boolean(q),
      clear: "/teams",
      pager: pagerOf("/teams", { q, cursor }, found.next_cursor),
      empty: {
        icon: "users",
        title: "No teams yet",
        text: "A team holds accounts and bots together; all of its members may use them.",
        action: admin ? { label: "Make a team", href: "/teams/new", icon: "plus" } : null,
      },
    };
    return view("teams", { page: { title: "Teams", section: "people" }, list, admin });
  }),

  get("/teams/new", () => view("team-new", { page: NEW, typed: { name: "" }, problems: null }), "admin"),

  post(
    "/teams",
    async (ctx, { form }) => {
      const typed = fields(form, "name");
      const result = await attempt(() => createTeam(ctx, typed));
      if (result.ok) return redirect(`/teams/${result.value.id}`, good(`Made the team ${result.value.name}.`));
      return view("team-new", { page: NEW, typed, problems: refused(result.problems) }, { status: 400 });
    },
    "admin",
  ),
];
