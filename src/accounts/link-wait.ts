import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import { serviceOf } from "../services/browse.ts";
import { openSettings } from "../services/secret.ts";
import type { Service } from "../services/service.ts";
import type { Begun, Grant } from "../signer/kind.ts";
import { askHosts } from "./ask-hosts.ts";
import { askOf } from "./ask.ts";
import { circumstances } from "./circumstances.ts";
import { Intent } from "./intent.ts";
import { consentOf, linkById, type LinkRow } from "./link.ts";
import { giveUp, openRound, requireSameService } from "./link-round.ts";
import { keepGrant } from "./link-won.ts";

// Some providers send no browser back: a person types a code there, and Signet asks whether they have (RFC 8628). It
// asks while somebody looks, never more often than the provider wants, and from one place at a time.

/** Longer than the provider may take to answer, so that nobody else asks meanwhile. */
const ANSWER_SECONDS = 20;

/** What whoever waits has to know. */
export interface Waiting {
  code: string;
  /** Where the code is typed. */
  address: string;
  /** The same, where the provider takes the code along with the address. */
  url: string;
  /** Until the page looks again. */
  seconds: number;
  until: Date;
}

/** True while a code waits to be typed at the provider. */
export function waits(link: LinkRow, now: Date): boolean {
  return link.state === "pending" && link.poll_at !== null && link.expires_at > now;
}

/** What to show while a link waits; the code rests sealed until it is looked at. */
export async function waitingOf(ctx: Context, link: LinkRow): Promise<Waiting> {
  const { wait, url } = await openRound(ctx, link);
  const { code, address } = wait!;
  const seconds = link.poll_seconds!;
  return { code, address, url: url!, seconds, until: link.state_expires_at! };
}

/**
 * The link, after the provider was asked whether consent was given, if it is time to ask again. What came of it is kept
 * with the link, as when a browser comes back.
 */
export async function pollLink(ctx: Context, link: LinkRow): Promise<LinkRow> {
  if (!waits(link, ctx.clock()) || !(await claim(ctx, link))) return linkById(ctx, link.id);
  const service = await serviceOf(ctx, link.service_id);
  try {
    requireSameService(link, service);
    if (link.state_expires_at! <= ctx.clock()) throw tooLate();
    const answer = await ask(ctx, link, service);
    if ("again" in answer) await wait(ctx, link, answer.again);
    else await keep(ctx, link, service, answer);
  } catch (error) {
    if (!isSignetError(error) || error.code === "audit_unavailable") throw error;
    await giveUp(ctx, link, service, error, false);
  }
  return linkById(ctx, link.id);
}

/** Of many who look at once, one asks; one that dies while it does is replaced when its time is over. */
async function claim(ctx: Context, link: LinkRow): Promise<boolean> {
  const now = ctx.clock();
  const next = new Date(now.getTime() + (ANSWER_SECONDS + link.poll_seconds!) * 1000);
  const claimed = await round(ctx, link).where("poll_at", "<=", now).update({ poll_at: next });
  return claimed === 1;
}

async function wait(ctx: Context, link: LinkRow, seconds: number): Promise<void> {
  const at = new Date(ctx.clock().getTime() + seconds * 1000);
  await round(ctx, link).update({ poll_at: at, poll_seconds: seconds });
}

/** The row, as long as it is still in this round. */
function round(ctx: Context, link: LinkRow) {
  return ctx.db<LinkRow>("links").where({ id: link.id, state: "pending", verifier_id: link.verifier_id });
}

async function ask(ctx: Context, link: LinkRow, service: Service): Promise<Grant<unknown> | { again: number }> {
  const { settings, controlHosts } = await openSettings(ctx, service);
  const { kept } = await openRound(ctx, link);
  const facts = { service: service.name, link: link.id };
  const intent = new Intent(ctx, { action: "link.asked", account: link.account_id, facts });
  const asking = intent.before(askOf(ctx, service, { settings, controlHosts: askHosts(service, controlHosts) }));
  try {
    const known = { kept, seconds: link.poll_seconds! };
    const answer = await consentOf(service)!.poll!(settings, known, asking, circumstances(ctx));
    await intent.answered();
    return answer;
  } catch (error) {
    await intent.failed(error);
    throw error;
  }
}

async function keep(ctx: Context, link: LinkRow, service: Service, grant: Grant<unknown>): Promise<void> {
  await keepGrant(ctx, link, service, grant);
  const facts = { service: service.name, link: link.id };
  await ctx.audit.append(ctx, { action: "link.callback", outcome: "ok", account: link.account_id, facts });
}

/** What of a consent that has begun is sealed, so that it can be shown for as long as somebody waits. */
export function sealedWait({ url, wait: waiting }: Begun): { url: string; wait: NonNullable<Begun["wait"]> } | object {
  return waiting === undefined ? {} : { url: url.href, wait: waiting };
}

function tooLate(): SignetError {
  return new SignetError("invalid", "The code was not entered in time. Start the link again.");
}
