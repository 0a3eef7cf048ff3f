import type { Owner } from "../access/actor.ts";
import type { Share } from "../access/policy.ts";
import type { Context } from "../context.ts";
import type { Account } from "./account.ts";

/** Rows of `accounts`; for this room only. */
export interface AccountRow {
  id: string;
  slug: string;
  name: string;
  service_id: string;
  owner_type: Owner["type"];
  owner_id: string | null;
  state: Account["state"];
  state_reason: string | null;
  secret_id: string;
  identity_id: string | null;
  identity_label: string | null;
  scopes_requested: string[];
  scopes_granted: string[];
  base_url: string | null;
  metadata: Record<string, string>;
  expires_at: Date | null;
  expires_on: string | null;
  facts: Account["facts"];
  refreshable: boolean;
  last_used_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

export interface ShareRow {
  id: string;
  with_type: Share["with"]["type"];
  with_id: string | null;
  rules: Share["rules"];
  until: Date | string | null;
}

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    serviceId: row.service_id,
    owner: { type: row.owner_type, id: row.owner_id } as Owner,
    state: row.state,
    stateReason: row.state_reason,
    secretId: row.secret_id,
    identity: { id: row.identity_id, label: row.identity_label },
    scopesRequested: row.scopes_requested,
    scopesGranted: row.scopes_granted,
    baseUrl: row.base_url,
    metadata: row.metadata,
    expiresAt: row.expires_at,
    expiresOn: row.expires_on,
    facts: row.facts,
    refreshable: row.refreshable,
    lastUsedAt: row.last_used_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toShare(row: ShareRow): Share {
  return {
    id: row.id,
    with: { type: row.with_type, id: row.with_id },
    rules: row.rules,
    until: row.until === null ? null : new Date(row.until),
  };
}

/** Columns read for an account; a date without time stays the text it is. */
export const ACCOUNT_COLUMNS = "accounts.*, to_char(accounts.expires_on, 'YYYY-MM-DD') as expires_on";

export async function findAccount(ctx: Context, key: { id: string } | { slug: string }): Promise<Account | undefined> {
  const row = await ctx.db("accounts").select(ctx.db.raw(ACCOUNT_COLUMNS)).where(key).first();
  return row && toAccount(row);
}

export async function lockAccount(ctx: Context, id: string): Promise<Account | undefined> {
  const row = await ctx.db("accounts").select(ctx.db.raw(ACCOUNT_COLUMNS)).where({ id }).forUpdate().first();
  return row && toAccount(row);
}

export async function sharesOf(ctx: Context, accountId: string): Promise<Share[]> {
  const rows = await ctx.db("shares").where({ account_id: accountId }).orderBy("id");
  return rows.map(toShare);
}

/** The shares of several accounts, by the account's id. */
export async function sharesOfMany(ctx: Pick<Context, "db">, accountIds: string[]): Promise<Map<string, Share[]>> {
  const rows = await ctx.db("shares").whereIn("account_id", accountIds).orderBy("id");
  const shares = new Map<string, Share[]>();
  for (const row of rows) shares.set(row.account_id, [...(shares.get(row.account_id) ?? []), toShare(row)]);
  return shares;
}

/** A slug nobody uses yet: the wished one, or with the first free number behind it. */
export async function freeSlug(ctx: Context, wished: string): Promise<string> {
  const taken = await ctx
    .db("accounts")
    .where({ slug: wished })
    .orWhereRaw("slug ~ ('^' || ? || '-[0-9]+$')", [wished])
    .pluck("slug");
  const used = new Set<string>(taken);
  let slug = wished;
  for (let number = 2; used.has(slug); number++) slug = `${wished}-${number}`;
  return slug;
}
