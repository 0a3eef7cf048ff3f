import type { Context } from "../context.ts";
import { invalid } from "../errors.ts";
import type { Service } from "../services/service.ts";
import { invalidNow } from "../signer/certificate.ts";
import { kindOf } from "../signer/kinds.ts";

/**
 * The day on which a credential ends by itself, as a certificate does; null for one that does not say. Throws `invalid`
 * for one that is over or has not begun.
 */
export function endOf(ctx: Context, service: Service, secret: object): string | null {
  const validity = kindOf(service.kind).validity?.(secret);
  if (validity === undefined) return null;
  const problem = invalidNow(validity, ctx.clock());
  if (problem !== undefined) throw invalid("secret.certificate", problem);
  return validity.until.toISOString().slice(0, 10);
}

/** What may be seen of a credential, as the column holds it. */
export function credentialFacts(service: Service, secret: object): string {
  return JSON.stringify(kindOf(service.kind).facts(secret, service.settings));
}
