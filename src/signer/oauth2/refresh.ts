import { SignetError } from "../../errors.ts";
import { fillAll } from "../blanks.ts";
import type { Renewal } from "../kind.ts";
import { blanksOf } from "./blanks.ts";
import { refreshFailure } from "./failure.ts";
import { inDataCentre } from "./hosts.ts";
import { bound, requireEntered, requireSameHost } from "./lasting.ts";
import type { Settings } from "./settings.ts";
import { toGrant, type Secret } from "./token-answer.ts";
import { tokenRequest } from "./token-request.ts";

/** Trades the refresh token (RFC 6749 section 6), or what the service names in its place. */
export const refresh: Renewal<Settings, Secret> = {
  accept(entered, settings) {
    requireEntered(entered, "access_token", "This is required.");
    const renewable = settings.refresh_with === "access_token" || entered.refresh_token !== undefined;
    return { secret: bound(entered, settings), ready: true, renewable };
  },

  async renew(settings, secret, { redirectUri }, ask, circumstances) {
    const held = settings.refresh_with === "access_token" ? secret.access_token : secret.refresh_token;
    if (held === undefined) {
      throw new SignetError(
        "needs_reconnect",
        "The access ended and the provider gave no refresh token. Reconnect to continue.",
      );
    }
    requireSameHost(settings, secret);
    const blanks = blanksOf(settings, secret);
    const form = {
      ...fillAll(settings.token_params, blanks),
      ...fillAll(settings.refresh_params, blanks),
      grant_type: settings.refresh_grant ?? "refresh_token",
      [settings.refresh_token_param ?? "refresh_token"]: held,
      ...(settings.repeat_redirect_uri_on_refresh ? { redirect_uri: settings.redirect_uri_alias ?? redirectUri } : {}),
      ...(settings.resource ? { resource: settings.resource } : {}),
    };
    const address = inDataCentre(settings, settings.refresh_url ?? settings.token_url!, secret.token_host);
    const { refresh_method: method = "POST", refresh_auth: auth } = settings;
    const answer = await tokenRequest(settings, ask, circumstances, form, { address, method, auth });
    if (answer.error !== undefined) throw refreshFailure(settings, answer.status, answer.error);
    const grant = toGrant(settings, answer.body, circumstances.now, secret);
    return { ...grant, metadata: grant.secret.metadata };
  },
};
