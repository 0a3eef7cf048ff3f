import type { Context } from "../context.ts";
import type { Service } from "../services/service.ts";
import type { Ask } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";

/**
 * The way to a provider's own endpoints, over connections that show the certificate of the account, or else the
 * service's (RFC 8705). Without a secret while there is no account yet.
 */
export function askOf(
  ctx: Context,
  service: Service,
  opened: { settings: unknown; controlHosts: string[] },
  secret?: unknown,
): Ask {
  return ctx.control.to(opened.controlHosts, kindOf(service.kind).certificate?.(secret, opened.settings));
}
