import { timingSafeEqual } from "node:crypto";
import { inTransaction, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import type { Service } from "../services/service.ts";
import type { Begun } from "../signer/kind.ts";
import { linkSubject, sha256, type LinkRow } from "./link.ts";

// A round is one walk of a browser to the provider and back.

/** What was sealed when the round began. */
export interface SealedRound {
  verifier: string;
  kept: Record<string, string>;
  /** Only where nobody is sent back: what is shown meanwhile. */
  url?: string;
  wait?: Begun["wait"];
}

export async function openRound(ctx: Context, link: LinkRow): Promise<SealedRound> {
  const sealed = await ctx.vault.fetch(ctx.db, link.verifier_id!);
  return ctx.vault.open<SealedRound>(sealed!, linkSubject(link.id));
}

/** What came back counts only in the browser and session that set out, in time, at an unchanged service. Throws `invalid`. */
export function requireSameRound(ctx: Context, link: LinkRow, service: Service, browser: string): void {
  const now = ctx.clock();
  if (link.browser_hash === null || !timingSafeEqual(link.browser_hash, sha256(browser))) throw elsewhere();
  requireSameSession(ctx, link);
  if (link.state_expires_at === null || link.state_expires_at <= now || link.expires_at <= now) {
    throw new SignetError("invalid", "The sign-in took longer than ten minutes. Start the link again.");
  }
  requireSameService(link, service);
}

/** Throws `invalid` for whoever has signed out since the round began. */
export function requireSameSession(ctx: Context, link: LinkRow): void {
  if (link.session_id !== null && link.session_id !== ctx.session) throw elsewhere();
}

function elsewhere(): SignetError {
  return new SignetError(
    "invalid",
    "This link was started in another browser or before you signed out. Start it again here.",
  );
}

/** Throws `invalid` when the service was changed since the round began. */
export function requireSameService(link: LinkRow, service: Service): void {
  if (link.service_version !== service.version) {
    throw new SignetError("invalid", `${service.name} was changed meanwhile. Start the link again.`);
  }
}

/** Ends a round that came to nothing; what happened is kept with the link and told there. */
export async function giveUp(
  ctx: Context,
  link: LinkRow,
  service: Service,
  error: SignetError,
  asking: boolean,
): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    // Where another round has begun meanwhile, that one goes on.
    await inside
      .db("links")
      .where({ id: link.id, verifier_id: link.verifier_id })
      .update({ state: "failed", error: error.message, verifier_id: null });
    await inside.vault.destroy(inside.db, link.verifier_id === null ? [] : [link.verifier_id]);
    const facts = { service: service.name, link: link.id };
    const account = link.account_id;
    await record(
      inside,
      asking
        ? { action: "link.callback", outcome: "failed", account, facts: { ...facts, code: error.code } }
        : { action: "link.refused", outcome: "failed", account, facts: { ...facts, reason: error.message } },
    );
  });
  if (asking) ctx.audit.settled(ctx, { action: "link.callback", account: link.account_id });
}
