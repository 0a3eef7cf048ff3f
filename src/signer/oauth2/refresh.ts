import { SignetError } from "../../errors.ts";
import type { Renewal } from "../kind.ts";
import type { Settings } from "./settings.ts";
import { toGrant, type Secret } from "./token-answer.ts";
import { tokenRequest } from "./token-request.ts";

/** Trades the refresh token (RFC 6749 section 6). */
export const refresh: Renewal<Settings, Secret> = {
  ready: () => true,

  async renew(settings, secret, { redirectUri }, ask, circumstances) {
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
    const answer = await tokenRequest(settings, ask, circumstances, {
      ...settings.token_params,
      ...settings.refresh_params,
      grant_type: "refresh_token",
      refresh_token: secret.refresh_token,
      ...(settings.repeat_redirect_uri_on_refresh ? { redirect_uri: redirectUri } : {}),
      ...(settings.resource ? { resource: settings.resource } : {}),
    });
    if (answer.error !== undefined) throw refreshFailure(answer.status, answer.error);
    return toGrant(settings, answer.body, circumstances.now, secret);
  },
};

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
