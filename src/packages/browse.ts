import { z } from "zod";
import { isAdmin } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import { behaviorsWithUids } from "../behaviors/browse.ts";
import { botsWithUids } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { servicesWith } from "../services/browse.ts";
import { isId } from "../storage/id.ts";
import { likePattern } from "../storage/database.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import { findInstalled, toInstalled, type Installed, type PackageRow } from "./store.ts";

export type { Installed } from "./store.ts";

export const listPackagesInput = z.strictObject({ ...pageInput });

/** Packages that are installed, by name: the organization's, the actor's own and their teams'; admins see all. */
export async function listPackages(ctx: Context, given: z.input<typeof listPackagesInput>): Promise<Page<Installed>> {
  const { q, limit, cursor } = listPackagesInput.parse(given);
  const query = ctx
    .db<PackageRow>("packages")
    .orderByRaw("lower(name), id")
    .limit(limit + 1);
  const { actor } = ctx;
  if (!isAdmin(actor))
    query.where((either) => {
      if (actor.type !== "worker") return void either.whereRaw("false");
      const teams = actor.teams.map((team) => team.id);
      either.where({ owner_type: "organization" }).orWhere({ owner_type: "worker", owner_id: actor.id });
      either.orWhere((team) => team.where({ owner_type: "team" }).whereIn("owner_id", teams));
    });
  if (q) query.whereRaw("name ilike ?", [likePattern(q)]);
  if (cursor) query.whereRaw("(lower(name), id) > (?, ?)", keyset(cursor, "name"));
  return page((await query) as PackageRow[], limit, toInstalled, (row) => [row.name.toLowerCase(), row.id]);
}

/** Everything of a package that is still here. */
export interface Contents {
  installed: Installed;
  services: { id: string; name: string; kind: string; catalogKey: string | null }[];
  bots: { id: string; slug: string; name: string }[];
  behaviors: { id: string; name: string; title: string }[];
  /** May the actor remove it? */
  manages: boolean;
}

/** One package with what is left of what it installed. Throws `not_found` for what the actor may not see. */
export async function getPackage(ctx: Context, id: string): Promise<Contents> {
  const found = isId(id) ? await findInstalled(ctx, { id }) : undefined;
  if (!found || !sees(ctx, found.installed)) throw notFound("package");
  const uids = (what: string) => found.items.filter((item) => item.what === what).map(({ uid }) => uid);
  const services = await servicesWith(ctx, { uids: uids("service") });
  const bots = await botsWithUids(ctx, uids("bot"));
  const behaviors = await behaviorsWithUids(ctx, uids("behavior"));
  return {
    installed: found.installed,
    services: services.map(({ id, name, kind, catalogKey }) => ({ id, name, kind, catalogKey })),
    bots: bots.map(({ id, slug, name }) => ({ id, slug, name })),
    behaviors: behaviors.map(({ id, bot, slug, title }) => ({ id, name: `${bot.slug}/${slug}`, title })),
    manages: mayManage(ctx.actor, found.installed.owner) && (services.length === 0 || isAdmin(ctx.actor)),
  };
}

/** Which of these are installed, by uid, with their versions; whoever asks. */
export async function installedVersions(ctx: Context, uids: string[]): Promise<Map<string, Installed>> {
  const rows = (await ctx.db<PackageRow>("packages").whereIn("uid", uids)) as PackageRow[];
  return new Map(rows.map((row) => [row.uid, toInstalled(row)]));
}

export function shownPackage({ id, uid, name, version, description, owner, installedBy, ...rest }: Installed) {
  const dates = { installed_at: rest.createdAt, updated_at: rest.updatedAt };
  return { id, uid, name, version, description, owner, installed_by: installedBy, ...dates };
}

function sees(ctx: Context, { owner }: Installed): boolean {
  const { actor } = ctx;
  if (isAdmin(actor)) return true;
  if (actor.type !== "worker") return false;
  if (owner.type === "organization") return true;
  return owner.type === "team" ? actor.teams.some(({ id }) => id === owner.id) : owner.id === actor.id;
}
