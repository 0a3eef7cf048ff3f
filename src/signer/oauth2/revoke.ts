import { SignetError } from "../../errors.ts";
import type { Ask, Circumstances } from "../kind.ts";
import type { Settings } from "./settings.ts";
import type { Secret } from "./token-answer.ts";
import { clientFields } from "./token-request.ts";

/**
 * Asks the provider to forget the grant (RFC 7009 section 2.1): the refresh token first, because ending it ends the
 * grant; 200 also means "unknown token". Resolves to false where there is no address for it, throws when it refuses.
 */
export async function revoke(
  settings: Settings,
  secret: Secret,
  ask: Ask,
  circumstances: Circumstances,
): Promise<boolean> {
  if (settings.revoke_url === undefined) return false;
  const client = clientFields(settings, circumstances);
  const token = secret.refresh_token ?? secret.access_token;
  const { status } = await ask({
    method: "POST",
    url: settings.revoke_url,
    headers: client.headers,
    form: { token, ...client.form },
  });
  if (status >= 400) throw new SignetError("upstream_invalid", `The provider answered ${status} to the revocation.`);
  return true;
}
