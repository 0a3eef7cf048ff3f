import { z } from "zod";
import { isAdmin } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { likePattern } from "../storage/database.ts";
import { isId } from "../storage/id.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import { catalogEntry, originOf } from "./catalog.ts";
import type { Service } from "./service.ts";
import { findService, toService } from "./store.ts";

export const listServicesInput = z.strictObject({ ...pageInput, kind: z.string().optional() });

/** A line of the worklist. */
export interface ServiceLine extends Service {
  accounts: number;
}

/** Services by name; `q` is looked for in name, kind and catalog key. Every worker sees them, bots none. */
export async function listServices(ctx: Context, given: z.input<typeof listServicesInput>): Promise<Page<ServiceLine>> {
  requireWorker(ctx);
  const { q, kind, limit, cursor } = listServicesInput.parse(given);
  const query = ctx
    .db("services")
    .select("services.*", ctx.db.raw("(select count(*) from accounts where service_id = services.id) as accounts"))
    .orderByRaw("lower(services.name), services.id")
    .limit(limit + 1);
  if (q) query.whereRaw("(name ilike :q or kind ilike :q or catalog_key ilike :q)", { q: likePattern(q) });
  if (kind) query.where({ kind });
  if (cursor) query.whereRaw("(lower(name), id) > (?, ?)", keyset(cursor, "name"));
  const rows = await query;
  return page(
    rows,
    limit,
    (row) => ({ ...toService(row), accounts: Number(row.accounts) }),
    (row) => [row.name.toLowerCase(), row.id],
  );
}

/** A service by id. Throws `not_found`. */
export async function getService(ctx: Context, id: string): Promise<Service> {
  requireWorker(ctx);
  const service = isId(id) ? await findService(ctx, id) : undefined;
  if (!service) throw notFound("service");
  return service;
}

/** Services by uid, or by the catalog entry that they were made from; for verbs of rooms above. */
export async function servicesWith(ctx: Context, wish: { uids: string[] } | { catalog: string[] }): Promise<Service[]> {
  const query = ctx.db("services").orderByRaw("lower(name), id");
  if ("uids" in wish) query.whereIn("uid", wish.uids);
  else query.whereIn("catalog_key", wish.catalog);
  return (await query).map(toService);
}

/** The name, or one with a number after it that no service has. */
export async function freeServiceName(ctx: Context, wished: string): Promise<string> {
  const alike = await ctx.db("services").whereRaw("starts_with(lower(name), lower(?))", [wished]).pluck("name");
  const taken = new Set((alike as string[]).map((name) => name.toLowerCase()));
  let name = wished;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${wished} ${number}`;
  return name;
}

/** For verbs of rooms above that already know the service may be used. */
export async function serviceOf(ctx: Context, id: string): Promise<Service> {
  const service = await findService(ctx, id);
  if (!service) throw notFound("service");
  return service;
}

/** What the API and pages show: no hidden setting, only that it is there. */
export function shownService(ctx: Context, service: Service) {
  const shown = {
    id: service.id,
    uid: service.uid,
    name: service.name,
    kind: service.kind,
    catalog: service.catalogKey,
    category: originOf(service.catalogKey)?.category ?? null,
    hosts: service.hosts,
    base_url: service.baseUrl,
    created_at: service.createdAt,
    updated_at: service.updatedAt,
  };
  if (!isAdmin(ctx.actor)) return shown;
  return { ...shown, settings: service.settings, hidden: service.hidden, headers: service.headers, test: service.test };
}

/** Steps in the provider's console, with this hub's callback address in place. */
export function consoleSteps(catalogKey: string, callback: string): string[] {
  return catalogEntry(catalogKey).steps.map((step) => step.replaceAll("{callback}", callback));
}

function requireWorker(ctx: Context): void {
  if (ctx.actor.type === "bot" || ctx.actor.type === "anonymous")
    throw new SignetError("forbidden", "Services are for workers.");
}
