import { timingSafeEqual } from "node:crypto";
import { callbackUrl, inTransaction, record, type Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import { serviceOf } from "../services/browse.ts";
import { hostAllowed } from "../services/hosts.ts";
import { openSettings } from "../services/secret.ts";
import type { Service } from "../services/service.ts";
import type { Grant } from "../signer/kind.ts";
import { baseUrlFor } from "./account.ts";
import { askOf } from "./ask.ts";
import { circumstances } from "./circumstances.ts";
import { candidate, identify, type Identified } from "./identify.ts";
import { consentOf, linkBinding, linkSubject, sha256, type LinkRow } from "./link.ts";
import { warningOf } from "./link-warning.ts";

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
    return { link: await reread(ctx, link.id), linked: true };
  } catch (error) {
    if (!isSignetError(error)) throw error;
    await giveUp(ctx, link, service, error, asking);
    return { link: await reread(ctx, link.id), linked: false };
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

function requireSameRound(ctx: Context, link: LinkRow, service: Service, browser: string): void {
  const now = ctx.clock();
  const here = link.browser_hash !== null && timingSafeEqual(link.browser_hash, sha256(browser));
  if (!here || (link.session_id !== null && link.session_id !== ctx.session)) {
    throw new SignetError(
      "invalid",
      "This link was started in another browser or before you signed out. Start it again here.",
    );
  }
  if (link.state_expires_at === null || link.state_expires_at <= now || link.expires_at <= now) {
    throw new SignetError("invalid", "The sign-in took longer than ten minutes. Start the link again.");
  }
  if (link.service_version !== service.version) {
    throw new SignetError("invalid", `${service.name} was changed meanwhile. Start the link again.`);
  }
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
  const sealed = await ctx.vault.fetch(ctx.db, link.verifier_id!);
  const { verifier, kept = {} } = ctx.vault.open<{ verifier: string; kept?: Record<string, string> }>(
    sealed!,
    linkSubject(link.id),
  );
  const metadataUrl = service.settings.metadata_url;
  const hosts = typeof metadataUrl === "string" ? [...controlHosts, new URL(metadataUrl).host] : controlHosts;
  const round = { query, verifier, redirectUri: callbackUrl(ctx), kept };
  const ask = askOf(ctx, service, { settings, controlHosts: hosts });
  const grant = await consentOf(service)!.finish(settings, round, ask, circumstances(ctx));
  requireBaseUrl(service, grant);
  const tried = await candidate(ctx, service, grant.secret, grant);
  const found = named(await identify(ctx, tried, { id: link.account_id, name: link.name }), grant);
  const warning = await warningOf(ctx, link, service, grant, found);
  await inTransaction(ctx, async (inside) => {
    const secretId = await inside.vault.put(inside.db, linkBinding(link.id, service.id), grant.secret as object);
    await inside
      .db("links")
      .where({ id: link.id })
      .update({
        state: "linked",
        secret_id: secretId,
        verifier_id: null,
        scopes_granted: grant.scopes ?? link.scopes_requested,
        identity_id: found.identity.id,
        identity_label: found.identity.label,
        base_url: grant.baseUrl?.replace(/\/+$/, "") ?? null,
        metadata: JSON.stringify(grant.metadata ?? {}),
        ends_at: grant.endsAt ?? null,
        token_expires_at: grant.expiresAt ?? null,
        refreshable: grant.refreshable,
        warning,
      });
    await inside.vault.destroy(inside.db, [link.verifier_id!]);
  });
}

/** The base address that the provider named, or that follows from what it told, must be there and among the hosts. */
function requireBaseUrl(service: Service, grant: Grant<unknown>): void {
  const base = baseUrlFor(service, grant);
  if (base === null) {
    if (service.baseUrl === null) return;
    throw new SignetError("upstream_invalid", `${service.name} did not tell what its base URL needs.`);
  }
  if (base !== service.baseUrl && !(URL.canParse(base) && hostAllowed(service.hosts, new URL(base), service.baseUrl))) {
    throw new SignetError(
      "upstream_invalid",
      `${service.name} named a base address that is not among the hosts of the service. An admin can add the host.`,
    );
  }
}

/** A test request may fail, or there may be none, where the answer with the token told already whose it is. */
function named(found: Identified, grant: Grant<unknown>): Identified {
  const { id, label } = found.identity;
  return {
    ...found,
    identity: { id: id ?? grant.identity?.id ?? null, label: label ?? grant.identity?.label ?? null },
  };
}

async function giveUp(
  ctx: Context,
  link: LinkRow,
  service: Service,
  error: SignetError,
  asking: boolean,
): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    await inside
      .db("links")
      .where({ id: link.id })
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

async function reread(ctx: Context, id: string): Promise<LinkRow> {
  return (await ctx.db<LinkRow>("links").where({ id }).first())!;
}

function callbackEvent(outcome: "pending" | "ok", link: LinkRow, service: Service) {
  const facts = { service: service.name, link: link.id };
  return { action: "link.callback" as const, outcome, account: link.account_id, facts };
}
