import { callbackUrl, type Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import { openSettings } from "../services/secret.ts";
import type { Service } from "../services/service.ts";
import type { Grant, Renewal } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";
import { askHosts } from "./ask-hosts.ts";
import { askOf } from "./ask.ts";
import { circumstances } from "./circumstances.ts";
import { codeOf, Intent } from "./intent.ts";

/**
 * What an account begins with: what was entered or imported, or, where that does not sign by itself, what the provider
 * gave for it. When the provider gives nothing and `insist` is false, what was entered is kept to be traded at the first
 * request; otherwise throws `invalid` with the provider's reason. Throws `invalid` too for what can not work.
 */
export async function firstGrant(
  ctx: Context,
  service: Service,
  entered: object,
  account: { id: string | null; name: string },
  insist: boolean,
): Promise<Grant<object>> {
  const imported = timed(entered, ctx.clock());
  const { settings, controlHosts } = await openSettings(ctx, service);
  const renewal = kindOf(service.kind).renewal?.(settings) as Renewal<unknown, object> | undefined;
  if (!renewal) return { ...imported, refreshable: false };
  const { secret, ready, renewable } = renewal.accept(imported.secret, settings);
  if (ready) return { ...imported, secret, refreshable: renewable };
  const facts = { account: account.name, service: service.name };
  const intent = new Intent(ctx, { action: "account.granted", account: account.id, facts });
  try {
    const hosts = askHosts(service, controlHosts);
    const ask = intent.before(askOf(ctx, service, { settings, controlHosts: hosts }, secret));
    const round = { redirectUri: callbackUrl(ctx) };
    const grant = await renewal.renew(settings, secret, round, ask, circumstances(ctx));
    await intent.answered();
    return { ...grant, baseUrl: grant.baseUrl?.replace(/\/+$/, "") };
  } catch (error) {
    await intent.failed(error);
    if (!isSignetError(error) || codeOf(error) === "audit_unavailable") throw error;
    if (insist) throw refused(error);
    // Ended from the beginning, so that the first request asks again.
    return { secret, scopes: undefined, expiresAt: ctx.clock(), refreshable: true, baseUrl: undefined };
  }
}

/** A problem with one field stays there; everything else concerns the secret as a whole. */
function refused(error: SignetError): SignetError {
  if (error.code === "invalid" && error.issues.length > 0) return error;
  return new SignetError("invalid", error.message, {
    issues: [{ path: "secret", message: error.message }],
    cause: error,
  });
}

/** Tokens that are imported say for themselves how long they last. */
function timed(entered: object, now: Date): Omit<Grant<object>, "refreshable"> {
  const { expires_in, expires_at, ...secret } = entered as {
    expires_in?: number;
    expires_at?: number | string;
    scope?: string;
    metadata?: Record<string, string>;
  };
  const at =
    typeof expires_at === "number"
      ? new Date(expires_at < 1e12 ? expires_at * 1000 : expires_at)
      : expires_at === undefined
        ? undefined
        : new Date(expires_at);
  const expiresAt = at ?? (expires_in === undefined ? undefined : new Date(now.getTime() + expires_in * 1000));
  const scopes = secret.scope?.split(/[\s,]+/).filter(Boolean);
  return { secret, scopes, expiresAt, baseUrl: undefined, metadata: secret.metadata };
}
