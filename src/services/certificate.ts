import type { Context } from "../context.ts";
import { invalid } from "../errors.ts";
import { invalidNow, validityOf } from "../signer/certificate.ts";
import { serviceCertificate } from "../signer/tls.ts";

/**
 * Throws `invalid` when a service's client certificate is over or has not begun; one that is there already does not
 * stand in the way of other changes.
 */
export function requireCurrent(
  ctx: Context,
  settings: Record<string, unknown>,
  before: Record<string, unknown> = {},
): void {
  const certificate = serviceCertificate(settings);
  if (certificate === undefined || certificate === serviceCertificate(before)) return;
  const problem = invalidNow(validityOf(certificate), ctx.clock());
  if (problem !== undefined) throw invalid("settings.tls_certificate", problem);
}
