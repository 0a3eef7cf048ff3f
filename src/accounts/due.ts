import type { Context } from "../context.ts";
import { walk } from "../signer/json.ts";
import type { Ready } from "./ready.ts";

const MIN_MARGIN = 60_000;

/**
 * How long before its end a token is renewed, in milliseconds: ten per cent of its lifetime, at least a minute, but
 * never more than half of it (statement O-25); or as the service says whose provider refuses to be asked earlier.
 */
export function margin(ready: Ready): number {
  const told = ready.service.settings.refresh_margin_seconds;
  if (typeof told === "number") return told * 1000;
  const lifetime = ready.account.expiresAt!.getTime() - ready.sealed.changedAt.getTime();
  return Math.max(0, Math.min(Math.max(MIN_MARGIN, lifetime * 0.1), lifetime / 2));
}

/**
 * True when the provider's answer means that the token was not taken, and a new one can be had. `read` gives the
 * answer's JSON to services whose API says it there.
 */
export function refusedByProvider(ctx: Context, ready: Ready, status: number, read?: () => unknown): boolean {
  return mayRenew(ctx, ready) && saysRefused(ready.service.settings, status, read);
}

/** True when an answer says that the credential was not taken: by its status, or in its JSON where the service says so. */
export function saysRefused(settings: Record<string, unknown>, status: number, read?: () => unknown): boolean {
  const { auth_failure_statuses: statuses = [401], auth_failure_body: signs } = settings;
  if ((statuses as number[]).includes(status)) return true;
  if (signs === undefined || read === undefined) return false;
  const answer = read();
  return Object.entries(signs as Record<string, string>).some(([where, words]) => {
    const said = walk(answer, where);
    return (typeof said === "string" || typeof said === "number") && words.split("|").includes(String(said));
  });
}

/** False also where the provider refuses early renewals: one would only fail, and hide the answer that was had. */
export function mayRenew(ctx: Context, ready: Ready): boolean {
  const { expiresAt, refreshable } = ready.account;
  const told = ready.service.settings.refresh_margin_seconds !== undefined;
  const early = told && expiresAt !== null && expiresAt.getTime() - ctx.clock().getTime() > margin(ready);
  return refreshable && !early;
}
