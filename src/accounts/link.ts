import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { Owner } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import { inTransaction, record, type Context } from "../context.ts";
import { invalid, notFound, SignetError } from "../errors.ts";
import { serviceOf } from "../services/browse.ts";
import type { Service } from "../services/service.ts";
import type { Consent } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";
import { isId, newId } from "../storage/id.ts";
import { nameInput, ownerInput, ownerOf, slugInput } from "./account.ts";
import { requireOwner } from "./own.ts";
import { findAccount } from "./store.ts";

// A link is a consent under way. Nothing of it is an account until it is saved; abandoned it ends by itself.

/** How long somebody may take from the first form to Save Changes. */
const LINK_MINUTES = 15;

export const beginLinkInput = z.strictObject({
  service: z.uuid("Name the service by its id.").optional(),
  name: nameInput.optional(),
  slug: slugInput.optional(),
  owner: ownerInput.optional(),
  /** Reconnects this account instead of making a new one. */
  account: z.uuid("Name the account by its id.").optional(),
  /** A path of this hub where its maker goes on once it is saved. */
  return_to: z
    .string()
    .max(1000)
    .regex(/^\/(?![/\\])[\x21-\x7e]*$/, "This is no path of this hub.")
    .optional(),
});
export type BeginLink = z.input<typeof beginLinkInput>;

export interface LinkRow {
  id: string;
  state: "pending" | "exchanging" | "linked" | "failed" | "saved";
  state_hash: Buffer | null;
  browser_hash: Buffer | null;
  session_id: string | null;
  worker_id: string;
  service_id: string;
  service_version: number;
  account_id: string | null;
  name: string;
  slug: string | null;
  owner_type: Owner["type"];
  owner_id: string | null;
  verifier_id: string | null;
  secret_id: string | null;
  scopes_requested: string[];
  scopes_granted: string[];
  identity_id: string | null;
  identity_label: string | null;
  base_url: string | null;
  metadata: Record<string, string>;
  /** When what was won ends for good. */
  ends_at: Date | null;
  token_expires_at: Date | null;
  refreshable: boolean;
  warning: string | null;
  error: string | null;
  state_expires_at: Date | null;
  /** When to ask the provider next, where no browser comes back from it. */
  poll_at: Date | null;
  poll_seconds: number | null;
  return_to: string | null;
  expires_at: Date;
}

/** A link that was begun; `token` opens it in a browser and is shown only here. */
export interface BegunLink {
  id: string;
  token: string;
  expiresAt: Date;
}

/**
 * Begins a link for a new account, or to reconnect one. Throws `invalid` for a service whose kind needs no consent,
 * `forbidden` where the actor may not own or manage.
 */
export async function beginLink(ctx: Context, given: BeginLink): Promise<BegunLink> {
  const input = beginLinkInput.parse(given);
  if (ctx.actor.type !== "worker") throw new SignetError("forbidden", "Accounts are linked by workers.");
  const target = input.account === undefined ? await newTarget(ctx, input) : await reconnectTarget(ctx, input.account);
  const service = await serviceOf(ctx, target.service_id).catch(() => {
    throw invalid("service", "There is no such service.");
  });
  if (!consentOf(service)) throw invalid("service", `${service.name} is not linked by consent; enter its key instead.`);
  const id = newId();
  const token = randomBytes(32).toString("base64url");
  const expiresAt = minutesFrom(ctx.clock(), LINK_MINUTES);
  await inTransaction(ctx, async (inside) => {
    const row = {
      id,
      state: "pending",
      token_hash: sha256(token),
      worker_id: ctx.actor.id,
      service_version: service.version,
      return_to: input.return_to ?? null,
      expires_at: expiresAt,
    };
    await inside.db("links").insert({ ...row, ...target });
    const facts = {
      service: service.name,
      account: target.account_id === null ? null : target.name,
      name: target.name,
      owner: target.owner_type,
      link: id,
    };
    await record(inside, { action: "link.begun", outcome: "ok", account: target.account_id, facts });
  });
  return { id, token, expiresAt };
}

/** How accounts of the service are won by consent; undefined where they are not. */
export function consentOf(service: Pick<Service, "kind" | "settings">): Consent<unknown, unknown> | undefined {
  return kindOf(service.kind).consent?.(service.settings);
}

/** The link behind an address that was sent to somebody. Throws `not_found` once it is saved or over. */
export async function linkByToken(ctx: Context, token: string): Promise<LinkRow> {
  const row = await ctx
    .db<LinkRow>("links")
    .where("token_hash" as never, sha256(token) as never)
    .first();
  if (!row || row.state === "saved" || row.expires_at <= ctx.clock()) throw notFound("link");
  return row;
}

/** A link that is known to be there. */
export async function linkById(ctx: Context, id: string): Promise<LinkRow> {
  return (await ctx.db<LinkRow>("links").where({ id }).first())!;
}

/** A link of the actor's own. Throws `not_found` for everybody else's. */
export async function ownLink(ctx: Context, id: string): Promise<LinkRow> {
  const row = isId(id) ? await ctx.db<LinkRow>("links").where({ id }).first() : undefined;
  if (!row || ctx.actor.type !== "worker" || row.worker_id !== ctx.actor.id) throw notFound("link");
  return row;
}

/** What the API and pages show of a link. A round that broke off in the middle is said to have failed. */
export function shownLink(link: LinkRow, now: Date) {
  const over = link.state !== "saved" && link.expires_at <= now;
  const state = over ? "failed" : link.state === "exchanging" ? "pending" : link.state;
  const error = over ? "The link was not saved in time. Start it again." : link.error;
  return {
    id: link.id,
    state,
    identity: { id: link.identity_id, label: link.identity_label },
    scopes: { requested: link.scopes_requested, granted: link.scopes_granted },
    ...(link.warning === null ? {} : { warning: link.warning }),
    ...(error === null ? {} : { error }),
    expires_at: link.expires_at,
  };
}

export function linkBinding(linkId: string, serviceId: string) {
  return { subject: linkSubject(linkId), provider: serviceId, hosts: [] };
}

export function linkSubject(linkId: string): string {
  return `link:${linkId}`;
}

export function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

async function newTarget(ctx: Context, input: z.output<typeof beginLinkInput>) {
  if (input.service === undefined) throw invalid("service", "Name the service.");
  if (input.name === undefined) throw invalid("name", "Enter a name.");
  const owner = ownerOf(input.owner, ctx.actor.id!);
  await requireOwner(ctx, owner, "an account");
  const slug = input.slug ?? null;
  return {
    service_id: input.service,
    account_id: null,
    name: input.name,
    slug,
    owner_type: owner.type,
    owner_id: owner.id,
  };
}

async function reconnectTarget(ctx: Context, accountId: string) {
  const account = await findAccount(ctx, { id: accountId });
  if (!account || !mayManage(ctx.actor, account.owner)) throw notFound("account");
  const { type, id } = account.owner;
  return {
    service_id: account.serviceId,
    account_id: account.id,
    name: account.name,
    slug: null,
    owner_type: type,
    owner_id: id,
  };
}

export function minutesFrom(now: Date, minutes: number): Date {
  return new Date(now.getTime() + minutes * 60_000);
}
