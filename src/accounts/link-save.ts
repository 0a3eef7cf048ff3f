import { z } from "zod";
import type { Owner } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { serviceOf } from "../services/browse.ts";
import { day, nameInput, ownerInput, ownerOf, slugInput, type Account } from "./account.ts";
import { createAccount } from "./connect.ts";
import { linkSubject, ownLink, type LinkRow } from "./link.ts";
import { requireOwner } from "./own.ts";
import { accountSubject } from "./ready.ts";
import { findAccount, lockAccount } from "./store.ts";
import { credentialFacts } from "./validity.ts";

export const saveLinkInput = z.strictObject({
  name: nameInput.optional(),
  slug: slugInput.optional(),
  owner: ownerInput.optional(),
});
export type SaveLink = z.input<typeof saveLinkInput>;

/**
 * Save Changes: turns what was linked into an account, or puts it under the account that is reconnected, which keeps
 * its id, name and shares. Throws `conflict` while nothing is linked or after the link was saved or ended.
 */
export async function saveLink(ctx: Context, id: string, given: SaveLink = {}): Promise<Account> {
  const input = saveLinkInput.parse(given);
  await ownLink(ctx, id);
  return inTransaction(ctx, async (inside) => {
    const link = await inside.db<LinkRow>("links").where({ id }).forUpdate().first();
    if (!link || link.state !== "linked" || link.secret_id === null) throw new SignetError("conflict", notLinked(link));
    if (link.expires_at <= inside.clock())
      throw new SignetError("conflict", "The link was not saved in time. Start it again.");
    const sealed = await inside.vault.fetch(inside.db, link.secret_id);
    const secret = inside.vault.open<object>(sealed!, linkSubject(link.id));
    const account =
      link.account_id === null ? await asNew(inside, link, input, secret) : await asReconnected(inside, link, secret);
    await inside.db("links").where({ id }).update({ state: "saved", secret_id: null });
    await inside.vault.destroy(inside.db, [link.secret_id]);
    return account;
  });
}

async function asNew(
  ctx: Context,
  link: LinkRow,
  input: z.output<typeof saveLinkInput>,
  secret: object,
): Promise<Account> {
  const owner =
    input.owner === undefined
      ? ({ type: link.owner_type, id: link.owner_id } as Owner)
      : ownerOf(input.owner, link.worker_id);
  await requireOwner(ctx, owner, "an account");
  return createAccount(ctx, {
    service: await serviceOf(ctx, link.service_id),
    name: input.name ?? link.name,
    slug: input.slug ?? link.slug ?? undefined,
    owner,
    secret,
    identity: { id: link.identity_id, label: link.identity_label },
    scopesRequested: link.scopes_requested,
    scopesGranted: link.scopes_granted,
    baseUrl: link.base_url,
    metadata: link.metadata,
    expiresAt: link.token_expires_at,
    expiresOn: link.ends_at === null ? null : day(link.ends_at),
    refreshable: link.refreshable,
    tried: true,
  });
}

async function asReconnected(ctx: Context, link: LinkRow, secret: object): Promise<Account> {
  const before = await lockAccount(ctx, link.account_id!);
  if (!before) throw notFound("account");
  if (!mayManage(ctx.actor, before.owner)) throw new SignetError("forbidden", "You may no longer manage this account.");
  const service = await serviceOf(ctx, link.service_id);
  const binding = { subject: accountSubject(before.id), provider: service.id, hosts: service.hosts };
  await ctx.vault.replace(ctx.db, before.secretId, binding, secret);
  await ctx
    .db("accounts")
    .where({ id: before.id })
    .update({
      state: before.state === "paused" ? "paused" : "active",
      state_reason: null,
      identity_id: link.identity_id,
      identity_label: link.identity_label,
      scopes_requested: link.scopes_requested,
      scopes_granted: link.scopes_granted,
      base_url: link.base_url,
      metadata: JSON.stringify(link.metadata),
      ...(link.ends_at === null ? {} : { expires_on: day(link.ends_at) }),
      expires_at: link.token_expires_at,
      facts: credentialFacts(service, secret),
      refreshable: link.refreshable,
      updated_at: ctx.clock(),
    });
  await notify(ctx, "account", before.id);
  const facts = { account: before.name, identity: link.identity_label, previous_identity: before.identity.label };
  await record(ctx, { action: "account.reconnected", outcome: "ok", account: before.id, facts });
  return (await findAccount(ctx, { id: before.id }))!;
}

function notLinked(link: LinkRow | undefined): string {
  switch (link?.state) {
    case "saved":
      return "This link was saved already.";
    case "failed":
      return link.error ?? "The link failed. Start it again.";
    default:
      return "Nothing is linked yet: finish at the provider first.";
  }
}

/** Removes links that were abandoned, and what they had won. Returns how many. */
export async function tidyLinks(ctx: Context): Promise<number> {
  return inTransaction(ctx, async (inside) => {
    // A day later, so that whoever comes back late is still told what happened.
    const old = await inside
      .db<LinkRow>("links")
      .whereRaw("expires_at < now() - interval '1 day'")
      .delete()
      .returning(["verifier_id", "secret_id"]);
    const ended = await inside
      .db<LinkRow>("links")
      .where("expires_at", "<", inside.clock())
      .whereNotNull("secret_id")
      .select("id", "secret_id");
    await inside
      .db("links")
      .whereIn(
        "id",
        ended.map((link) => link.id),
      )
      .update({ secret_id: null, state: "failed", error: "The link was not saved in time. Start it again." });
    const secrets = [
      ...old.flatMap((link) => [link.verifier_id, link.secret_id]),
      ...ended.map((link) => link.secret_id),
    ];
    await inside.vault.destroy(
      inside.db,
      secrets.filter((id) => id !== null && id !== undefined),
    );
    return old.length + ended.length;
  });
}
