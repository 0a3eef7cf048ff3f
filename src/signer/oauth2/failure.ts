import { SignetError } from "../../errors.ts";
import type { Settings } from "./settings.ts";

const WRONG_CLIENT =
  "The provider does not accept the client id or secret of this service. An admin can correct them on the service's page.";

/** Why a code was not traded, in words that say what to change (RFC 6749 section 5.2). */
export function refusedSentence(error: string): string {
  switch (error) {
    case "invalid_client":
    case "incorrect_client_credentials":
    case "bad_client_secret":
    case "unauthorized_client":
      return WRONG_CLIENT;
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

const FINAL = ["invalid_grant", "token_revoked", "bad_refresh_token", "invalid_refresh_token"];

/** Only a final no asks for a person; everything else may pass (statement O-24). */
export function refreshFailure(settings: Settings, status: number, error: string): SignetError {
  if (FINAL.includes(error) || settings.final_errors?.includes(error))
    return new SignetError("needs_reconnect", "The provider no longer accepts this sign-in. Reconnect to continue.");
  if (error === "invalid_client" || error === "unauthorized_client")
    return new SignetError("upstream_invalid", WRONG_CLIENT);
  return new SignetError(
    "upstream_unreachable",
    `The token could not be refreshed (${status}, ${error}). Signet tries again at the next request.`,
  );
}
