import type { Context } from "../context.ts";
import type { Service } from "./service.ts";

/** Rows of `services`; for this room only. */
interface Row {
  id: string;
  uid: string;
  name: string;
  kind: string;
  catalog_key: string | null;
  settings: Record<string, unknown>;
  secret_id: string | null;
  hidden: string[];
  hosts: string[];
  base_url: string | null;
  headers: Record<string, string>;
  test: Service["test"];
  version: number;
  created_at: Date;
  updated_at: Date;
}

export function toService(row: Row): Service {
  return {
    id: row.id,
    uid: row.uid,
    name: row.name,
    kind: row.kind,
    catalogKey: row.catalog_key,
    settings: row.settings,
    hidden: row.hidden,
    secretId: row.secret_id,
    hosts: row.hosts,
    baseUrl: row.base_url,
    headers: row.headers,
    test: row.test,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The row's columns for insert and update; jsonb goes in as text. */
export function toColumns(
  service: Pick<Service, "name" | "settings" | "hidden" | "secretId" | "hosts" | "baseUrl" | "headers" | "test">,
) {
  return {
    name: service.name,
    settings: JSON.stringify(service.settings),
    hidden: service.hidden,
    secret_id: service.secretId,
    hosts: service.hosts,
    base_url: service.baseUrl,
    headers: JSON.stringify(service.headers),
    test: service.test === null ? null : JSON.stringify(service.test),
  };
}

export async function findService(ctx: Context, id: string): Promise<Service | undefined> {
  const row = await ctx.db<Row>("services").where({ id }).first();
  return row && toService(row);
}

export async function lockService(ctx: Context, id: string): Promise<Service | undefined> {
  const row = await ctx.db<Row>("services").where({ id }).forUpdate().first();
  return row && toService(row);
}
