import { countAccounts, listAccounts } from "../../accounts/browse.ts";
import { retireServiceWithAccounts } from "../../accounts/disconnect.ts";
import { usingService } from "../../behaviors/where-used.ts";
import type { Context } from "../../context.ts";
import { ownerNames } from "../../people/owner.ts";
import { getService } from "../../services/browse.ts";
import type { Service } from "../../services/service.ts";
import { accountPath } from "../account-view.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { usedBy, type Stops } from "../behaviors-that-stop.ts";
import { text } from "../form.ts";
import { kindOf } from "../kind-fields.ts";
import { tileOf } from "../tile.ts";
import { ownerPerson } from "../owner-field.ts";
import { get, post } from "../route.ts";

const SHOWN = 100;

export default [
  get("/services/:id/delete", async (ctx, { params }) => show(ctx, await getService(ctx, params.id!), null), "admin"),

  post(
    "/services/:id/delete",
    async (ctx, { params, form }) => {
      const service = await getService(ctx, params.id!);
      if (text(form, "typed").trim() !== service.name)
        return show(ctx, service, `Type the name exactly as it is: ${service.name}`);
      const { accounts, revoked } = await retireServiceWithAccounts(ctx, service.id);
      const took = accounts === 0 ? "" : ` with ${accounts === 1 ? "its account" : `its ${accounts} accounts`}`;
      const told = revoked === 0 ? "" : ` ${revoked} of them revoked at the provider.`;
      return redirect("/services", good(`${service.name} is deleted${took}.${told}`));
    },
    "admin",
  ),
];

async function show(ctx: Context, service: Service, problem: string | null): Promise<Answer> {
  const [{ items }, used] = await Promise.all([
    listAccounts(ctx, { service: service.id, limit: SHOWN }),
    usingService(ctx, { id: service.id, catalog: service.catalogKey }),
  ]);
  const { all } = await countAccounts(ctx, { service: service.id });
  const names = await ownerNames(
    ctx,
    items.map((account) => account.owner),
  );
  const stops: Stops[] = items.map((account) => ({
    text: account.name,
    href: accountPath(account),
    detail: ownerPerson(account.owner, names).name,
  }));
  if (all > items.length) stops.push({ text: `and ${all - items.length} more` });
  stops.push(...usedBy(used, "behavior that takes an account of it"));
  const doomed = {
    id: service.id,
    name: service.name,
    mark: tileOf({ name: service.name, catalog: service.catalogKey }),
    accounts: all,
    revokes: kindOf(service.kind).revoke !== undefined,
    stops,
  };
  const page = { title: `Delete ${service.name}` };
  return view("service-delete", { page, doomed, problem }, { status: problem === null ? 200 : 400 });
}
