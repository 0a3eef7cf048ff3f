import { callbackUrl, type Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import { serviceOf } from "../services/browse.ts";
import { openSettings } from "../services/secret.ts";
import type { Service } from "../services/service.ts";
import { askHosts } from "./ask-hosts.ts";
import { askOf } from "./ask.ts";
import { circumstances } from "./circumstances.ts";
import { consentOf, linkById, sha256, type LinkRow } from "./link.ts";
import { giveUp, openRound, requireSameRound } from "./link-round.ts";
import { keepGrant } from "./link-won.ts";

/** Where the browser goes next, and whether the consent was won. */
export interface Returned {
  link: LinkRow;
  linked: boolean;
}

/**
 * Takes what the provider sent back. The state is consumed in the statement that reads it, so of two callbacks one
 * goes on; it counts only in the browser and session that set out (statements O-1 to O-17). Throws `invalid` for a
 * state nobody knows; every other failure is kept with the link and told there.
 */
export async function returnLink(ctx: Context, search: URLSearchParams, browser: string): Promise<Returned> {
  const states = search.getAll("state");
  const link = states.length === 1 ? await consume(ctx, states[0]!) : undefined;
  if (!link) {
    throw new SignetError(
      "invalid",
      "This sign-in was not started here, was used already, or took longer than ten minutes. Start the link again.",
    );
  }
  const service = await serviceOf(ctx, link.service_id);
  let asking = false;
  try {
    requireSameRound(ctx, link, service, browser);
    const query = onlyOnce(search);
    if (query.error !== undefined) throw providerRefused(service, query.error);
    const consent = consentOf(service);
    if (!consent) throw new SignetError("invalid", `${service.name} no longer links by consent.`);
    const { settings } = await openSettings(ctx, service);
    consent.checkReturn(settings, query);
    await ctx.audit.append(ctx, callbackEvent("pending", link, service));
    asking = true;
    await exchange(ctx, link, service, query);
    await ctx.audit.append(ctx, callbackEvent("ok", link, service));
    return { link: await linkById(ctx, link.id), linked: true };
  } catch (error) {
    if (!isSignetError(error)) throw error;
    await giveUp(ctx, link, service, error, asking);
    return { link: await linkById(ctx, link.id), linked: false };
  }
}

async function consume(ctx: Context, state: string): Promise<LinkRow | undefined> {
  const rows = await ctx
    .db<LinkRow>("links")
    .where("state_hash", sha256(state))
    .where({ state: "pending" })
    .update({ state_hash: null, state: "exchanging" })
    .returning("*");
  return rows[0];
}

/** A parameter that comes twice means that somebody added one; tokens in the address are never taken (O-7, O-12). */
function onlyOnce(search: URLSearchParams): Record<string, string> {
  for (const name of new Set(search.keys())) {
    const which = /^[a-z_]{1,40}$/.test(name) ? `"${name}"` : "a parameter";
    if (search.getAll(name).length > 1)
      throw new SignetError("invalid", `The answer holds ${which} twice. Start the link again.`);
  }
  if (search.has("access_token") || search.has("id_token")) {
    throw new SignetError(
      "invalid",
      "The answer holds a token in its address, where it does not belong. Start the link again.",
    );
  }
  return Object.fromEntries(search);
}

/** The provider's own words are a stranger's text: only its error code is read, and told in ours (O-13). */
function providerRefused(service: Service, error: string): SignetError {
  switch (error) {
    case "access_denied":
    case "user_denied":
    case "user_cancelled_authorize":
    case "user_cancelled_login":
    case "consent_required":
      return new SignetError(
        "invalid",
        `${service.name} was not allowed: consent was declined there. Nothing was saved.`,
      );
    case "invalid_scope":
    case "unauthorized_scope_error":
      return new SignetError(
        "invalid",
        `${service.name} refused a scope. An admin can correct the scopes on the service's page.`,
      );
    case "temporarily_unavailable":
    case "server_error":
      return new SignetError("invalid", `${service.name} has trouble right now. Try again in a few minutes.`);
    default: {
      const code = /^[a-z_]{1,60}$/.test(error) ? ` (${error})` : "";
      return new SignetError("invalid", `${service.name} refused the sign-in${code}. Nothing was saved.`);
    }
  }
}

async function exchange(ctx: Context, link: LinkRow, service: Service, query: Record<string, string>): Promise<void> {
  const { settings, controlHosts } = await openSettings(ctx, service);
  const { verifier, kept } = await openRound(ctx, link);
  const ask = askOf(ctx, service, { settings, controlHosts: askHosts(service, controlHosts) });
  const round = { query, verifier, redirectUri: callbackUrl(ctx), kept };
  await keepGrant(ctx, link, service, await consentOf(service)!.finish(settings, round, ask, circumstances(ctx)));
}

function callbackEvent(outcome: "pending" | "ok", link: LinkRow, service: Service) {
  const facts = { service: service.name, link: link.id };
  return { action: "link.callback" as const, outcome, account: link.account_id, facts };
}
