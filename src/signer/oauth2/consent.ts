import { createHash } from "node:crypto";
import { SignetError } from "../../errors.ts";
import type { Consent } from "../kind.ts";
import { withMetadata } from "./metadata.ts";
import type { Settings } from "./settings.ts";
import { toGrant, type Secret } from "./token-answer.ts";
import { tokenRequest } from "./token-request.ts";

/** The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636). */
export const consent: Consent<Settings, Secret> = {
  async begin(settings, round) {
    const url = new URL(settings.authorize_url);
    const parameters: Record<string, string> = {
      ...settings.authorize_params,
      response_type: "code",
      client_id: settings.client_id,
      redirect_uri: round.redirectUri,
      state: round.state,
    };
    if (settings.scopes.length > 0) parameters.scope = settings.scopes.join(settings.scope_delimiter);
    if (settings.user_scopes_param && settings.user_scopes.length > 0) {
      parameters[settings.user_scopes_param] = settings.user_scopes.join(settings.scope_delimiter);
    }
    if (settings.resource) parameters.resource = settings.resource;
    if (settings.pkce) {
      parameters.code_challenge = createHash("sha256").update(round.verifier).digest("base64url");
      parameters.code_challenge_method = "S256";
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url, scopes: [...settings.scopes, ...settings.user_scopes] };
  },

  // RFC 9207 section 2.4: with a configured issuer the parameter must be there and equal; an unexpected one from
  // another host than the endpoints' is a mix-up (RFC 9700 section 4.4).
  checkReturn(settings, query) {
    const iss = query.iss;
    const expected = settings.issuer;
    const foreign =
      expected === undefined ? iss !== undefined && !knownHosts(settings).includes(hostOf(iss)) : iss !== expected;
    if (foreign)
      throw new SignetError(
        "invalid",
        "The answer came from another authorization server than the one that was asked.",
      );
    if (query.code === undefined || query.code === "")
      throw new SignetError("invalid", "The provider sent neither a code nor an error.");
  },

  async finish(settings, round, ask, circumstances) {
    const answer = await tokenRequest(settings, ask, circumstances, {
      ...settings.token_params,
      grant_type: "authorization_code",
      code: round.query.code!,
      redirect_uri: round.redirectUri,
      ...(settings.pkce ? { code_verifier: round.verifier } : {}),
      ...(settings.resource ? { resource: settings.resource } : {}),
    });
    if (answer.error !== undefined) throw new SignetError("upstream_invalid", exchangeSentence(answer.error));
    return withMetadata(settings, toGrant(settings, answer.body, circumstances.now), ask);
  },
};

/** RFC 6749 section 5.2, in words that say what to change. */
function exchangeSentence(error: string): string {
  switch (error) {
    case "invalid_client":
    case "incorrect_client_credentials":
    case "bad_client_secret":
    case "unauthorized_client":
      return "The provider does not accept the client id or secret of this service. An admin can correct them on the service's page.";
    case "invalid_grant":
    case "bad_verification_code":
    case "invalid_code":
      return "The provider no longer accepts this sign-in: it was used already or took too long. Start the link again.";
    case "redirect_uri_mismatch":
    case "bad_redirect_uri":
      return "The provider does not know this callback address. Register it there exactly as the service's page shows it.";
    case "invalid_scope":
      return "The provider refused a scope. An admin can correct the scopes on the service's page.";
    default:
      return `The provider refused to give a token (${error}).`;
  }
}

function knownHosts(settings: Settings): string[] {
  return [settings.authorize_url, settings.token_url].map(hostOf);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
