import { createHash } from "node:crypto";
import { SignetError } from "../../errors.ts";
import { fillAll } from "../blanks.ts";
import type { Ask, Circumstances, Consent, Grant, Round } from "../kind.ts";
import { readCallback, type Returned } from "./callback.ts";
import { exchange } from "./exchange.ts";
import { refusedSentence } from "./failure.ts";
import { inDataCentre } from "./hosts.ts";
import { withMetadata } from "./metadata.ts";
import type { Settings } from "./settings.ts";
import { toGrant, type Secret } from "./token-answer.ts";
import { tokenRequest } from "./token-request.ts";

/** The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636). */
export const consent: Consent<Settings, Secret> = {
  async begin(settings, round) {
    const omitted = new Set<string>(settings.authorize_omit);
    const scopes = [...new Set([...settings.scopes, ...(settings.offline_scopes ?? [])])];
    const own: Record<string, string> = {};
    if (!omitted.has("response_type")) own.response_type = "code";
    if (!omitted.has("client_id")) own[settings.client_id_param ?? "client_id"] = settings.client_id!;
    if (!omitted.has("redirect_uri"))
      own[settings.redirect_uri_param ?? "redirect_uri"] = redirectUri(settings, round.redirectUri, round.state);
    if (!settings.state_in_redirect_uri) own.state = round.state;
    if (!omitted.has("scope") && scopes.length > 0) own.scope = joined(settings, scopes);
    if (settings.user_scopes_param && settings.user_scopes.length > 0)
      own[settings.user_scopes_param] = joined(settings, settings.user_scopes);
    if (settings.resource) own.resource = settings.resource;
    if (settings.pkce) {
      own.code_challenge = createHash("sha256").update(round.verifier).digest("base64url");
      own.code_challenge_method = "S256";
    }
    const url = new URL(settings.authorize_url!);
    for (const [name, value] of Object.entries({ ...settings.authorize_params, ...own }))
      url.searchParams.set(name, value);
    // Scopes for offline use are not among those that are compared with what was granted: few providers name them.
    return { url, scopes: [...settings.scopes, ...settings.user_scopes] };
  },

  checkReturn(settings, query) {
    readCallback(settings, query);
  },

  async finish(settings, round, ask, circumstances) {
    const returned = readCallback(settings, round.query);
    const first =
      settings.token_in_callback === undefined
        ? await tradeCode(settings, round, returned, ask, circumstances)
        : toGrant({ ...settings, ...plainAnswer }, { access_token: returned.code }, circumstances.now);
    const metadata = { ...returned.metadata, ...first.secret.metadata };
    const known = { ...first, secret: { ...first.secret, ...(Object.keys(metadata).length > 0 && { metadata }) } };
    const grant = await withMetadata(settings, await exchange(settings, known, ask, circumstances), ask);
    return { ...grant, metadata: grant.secret.metadata };
  },
};

/** How an answer reads that was not the token endpoint's. */
const plainAnswer = { token_path: undefined, token_field: undefined, answer_success: undefined };

async function tradeCode(
  settings: Settings,
  round: Round,
  returned: Returned,
  ask: Ask,
  circumstances: Circumstances,
): Promise<Grant<Secret>> {
  const address = inDataCentre(settings, settings.token_url!, returned.tokenHost);
  const scopes = [...settings.scopes, ...(settings.offline_scopes ?? [])];
  const form = {
    ...fillAll(settings.token_params, { ...returned.metadata, "callback.state": round.query.state }),
    grant_type: "authorization_code",
    code: returned.code,
    redirect_uri: redirectUri(settings, round.redirectUri, round.query.state ?? ""),
    ...(settings.scope_in_token_call ? { scope: joined(settings, scopes) } : {}),
    ...(settings.pkce ? { code_verifier: round.verifier } : {}),
    ...(settings.resource ? { resource: settings.resource } : {}),
  };
  const answer = await tokenRequest(settings, ask, circumstances, form, { address });
  if (answer.error !== undefined) throw new SignetError("upstream_invalid", refusedSentence(answer.error));
  const grant = toGrant(settings, answer.body, circumstances.now);
  return { ...grant, secret: { ...grant.secret, token_host: new URL(address).host } };
}

/** The same on both requests, as RFC 6749 section 4.1.3 wants it. */
function redirectUri(settings: Settings, address: string, state: string): string {
  if (settings.redirect_uri_alias !== undefined) return settings.redirect_uri_alias;
  return settings.state_in_redirect_uri ? `${address}?state=${encodeURIComponent(state)}` : address;
}

/** A form writes a space as a plus, so both of these are a space here. */
function joined(settings: Settings, scopes: string[]): string {
  return scopes.join(settings.scope_delimiter === "+" ? " " : settings.scope_delimiter);
}
