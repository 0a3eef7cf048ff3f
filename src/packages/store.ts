import type { Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";
import type { Fields } from "./change.ts";

/** A package that was installed. */
export interface Installed {
  id: string;
  uid: string;
  name: string;
  version: string;
  description: string;
  hash: string;
  owner: Owner;
  /** What its prompts were answered with, secrets left out. */
  answers: Record<string, unknown>;
  /** Other short names and names than its own, by uid. */
  renamed: Record<string, string>;
  installedBy: { id: string | null; name: string };
  createdAt: Date;
  updatedAt: Date;
}

export type What = "service" | "bot" | "behavior";

/** Something that a package installed, with how it left it. */
export interface Item {
  what: What;
  uid: string;
  installed: Fields;
}

/** Rows of `packages`; for this room only. */
export interface PackageRow {
  id: string;
  uid: string;
  name: string;
  version: string;
  description: string;
  hash: string;
  owner_type: Owner["type"];
  owner_id: string | null;
  answers: Record<string, unknown>;
  renamed: Record<string, string>;
  installed_by: string | null;
  installed_by_name: string;
  created_at: Date;
  updated_at: Date;
}

export function toInstalled(row: PackageRow): Installed {
  const { id, uid, name, version, description, hash, answers, renamed } = row;
  return {
    ...{ id, uid, name, version, description, hash, answers, renamed },
    owner: { type: row.owner_type, id: row.owner_id } as Owner,
    installedBy: { id: row.installed_by, name: row.installed_by_name },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export async function findInstalled(
  ctx: Context,
  key: { uid: string } | { id: string },
): Promise<{ installed: Installed; items: Item[] } | undefined> {
  const row = await ctx.db<PackageRow>("packages").where(key).first();
  return row && { installed: toInstalled(row), items: await itemsOf(ctx, row.id) };
}

export async function itemsOf(ctx: Context, id: string): Promise<Item[]> {
  return ctx.db("package_items").where({ package_id: id }).select("what", "uid", "installed").orderBy(["what", "uid"]);
}

/** Writes down what is installed now, in place of what was. */
export async function keepInstalled(
  ctx: Context,
  { id, ...given }: Omit<Installed, "createdAt" | "updatedAt">,
  items: Item[],
): Promise<void> {
  const now = ctx.clock();
  const columns = {
    name: given.name,
    version: given.version,
    description: given.description,
    hash: given.hash,
    owner_type: given.owner.type,
    owner_id: given.owner.id,
    answers: JSON.stringify(given.answers),
    renamed: JSON.stringify(given.renamed),
    installed_by: given.installedBy.id,
    installed_by_name: given.installedBy.name,
    updated_at: now,
  };
  await ctx
    .db("packages")
    .insert({ id, uid: given.uid, created_at: now, ...columns })
    .onConflict("id")
    .merge(columns);
  await ctx.db("package_items").where({ package_id: id }).delete();
  if (items.length > 0)
    await ctx
      .db("package_items")
      .insert(items.map((item) => ({ package_id: id, ...item, installed: JSON.stringify(item.installed) })));
}
