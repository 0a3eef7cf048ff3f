import { SignetError } from "../../errors.ts";
import { fillAddress, fillAll, type Blanks } from "../blanks.ts";
import type { Ask, Circumstances } from "../kind.ts";
import { attach } from "./attach.ts";
import { blanksOf } from "./blanks.ts";
import { clientFields } from "./client-authentication.ts";
import { inDataCentre } from "./hosts.ts";
import { withOwnClient } from "./lasting.ts";
import type { Settings } from "./settings.ts";
import { parseJson } from "../json.ts";
import { errorIn, type Secret } from "./token-answer.ts";
import { withParameters } from "./token-request.ts";

/**
 * Asks the provider to forget the grant (RFC 7009 section 2.1), or by the provider's own call. The refresh token goes
 * first, because ending it ends the grant; what is said of the access token afterwards changes nothing. Resolves to
 * false where there is no address for it, throws `upstream_invalid` when the provider refuses.
 */
export async function revoke(
  service: Settings,
  secret: Secret,
  ask: Ask,
  circumstances: Circumstances,
): Promise<boolean> {
  const settings = withOwnClient(service, secret);
  if (settings.revoke_url === undefined) return false;
  const [first, ...others] = tokensOf(settings, secret);
  if (first === undefined) return false;
  await revokeOne(settings, secret, first, ask, circumstances);
  for (const token of others) await revokeOne(settings, secret, token, ask, circumstances).catch(() => undefined);
  return true;
}

function tokensOf(settings: Settings, secret: Secret): string[] {
  const { access_token: access, refresh_token: refresh = access } = secret;
  const plain = settings.revoke_params === undefined && settings.revoke_auth !== "token";
  switch (settings.revoke_tokens ?? (plain ? "both" : "access")) {
    case "both":
      return present([...new Set([refresh, access])]);
    case "refresh":
      return present([refresh]);
    case "access":
      return present([access]);
  }
}

function present(tokens: (string | undefined)[]): string[] {
  return tokens.filter((token) => token !== undefined);
}

async function revokeOne(
  settings: Settings,
  secret: Secret,
  token: string,
  ask: Ask,
  circumstances: Circumstances,
): Promise<void> {
  const blanks: Blanks = { ...blanksOf(settings, secret), token };
  const filled = fillAddress(settings.revoke_url!, blanks);
  if (filled === undefined)
    throw new SignetError("upstream_invalid", "The account lacks what the address of the revocation needs.");
  const address = inDataCentre(settings, filled, secret.token_host);
  const { headers, form } = signedIn(settings, secret, circumstances);
  const method = settings.revoke_method ?? "POST";
  const named = settings.revoke_params ?? (settings.revoke_auth === "token" ? {} : { token: "{token}" });
  const parameters = { ...fillAll(named, blanks), ...form };
  const sent = { ...headers, ...fillAll(settings.revoke_headers ?? {}, blanks) };
  const inQuery = settings.revoke_body === undefined && method !== "POST";
  const { status, text } = await ask({
    method,
    url: inQuery ? withParameters(address, parameters) : address,
    headers: sent,
    ...(inQuery ? {} : settings.revoke_body === "json" ? { json: parameters } : { form: parameters }),
  });
  if (status >= 400) throw new SignetError("upstream_invalid", `The provider answered ${status} to the revocation.`);
  const answer = parseJson(text);
  const said = answer !== null && typeof answer === "object" ? (answer as Record<string, unknown>) : {};
  const error = Object.keys(said).length === 0 ? undefined : errorIn(status, said, settings);
  if (error !== undefined) throw new SignetError("upstream_invalid", `The provider refused the revocation (${error}).`);
}

function signedIn(settings: Settings, secret: Secret, circumstances: Circumstances) {
  switch (settings.revoke_auth) {
    case "nothing":
      return { headers: {}, form: {} };
    case "token": {
      const plain = { method: "POST", url: new URL(settings.token_url!), headers: [], body: null };
      const request = attach(plain, secret, settings);
      return { headers: Object.fromEntries(request.headers), form: Object.fromEntries(request.url.searchParams) };
    }
    default:
      return clientFields(settings, circumstances, settings.revoke_auth);
  }
}
