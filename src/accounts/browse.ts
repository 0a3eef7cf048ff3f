import { z } from "zod";
import { isAdmin, sameOwner, type Actor, type BotActor, type Owner } from "../access/actor.ts";
import { mayManage, mayStop, mayUse, type Share } from "../access/policy.ts";
import type { Context } from "../context.ts";
import { likePattern, type Knex } from "../storage/database.ts";
import type { Service } from "../services/service.ts";
import { isId } from "../storage/id.ts";
import { keyset, page, pageInput, type Page } from "../storage/page.ts";
import { baseUrlFor, type Account, type AccountState } from "./account.ts";
import { seenAccount } from "./manage.ts";
import { ACCOUNT_COLUMNS, sharesOf, sharesOfMany, toAccount, type AccountRow } from "./store.ts";

export const TABS = ["mine", "shared", "all"] as const;
export type Tab = (typeof TABS)[number];

export const listAccountsInput = z.strictObject({
  ...pageInput,
  service: z.string().optional(),
  state: z.enum(["active", "paused", "needs_reconnect"]).optional(),
  /** "organization", "team:<id>" or "worker:<id>". */
  owner: z
    .string()
    .regex(/^(organization|(team|worker):[0-9a-f-]{36})$/, "Write organization, team:<id> or worker:<id>.")
    .optional(),
  tab: z.enum(TABS).optional(),
});
export type ListAccounts = z.input<typeof listAccountsInput>;

/** A line of the worklist: the account with its service and how many shares it has. */
export interface AccountLine extends Account {
  service: Pick<Service, "id" | "name" | "kind" | "settings" | "baseUrl" | "hosts"> & { catalog: string | null };
  shares: number;
}

/** Accounts that the actor may see, by name. Scoped in SQL, so paging is true however many there are. */
export async function listAccounts(ctx: Context, given: ListAccounts): Promise<Page<AccountLine>> {
  const input = listAccountsInput.parse(given);
  const query = lines(ctx)
    .orderByRaw("lower(accounts.name), accounts.id")
    .limit(input.limit + 1);
  scope(query, ctx.actor, input.tab);
  narrow(query, input);
  if (input.state) query.where("accounts.state", input.state);
  if (input.cursor) query.whereRaw("(lower(accounts.name), accounts.id) > (?, ?)", keyset(input.cursor, "name"));
  return page(await query, input.limit, toLine, (row) => [row.name.toLowerCase(), row.id]);
}

/** How many accounts each state has under the same search and tab. */
export async function countAccounts(ctx: Context, given: ListAccounts): Promise<Record<AccountState | "all", number>> {
  const input = listAccountsInput.parse(given);
  const query = ctx
    .db("accounts")
    .join("services", "services.id", "accounts.service_id")
    .groupBy("accounts.state")
    .select("accounts.state")
    .count({ count: "*" });
  scope(query, ctx.actor, input.tab);
  narrow(query, input);
  const counts = { all: 0, active: 0, paused: 0, needs_reconnect: 0 };
  for (const row of (await query) as unknown as { state: AccountState; count: number }[]) {
    counts[row.state] = Number(row.count);
    counts.all += Number(row.count);
  }
  return counts;
}

/** One account with its service. Throws `not_found` for what the actor may not see. */
export async function getAccount(ctx: Context, key: string): Promise<AccountLine> {
  const account = await seenAccount(ctx, key);
  const row = await lines(ctx).where("accounts.id", account.id).first();
  return toLine(row);
}

/** What the actor may do with an account; pages show only the acts that would be allowed. */
export async function rightsOn(
  ctx: Context,
  account: AccountLine,
): Promise<{ use: boolean; manage: boolean; stop: boolean; because: string }> {
  const shares = await sharesOf(ctx, account.id);
  const base = account.baseUrl ?? account.service.baseUrl;
  const host = base !== null && URL.canParse(base) ? new URL(base).host : (account.service.hosts[0] ?? "");
  const verdict = mayUse(ctx.actor, account.owner, shares, { method: "GET", host, path: "/" }, ctx.clock());
  const use = verdict.allowed || verdict.code === "rule_denied";
  const because = verdict.allowed ? verdict.because : verdict.code === "rule_denied" ? "share" : "nothing";
  return { use, manage: mayManage(ctx.actor, account.owner), stop: mayStop(ctx.actor, account.owner), because };
}

/** Accounts the actor may send requests with, for choosers; the first hundred by name. */
export async function usableAccounts(ctx: Context, q?: string): Promise<AccountLine[]> {
  const query = lines(ctx).orderByRaw("lower(accounts.name), accounts.id").limit(100);
  const own = ownedBy(ctx.actor);
  query.where((either) => {
    for (const [type, ids] of own)
      either.orWhere((one) => one.where("accounts.owner_type", type).whereIn("accounts.owner_id", ids));
    if (ctx.actor.type === "bot" && ctx.actor.owner.type === "organization")
      either.orWhere("accounts.owner_type", "organization");
    either.orWhereExists(sharedWith(ctx.actor));
  });
  if (q) query.whereRaw("accounts.name ilike ?", [likePattern(q)]);
  return (await query).map(toLine);
}

/** An account that a bot may send requests with: because its owner is the bot's own, or because it is shared with it. */
export interface UsableLine extends AccountLine {
  because: "owner" | "share";
}

/**
 * What a bot may use, as far as the actor may know: who manages the bot sees all of it, others what they could see
 * without it. `others` is how many are left out.
 */
export async function accountsOfBot(ctx: Context, bot: BotActor): Promise<{ items: UsableLine[]; others: number }> {
  const all = await usableAccounts({ ...ctx, actor: bot });
  const visible = ctx.db("accounts").whereIn(
    "accounts.id",
    all.map((account) => account.id),
  );
  if (!mayManage(ctx.actor, bot.owner)) scope(visible, ctx.actor, undefined);
  const seen = new Set<string>(await visible.pluck("accounts.id"));
  const items = all
    .filter((account) => seen.has(account.id))
    .map((account) => ({
      ...account,
      because: sameOwner(account.owner, bot.owner) ? ("owner" as const) : ("share" as const),
    }));
  return { items, others: all.length - items.length };
}

/** What the policy and people need to know of an account. */
export interface KnownAccount {
  id: string;
  slug: string;
  name: string;
  owner: Owner;
  shares: Share[];
}

/** Accounts by their ids, for what asks the policy by itself about each; those that are gone are missing. */
export async function accountsByIds(ctx: Pick<Context, "db">, ids: string[]): Promise<Map<string, KnownAccount>> {
  const rows = await ctx.db("accounts").whereIn("id", ids).select("id", "slug", "name", "owner_type", "owner_id");
  const shares = await sharesOfMany(ctx, ids);
  return new Map(
    rows.map(({ id, slug, name, owner_type, owner_id }) => {
      const owner = { type: owner_type, id: owner_id } as Owner;
      return [id as string, { id, slug, name, owner, shares: shares.get(id) ?? [] }];
    }),
  );
}

/** As the API shows it; never a secret. */
export function shownAccount(account: AccountLine) {
  return {
    id: account.id,
    slug: account.slug,
    name: account.name,
    service: {
      id: account.service.id,
      name: account.service.name,
      kind: account.service.kind,
      catalog: account.service.catalog,
    },
    owner: account.owner,
    state: account.state,
    state_reason: account.stateReason,
    identity: account.identity,
    scopes: { requested: account.scopesRequested, granted: account.scopesGranted, needed: [] as string[] },
    expires: { access_token: account.expiresAt, on: account.expiresOn, renews: account.refreshable },
    base_url: baseUrlFor(account.service, account),
    hosts: account.service.hosts,
    last_used_at: account.lastUsedAt,
    created_at: account.createdAt,
  };
}

function lines(ctx: Context): Knex.QueryBuilder {
  return ctx
    .db("accounts")
    .join("services", "services.id", "accounts.service_id")
    .select(
      ctx.db.raw(ACCOUNT_COLUMNS),
      ctx.db.raw(
        "services.name as service_name, services.kind as service_kind, services.settings as service_settings, services.catalog_key as service_catalog, services.base_url as service_base_url, services.hosts as service_hosts",
      ),
      ctx.db.raw("(select count(*) from shares where shares.account_id = accounts.id) as share_count"),
    );
}

function toLine(row: AccountRow & Record<string, unknown>): AccountLine {
  return {
    ...toAccount(row),
    service: {
      id: row.service_id,
      name: row.service_name as string,
      kind: row.service_kind as string,
      settings: row.service_settings as Service["settings"],
      catalog: row.service_catalog as string | null,
      baseUrl: row.service_base_url as string | null,
      hosts: row.service_hosts as string[],
    },
    shares: Number(row.share_count),
  };
}

/** The same rule as maySee(), as SQL: what it lets through is what that function lets through (a test compares them). */
function scope(query: Knex.QueryBuilder, actor: Actor, tab: Tab | undefined): void {
  const own = ownedBy(actor);
  const organization = actor.type === "worker" || (actor.type === "bot" && actor.owner.type === "organization");
  query.where((either) => {
    if (tab !== "shared")
      for (const [type, ids] of own)
        either.orWhere((one) => one.where("accounts.owner_type", type).whereIn("accounts.owner_id", ids));
    if (tab === "mine") return void either.orWhereRaw("false");
    either.orWhereExists(sharedWith(actor));
    if (tab === "shared") return;
    if (organization) either.orWhere("accounts.owner_type", "organization");
    if (isAdmin(actor)) either.orWhereRaw("true");
  });
}

function ownedBy(actor: Actor): ["team" | "worker", string[]][] {
  if (actor.type === "worker") {
    return [
      ["worker", [actor.id]],
      ["team", actor.teams.map((team) => team.id)],
    ];
  }
  return actor.type === "bot" && actor.owner.type !== "organization" ? [[actor.owner.type, [actor.owner.id]]] : [];
}

function sharedWith(actor: Actor): Knex.QueryCallback {
  return (shares) => {
    shares
      .select(1 as never)
      .from("shares")
      .whereRaw("shares.account_id = accounts.id and (shares.until is null or shares.until > now())")
      .where((grantee) => {
        if (actor.type === "bot") return void grantee.where({ with_type: "bot", with_id: actor.id });
        if (actor.type !== "worker") return void grantee.whereRaw("false");
        grantee.where({ with_type: "everyone" }).orWhere({ with_type: "worker", with_id: actor.id });
        grantee.orWhere((team) =>
          team.where({ with_type: "team" }).whereIn(
            "with_id",
            actor.teams.map((one) => one.id),
          ),
        );
      });
  };
}

function narrow(query: Knex.QueryBuilder, input: z.output<typeof listAccountsInput>): void {
  if (input.q) {
    query.whereRaw(
      "(accounts.name ilike :q or accounts.slug ilike :q or accounts.identity_label ilike :q or services.name ilike :q)",
      { q: likePattern(input.q) },
    );
  }
  if (input.service) query.where("accounts.service_id", isId(input.service) ? input.service : null);
  if (input.owner) {
    const [type, id] = input.owner.split(":");
    query.where({ owner_type: type, owner_id: id ?? null });
  }
}
