import { createHash } from "node:crypto";
import { SignetError } from "../../errors.ts";
import type { Ask, Consent, Grant } from "../kind.ts";
import { clientAuthentication, type Settings } from "./settings.ts";
import { errorIn, parseJson, readAnswer, toGrant, walk, type Secret } from "./token-answer.ts";

/** The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636), refresh (section 6) and revocation (RFC 7009). */
export const consent: Consent<Settings, Secret> = {
  begin(settings, round) {
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
  },

  async finish(settings, round, ask, now) {
    const answer = await tokenRequest(settings, ask, {
      ...settings.token_params,
      grant_type: "authorization_code",
      code: round.code,
      redirect_uri: round.redirectUri,
      ...(settings.pkce ? { code_verifier: round.verifier } : {}),
      ...(settings.resource ? { resource: settings.resource } : {}),
    });
    if (answer.error !== undefined) throw new SignetError("upstream_invalid", exchangeSentence(answer.error));
    return withMetadata(settings, toGrant(settings, answer.body, now), ask);
  },

  async refresh(settings, secret, redirectUri, ask, now) {
    if (secret.refresh_token === undefined) {
      throw new SignetError(
        "needs_reconnect",
        "The access ended and the provider gave no refresh token. Reconnect to continue.",
      );
    }
    if (secret.token_host !== undefined && secret.token_host !== new URL(settings.token_url).host) {
      throw new SignetError(
        "needs_reconnect",
        "The service's token address moved to another host since this account was linked. Reconnect to continue.",
      );
    }
    const answer = await tokenRequest(settings, ask, {
      ...settings.token_params,
      ...settings.refresh_params,
      grant_type: "refresh_token",
      refresh_token: secret.refresh_token,
      ...(settings.repeat_redirect_uri_on_refresh ? { redirect_uri: redirectUri } : {}),
      ...(settings.resource ? { resource: settings.resource } : {}),
    });
    if (answer.error !== undefined) throw refreshFailure(answer.status, answer.error);
    return toGrant(settings, answer.body, now, secret);
  },

  // RFC 7009 section 2.1: the refresh token first, because ending it ends the grant; 200 also means "unknown token".
  async revoke(settings, secret, ask) {
    if (settings.revoke_url === undefined) return false;
    const client = clientFields(settings);
    const token = secret.refresh_token ?? secret.access_token;
    const { status } = await ask({
      method: "POST",
      url: settings.revoke_url,
      headers: client.headers,
      form: { token, ...client.form },
    });
    if (status >= 400) throw new SignetError("upstream_invalid", `The provider answered ${status} to the revocation.`);
    return true;
  },

  controlHosts: (settings) => [
    ...new Set(
      [settings.token_url, settings.revoke_url].filter((url) => url !== undefined).map((url) => new URL(url).host),
    ),
  ],
};

async function tokenRequest(settings: Settings, ask: Ask, form: Record<string, string>) {
  const client = clientFields(settings);
  const { status, headers, text } = await ask({
    method: "POST",
    url: settings.token_url,
    headers: { accept: "application/json", ...client.headers },
    form: { ...form, ...client.form },
  });
  if (status >= 500)
    throw new SignetError("upstream_unreachable", `The token endpoint answered ${status}. Try again later.`);
  const body = readAnswer(status, String(headers["content-type"] ?? ""), text);
  return { status, body, error: errorIn(status, body) };
}

/** RFC 6749 section 2.3.1: for Basic both parts are form-encoded first; in the body they are fields; never in a URL. */
function clientFields(settings: Settings): { headers: Record<string, string>; form: Record<string, string> } {
  const secret = settings.client_secret ?? "";
  switch (clientAuthentication(settings)) {
    case "basic": {
      const pair = `${formEncode(settings.client_id)}:${formEncode(secret)}`;
      return { headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` }, form: {} };
    }
    case "body":
      return { headers: {}, form: { client_id: settings.client_id, client_secret: secret } };
    case "none":
      return { headers: {}, form: { client_id: settings.client_id } };
  }
}

/** One request with the new token for what the token answer does not tell, such as a tenant's id. */
async function withMetadata(settings: Settings, grant: Grant<Secret>, ask: Ask): Promise<Grant<Secret>> {
  if (settings.metadata_url === undefined) return grant;
  const headers = { accept: "application/json", authorization: `Bearer ${grant.secret.access_token}` };
  const { status, text } = await ask({ method: "GET", url: settings.metadata_url, headers });
  if (status !== 200) throw new SignetError("upstream_invalid", `The address asked after linking answered ${status}.`);
  const answer = parseJson(text);
  const metadata: Record<string, string> = {};
  for (const [name, dotted] of Object.entries(settings.metadata)) {
    const value = walk(answer, dotted);
    if (typeof value !== "string" && typeof value !== "number") {
      throw new SignetError(
        "upstream_invalid",
        `The address asked after linking did not tell "${name}". Nothing to work with was granted, perhaps.`,
      );
    }
    metadata[name] = String(value);
  }
  return { ...grant, secret: { ...grant.secret, metadata } };
}

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

/** Only a final no asks for a person; everything else may pass (statement O-24). */
function refreshFailure(status: number, error: string): SignetError {
  if (
    error === "invalid_grant" ||
    error === "token_revoked" ||
    error === "bad_refresh_token" ||
    error === "invalid_refresh_token"
  ) {
    return new SignetError("needs_reconnect", "The provider no longer accepts this sign-in. Reconnect to continue.");
  }
  if (error === "invalid_client" || error === "unauthorized_client") {
    return new SignetError(
      "upstream_invalid",
      "The provider does not accept the client id or secret of this service. An admin can correct them on the service's page.",
    );
  }
  return new SignetError(
    "upstream_unreachable",
    `The token could not be refreshed (${status}, ${error}). Signet tries again at the next request.`,
  );
}

function formEncode(text: string): string {
  return new URLSearchParams({ t: text }).toString().slice(2);
}

function knownHosts(settings: Settings): string[] {
  return [settings.authorize_url, settings.token_url].map(hostOf);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
