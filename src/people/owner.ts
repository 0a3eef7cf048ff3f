import { isAdmin, type Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { isId } from "../storage/id.ts";

/** An owner with the words a menu shows. */
export interface OwnerChoice {
  owner: Owner;
  label: string;
}

export const ORGANIZATION = "Organization";

/** The text under which `ownerNames` knows an owner. */
export function ownerKey(owner: Owner): string {
  return `${owner.type}:${owner.id ?? ""}`;
}

/** Owners the actor may make accounts and bots for, the actor first: the choices of an owner menu. */
export async function ownerChoices(ctx: Context): Promise<OwnerChoice[]> {
  const { actor } = ctx;
  const managed = actor.type === "worker" ? actor.teams.filter((team) => team.manager).map((team) => team.id) : [];
  const teams = await ctx.db("teams").whereIn("id", managed).orderByRaw("lower(name), id").select("id", "name");
  const choices: OwnerChoice[] =
    actor.type === "worker" ? [{ owner: { type: "worker", id: actor.id }, label: "Me (private)" }] : [];
  choices.push(...teams.map(({ id, name }) => ({ owner: { type: "team" as const, id }, label: name })));
  if (isAdmin(actor)) choices.push({ owner: { type: "organization", id: null }, label: ORGANIZATION });
  return choices;
}

/** Names of owners by `ownerKey`, in one query; those who are gone are missing. */
export async function ownerNames(ctx: Context, owners: Owner[]): Promise<Map<string, string>> {
  const ids = (type: Owner["type"]) => [
    ...new Set(owners.filter((owner) => owner.type === type).map((owner) => owner.id!)),
  ];
  const { rows } = await ctx.db.raw<{ rows: { key: string; name: string }[] }>(
    `select 'worker:' || id as key, name from workers where id = any(?::uuid[])
     union all select 'team:' || id, name from teams where id = any(?::uuid[])`,
    [ids("worker"), ids("team")],
  );
  return new Map([
    [ownerKey({ type: "organization", id: null }), ORGANIZATION],
    ...rows.map((row) => [row.key, row.name] as const),
  ]);
}

/**
 * Makes sure that an owner exists and is no deactivated worker, and holds it until the transaction ends, so that it can
 * not be deleted while something is made for it. Whether the actor may is asked of the policy. Throws `not_found`.
 */
export async function holdOwner(ctx: Context, owner: Owner): Promise<void> {
  if (owner.type === "organization") return;
  const query = owner.type === "team" ? ctx.db("teams") : ctx.db("workers").whereNot({ state: "deactivated" });
  const row = isId(owner.id) ? await query.where({ id: owner.id }).forShare().first("id") : undefined;
  if (!row) throw notFound(owner.type);
}

/** How much belongs to an owner. The rooms of accounts and bots lie above this one, so their tables are only counted. */
export async function countOwned(ctx: Context, owner: Owner): Promise<{ accounts: number; bots: number }> {
  const { rows } = await ctx.db.raw<{ rows: { accounts: number; bots: number }[] }>(
    `select (select count(*) from accounts where owner_type = :type and owner_id is not distinct from :id) as accounts,
            (select count(*) from bots where owner_type = :type and owner_id is not distinct from :id) as bots`,
    { ...owner },
  );
  return rows[0]!;
}
