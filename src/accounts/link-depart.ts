import { randomBytes } from "node:crypto";
import { callbackUrl, inTransaction, record, type Context } from "../context.ts";
import { isSignetError, type SignetError } from "../errors.ts";
import { serviceOf } from "../services/browse.ts";
import { openSettings } from "../services/secret.ts";
import type { Service } from "../services/service.ts";
import type { Begun } from "../signer/kind.ts";
import { askOf } from "./ask.ts";
import { circumstances } from "./circumstances.ts";
import { Intent } from "./intent.ts";
import { sealedWait } from "./link-wait.ts";
import { consentOf, linkBinding, minutesFrom, sha256, type LinkRow } from "./link.ts";

/** How long the provider's page may be open (statement O-3). */
const STATE_MINUTES = 10;

/**
 * Binds this browser (and session, if there is one) to the link and returns the provider's address with a fresh state
 * and verifier (RFC 9700 section 2.1). Starting again forgets what an earlier round won. Undefined when there is nowhere
 * to go: the provider had to be asked first and refused, which the link tells, or a code is to be shown first.
 */
export async function departLink(ctx: Context, link: LinkRow, browser: string): Promise<URL | undefined> {
  const service = await serviceOf(ctx, link.service_id);
  const state = randomBytes(32).toString("base64url");
  const verifier = randomBytes(32).toString("base64url");
  const round = { state, verifier, redirectUri: callbackUrl(ctx) };
  try {
    // Asks before the transaction, so that no connection to the database waits for the provider.
    const begun = await begin(ctx, link, service, round);
    const { url, scopes, kept = {}, wait } = begun;
    await inTransaction(ctx, async (inside) => {
      const verifierId = await inside.vault.put(inside.db, linkBinding(link.id, service.id), {
        verifier,
        kept,
        ...sealedWait(begun),
      });
      await bind(inside, link, service, browser, {
        state: "pending",
        // Where nobody is sent back, no state is good for anything.
        state_hash: wait === undefined ? sha256(state) : null,
        verifier_id: verifierId,
        scopes_requested: scopes,
        error: null,
        ...(wait === undefined ? {} : pace(ctx, link, wait)),
      });
    });
    return wait === undefined ? url : undefined;
  } catch (error) {
    if (!isSignetError(error) || error.code === "audit_unavailable") throw error;
    await stay(ctx, link, service, browser, error);
    return undefined;
  }
}

type Setting = { state: string; verifier: string; redirectUri: string };

async function begin(ctx: Context, link: LinkRow, service: Service, round: Setting): Promise<Begun> {
  const { settings, controlHosts } = await openSettings(ctx, service);
  const facts = { service: service.name, link: link.id };
  const intent = new Intent(ctx, { action: "link.asked", account: link.account_id, facts });
  try {
    const ask = intent.before(askOf(ctx, service, { settings, controlHosts }));
    const begun = await consentOf(service)!.begin(settings, round, ask, circumstances(ctx));
    await intent.answered();
    return begun;
  } catch (error) {
    await intent.failed(error);
    throw error;
  }
}

/** The link fails here, and this browser may read why. */
async function stay(ctx: Context, link: LinkRow, service: Service, browser: string, error: SignetError): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    await bind(inside, link, service, browser, {
      state: "failed",
      state_hash: null,
      verifier_id: null,
      error: error.message,
    });
    const facts = { service: service.name, link: link.id, reason: error.message };
    await record(inside, { action: "link.refused", outcome: "failed", account: link.account_id, facts });
  });
}

/** The first question waits as long as every other; a code is good for as long as provider and link both say. */
function pace(ctx: Context, link: LinkRow, { seconds, lasts }: NonNullable<Begun["wait"]>): Partial<LinkRow> {
  const after = (count: number) => new Date(ctx.clock().getTime() + count * 1000);
  const ends = Math.min(after(lasts).getTime(), link.expires_at.getTime());
  return { poll_at: after(seconds), poll_seconds: seconds, state_expires_at: new Date(ends) };
}

async function bind(ctx: Context, link: LinkRow, service: Service, browser: string, round: Partial<LinkRow>) {
  await ctx
    .db<LinkRow>("links")
    .where({ id: link.id })
    .update({
      browser_hash: sha256(browser),
      session_id: ctx.session,
      service_version: service.version,
      secret_id: null,
      warning: null,
      state_expires_at: minutesFrom(ctx.clock(), STATE_MINUTES),
      poll_at: null,
      poll_seconds: null,
      ...round,
    });
  const old = [link.verifier_id, link.secret_id].filter((id) => id !== null);
  await ctx.vault.destroy(ctx.db, old);
}
