import { sameOwner, type Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { usableAccounts, type AccountLine } from "./browse.ts";

/**
 * The account of a service that a run is to use, among those that the bot may use anyway: the caller's own, else one of a
 * team, else any. `service` is an id or a key of the catalog. Returns its id. Throws `not_found` when there is none,
 * `conflict` when several fit equally well.
 */
export async function chooseAccount(ctx: Context, { service }: { service: string }): Promise<string> {
  const usable = await usableAccounts(ctx);
  const fitting = usable.filter((account) => account.service.id === service || account.service.catalog === service);
  const starter = ctx.behalf?.starter;
  const own: Owner | undefined =
    starter?.type === "worker" && starter.id !== null ? { type: "worker", id: starter.id } : undefined;
  const groups = [
    fitting.filter(({ owner }) => own !== undefined && sameOwner(owner, own)),
    fitting.filter(({ owner }) => owner.type === "team"),
    fitting,
  ];
  return only(groups.find((group) => group.length > 0) ?? [], service);
}

function only(accounts: AccountLine[], service: string): string {
  const [first, second] = accounts;
  if (first === undefined)
    throw new SignetError("not_found", `The bot may use no account of the service “${service}”.`);
  if (second !== undefined)
    throw new SignetError(
      "conflict",
      `Several accounts of “${service}” fit (${first.name}, ${second.name}); name one of them.`,
    );
  return first.id;
}
