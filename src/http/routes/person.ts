import { isAdmin } from "../../access/actor.ts";
import { listAccounts } from "../../accounts/browse.ts";
import type { Context } from "../../context.ts";
import { getWorker, listTeams } from "../../people/browse.ts";
import { changeWorker } from "../../people/change-worker.ts";
import { deactivateWorker, reactivateWorker } from "../../people/deactivate.ts";
import { inviteWorker } from "../../people/invite.ts";
import { countOwned } from "../../people/owner.ts";
import { removeMember } from "../../people/remove-member.ts";
import { setMember } from "../../people/set-member.ts";
import { accountPath } from "../account-view.ts";
import { botsThatStop } from "../behaviors-that-stop.ts";
import { bad, good, redirect, view } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { refused, text } from "../form.ts";
import { counted } from "../people-view.ts";
import { get, post } from "../route.ts";

export default [
  get("/people/:id", (ctx, { params }) => personPage(ctx, params.id!)),

  post(
    "/people/:id",
    async (ctx, { params, form }) => {
      const id = params.id!;
      const [name, role] = [text(form, "name"), text(form, "role") === "admin" ? "admin" : "worker"] as const;
      const result = await attempt(() => changeWorker(ctx, id, { name, role }));
      if (!result.ok) return personPage(ctx, id, { typed: { name, role }, problems: result.problems });
      return redirect(`/people/${id}`, good(`Saved ${result.value.name}.`));
    },
    "admin",
  ),

  post(
    "/people/:id/invite",
    async (ctx, { params }) => {
      const { name, email, role } = await getWorker(ctx, params.id!);
      const result = await attempt(() => inviteWorker(ctx, { name, email: email ?? "", role }));
      if (!result.ok) return redirect(`/people/${params.id}`, bad(result.problems.summary));
      const { worker, token, expiresAt } = result.value;
      const link = `${ctx.publicUrl}/invitations/${token}`;
      return view("invited", { page: { title: `Invitation for ${worker.name}` }, worker, link, expiresAt });
    },
    "admin",
  ),

  get(
    "/people/:id/deactivate",
    async (ctx, { params }) => {
      const worker = await getWorker(ctx, params.id!);
      if (worker.state === "deactivated") return redirect(`/people/${worker.id}`);
      const owner = { type: "worker", id: worker.id } as const;
      const [counts, accounts, stops] = await Promise.all([
        countOwned(ctx, owner),
        listAccounts(ctx, { owner: `worker:${worker.id}`, limit: 10 }),
        botsThatStop(ctx, owner),
      ]);
      const page = { title: `Deactivate ${worker.name}` };
      const owns = `${counted(counts.accounts, "account")} and ${counted(counts.bots, "bot")}`;
      const more = counts.accounts - accounts.items.length;
      const owned: { text: string; href?: string; detail?: string }[] = accounts.items.map((account) => ({
        text: account.name,
        href: accountPath(account),
        detail: account.service.name,
      }));
      if (more > 0) owned.push({ text: counted(more, "more account") });
      return view("person-deactivate", { page, worker, owns, owned, stops });
    },
    "admin",
  ),

  post(
    "/people/:id/deactivate",
    async (ctx, { params }) => {
      const result = await attempt(() => deactivateWorker(ctx, params.id!));
      const said = result.ok ? good(`${result.value.name} can no longer sign in.`) : bad(result.problems.summary);
      return redirect(`/people/${params.id}`, said);
    },
    "admin",
  ),

  post(
    "/people/:id/reactivate",
    async (ctx, { params }) => {
      const worker = await reactivateWorker(ctx, params.id!);
      const next =
        worker.state === "invited"
          ? "Invite them again, so that they can choose a password."
          : "They can sign in with the password they had.";
      return redirect(`/people/${worker.id}`, good(`${worker.name} is back. ${next}`));
    },
    "admin",
  ),

  post(
    "/people/:id/teams",
    async (ctx, { params, form }) => {
      const result = await attempt(() => setMember(ctx, text(form, "team"), { worker: params.id! }));
      return redirect(`/people/${params.id}`, result.ok ? good("Added to the team.") : bad(result.problems.summary));
    },
    "admin",
  ),

  post(
    "/people/:id/teams/remove",
    async (ctx, { params, form }) => {
      await removeMember(ctx, text(form, "team"), params.id!);
      return redirect(`/people/${params.id}`, good("Taken out of the team."));
    },
    "admin",
  ),
];

interface Refused {
  typed: { name: string; role: string };
  problems: Problems;
}

async function personPage(ctx: Context, id: string, form?: Refused) {
  const admin = isAdmin(ctx.actor);
  const worker = await getWorker(ctx, id);
  const mine = ctx.actor.id === id;
  const owned = admin || mine ? await countOwned(ctx, { type: "worker", id: worker.id }) : null;
  const joined = new Set(worker.teams.map((team) => team.id));
  const teams = admin ? (await listTeams(ctx, { limit: 200 })).items.filter((team) => !joined.has(team.id)) : [];
  const data = {
    page: { title: worker.name },
    worker,
    admin,
    mine,
    teams,
    owns: owned && { accounts: counted(owned.accounts, "account"), bots: counted(owned.bots, "bot") },
    typed: form?.typed ?? { name: worker.name, role: worker.role },
    problems: form ? refused(form.problems) : null,
  };
  return view("person", data, { status: form ? 400 : 200 });
}
