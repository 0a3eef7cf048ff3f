import { isAdmin } from "../../access/actor.ts";
import type { Context } from "../../context.ts";
import { listTeams, listWorkers, type ShownWorker } from "../../people/browse.ts";
import { inviteWorker } from "../../people/invite.ts";
import { WORKER_STATES } from "../../people/worker.ts";
import { view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields, refused, texts } from "../form.ts";
import { linkWith, pagerOf } from "../list-links.ts";
import { peopleTabs } from "../people-view.ts";
import { get, post } from "../route.ts";

const STATE_WORDS = { active: "Active", invited: "Invited", deactivated: "Deactivated" } as const;
const ROLE_WORDS = { admin: "Admin", worker: "Worker" } as const;

export default [
  get("/people", async (ctx, { query }) => {
    const admin = isAdmin(ctx.actor);
    const { q, cursor } = query;
    const state = WORKER_STATES.find((each) => each === query.state);
    const found = await listWorkers(ctx, { ...(q && { q }), ...(state && { state }), ...(cursor && { cursor }) });
    const list = {
      label: "Workers",
      noun: ["worker", "workers"],
      tabs: peopleTabs("workers"),
      search: { action: "/people", q, hidden: { state } },
      filters: [undefined, ...WORKER_STATES].map((each) => ({
        label: each === undefined ? "Everybody" : STATE_WORDS[each],
        href: linkWith("/people", { q, state: each }),
        current: each === state,
      })),
      columns: [
        { key: "name", label: "Name", kind: "name" },
        { key: "role", label: "Role" },
        { key: "teams", label: "Teams", kind: "tags", narrow: false },
        { key: "state", label: "State", kind: "state" },
        ...(admin ? [{ key: "seen", label: "Last seen", kind: "time", align: "end" }] : []),
      ],
      rows: found.items.map((worker) => row(worker, admin)),
      filtered: Boolean(q || state),
      clear: "/people",
      pager: pagerOf("/people", { q, state, cursor }, found.next_cursor),
      empty: { title: "Nobody here yet", icon: "users" },
    };
    return view("people", { page: { title: "People" }, list, admin });
  }),

  get(
    "/people/new",
    async (ctx) => inviteForm(ctx, { typed: { name: "", email: "", role: "worker", teams: [] } }),
    "admin",
  ),

  post(
    "/people",
    async (ctx, { form }) => {
      const typed = { ...fields(form, "name", "email", "role"), teams: texts(form, "teams") };
      const result = await attempt(() =>
        inviteWorker(ctx, { ...typed, role: typed.role === "admin" ? "admin" : "worker" }),
      );
      if (!result.ok) return inviteForm(ctx, { typed, problems: refused(result.problems) });
      const { worker, token, expiresAt } = result.value;
      const link = `${ctx.publicUrl}/invitations/${token}`;
      return view("invited", { page: { title: `Invitation for ${worker.name}` }, worker, link, expiresAt });
    },
    "admin",
  ),
];

interface Form {
  typed: { name: string; email: string; role: string; teams: string[] };
  problems?: ReturnType<typeof refused>;
}

async function inviteForm(ctx: Context, { typed, problems }: Form) {
  const { items } = await listTeams(ctx, { limit: 200 });
  const teams = items.map(({ id, name }) => ({ id, name, checked: typed.teams.includes(id) }));
  const data = { page: { title: "Invite somebody" }, typed, teams, problems: problems ?? null };
  return view("person-new", data, { status: problems ? 400 : 200 });
}

function row(worker: ShownWorker, admin: boolean) {
  return {
    href: `/people/${worker.id}`,
    cells: {
      name: {
        text: worker.name,
        ...(admin && { detail: worker.email }),
        person: { name: worker.name, id: worker.id, type: "worker" },
      },
      role: ROLE_WORDS[worker.role],
      teams: worker.teams.length > 0 ? worker.teams.map((team) => team.name) : null,
      state: worker.state,
      seen: { at: worker.lastSeenAt },
    },
  };
}
