import { SignetError } from "../../../errors.ts";
import type { Field } from "../../kind.ts";
import { clientAlgorithm, clientAuthentication } from "../client-authentication.ts";
import { refusedSentence } from "../failure.ts";
import type { GrantWay } from "../grants.ts";
import { lacksClient } from "../lacks.ts";
import { bound, lasting, requireEntered, requireKey, requireSameHost, withOwnClient } from "../lasting.ts";
import { withFirstMetadata } from "../metadata.ts";
import type { Settings } from "../settings.ts";
import { toGrant, type Secret } from "../token-answer.ts";
import { scopeOf, tokenRequest } from "../token-request.ts";

/**
 * The client asks for itself (RFC 6749 section 4.4). Where the service has no client, each account brings one. A refresh
 * token is not looked for (section 4.4.3): the credentials win a new token at any time.
 */
export const clientCredentials: GrantWay = {
  id: "client_credentials",
  fields: (settings) => (settings.client_id === undefined ? ownClient(settings) : []),
  lacks: (settings) => lacksClient(settings, false),
  renewal: {
    accept(entered, settings) {
      const ready = entered.access_token !== undefined;
      if (settings.client_id === undefined && !(ready && entered.client_id === undefined))
        requireOwnClient(entered, settings);
      const renewable = settings.client_id !== undefined || entered.client_id !== undefined;
      return { secret: bound(entered, settings), ready, renewable };
    },

    async renew(settings, secret, _round, ask, circumstances) {
      const own = secret.client_id !== undefined;
      if (own) requireSameHost(settings, secret);
      const answer = await tokenRequest(withOwnClient(settings, secret), ask, circumstances, {
        ...settings.token_params,
        grant_type: settings.grant_type ?? "client_credentials",
        ...scopeOf(settings),
      });
      if (answer.error !== undefined) throw refusal(answer.error, own);
      return withFirstMetadata(
        settings,
        secret,
        lasting(secret, toGrant(settings, answer.body, circumstances.now)),
        ask,
      );
    },
  },
};

function ownClient(settings: Settings): Field[] {
  const id: Field = { name: "client_id", label: "Client ID", type: "text", required: true };
  return clientAuthentication(settings) === "private_key_jwt"
    ? [id, { name: "client_key", label: "Private key", type: "textarea", required: true, hidden: true, help: KEY_HELP }]
    : [id, { name: "client_secret", label: "Client secret", type: "text", required: true, hidden: true }];
}

const KEY_HELP = "PEM or a JWK, as the provider gave it.";

function requireOwnClient(entered: Secret, settings: Settings): void {
  requireEntered(entered, "client_id", "Enter the client id.");
  if (clientAuthentication(settings) !== "private_key_jwt")
    return requireEntered(entered, "client_secret", "Enter the client secret.");
  requireEntered(entered, "client_key", "Paste the private key.");
  requireKey(entered.client_key!, clientAlgorithm(settings), "secret.client_key");
}

/** Whose client was refused decides who can help: whoever entered the account's, or an admin. */
function refusal(error: string, own: boolean): SignetError {
  const final = own && ["invalid_client", "unauthorized_client", "invalid_grant"].includes(error);
  return final
    ? new SignetError("needs_reconnect", "The provider does not accept this client id or secret. Enter them again.")
    : new SignetError("upstream_invalid", refusedSentence(error));
}
