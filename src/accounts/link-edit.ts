import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { isId } from "../storage/id.ts";
import { nameInput, ownerInput, ownerOf } from "./account.ts";
import { ownLink, sha256, type LinkRow } from "./link.ts";
import { requireOwner } from "./own.ts";

export const retypeLinkInput = z.strictObject({ name: nameInput, owner: ownerInput.optional() });

/** Keeps what was typed meanwhile with a link that is under way, so that it survives another round. */
export async function retypeLink(ctx: Context, id: string, given: z.input<typeof retypeLinkInput>): Promise<LinkRow> {
  const link = await ownLink(ctx, id);
  // A reconnect keeps the account's own name and owner.
  if (link.account_id !== null) return link;
  const { name, owner: chosen } = retypeLinkInput.parse(given);
  const owner = ownerOf(chosen, link.worker_id);
  await requireOwner(ctx, owner, "an account");
  const rows = await ctx
    .db<LinkRow>("links")
    .where({ id })
    .whereNot({ state: "saved" })
    .update({ name, owner_type: owner.type, owner_id: owner.id })
    .returning("*");
  if (rows.length === 0) throw new SignetError("conflict", "This link was saved already.");
  return rows[0]!;
}

/** The actor's newest link for a new account at this service that is neither saved nor over. */
export async function unfinishedLink(ctx: Context, serviceId: string): Promise<LinkRow | undefined> {
  return ctx
    .db<LinkRow>("links")
    .where({ worker_id: ctx.actor.id!, service_id: serviceId, account_id: null })
    .whereNot({ state: "saved" })
    .where("expires_at", ">", ctx.clock())
    .orderBy("id", "desc")
    .first();
}

/** The link that this browser set out with, whoever is signed in. Throws `not_found` for every other browser. */
export async function linkOfBrowser(ctx: Context, id: string, browser: string): Promise<LinkRow> {
  const link = isId(id) ? await ctx.db<LinkRow>("links").where({ id }).first() : undefined;
  if (!link?.browser_hash || !timingSafeEqual(link.browser_hash, sha256(browser))) throw notFound("link");
  return link;
}

/** True once nothing can be saved from a link any more: it was saved, or its time is over. */
export function linkIsOver(link: Pick<LinkRow, "state" | "expires_at">, now: Date): boolean {
  return link.state === "saved" || link.expires_at <= now;
}
