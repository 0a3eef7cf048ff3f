import { isSignetError, SignetError } from "../../../errors.ts";
import type { Ask, Circumstances, Grant } from "../../kind.ts";
import { refusedSentence } from "../failure.ts";
import type { GrantWay } from "../grants.ts";
import { lacksClient } from "../lacks.ts";
import { bound, lasting, requireEntered, requireSameHost } from "../lasting.ts";
import { refresh } from "../refresh.ts";
import { withFirstMetadata } from "../metadata.ts";
import type { Settings } from "../settings.ts";
import { toGrant, type Secret } from "../token-answer.ts";
import { scopeOf, tokenRequest } from "../token-request.ts";

/**
 * A person's user name and password (RFC 6749 section 4.3), for providers that know nothing else. They rest sealed and are
 * sent again when the refresh token ends, or where there is none.
 */
export const password: GrantWay = {
  id: "password",
  fields: () => [
    { name: "username", label: "User name", type: "text", required: true },
    { name: "password", label: "Password", type: "text", required: true, hidden: true },
  ],
  lacks: (settings) => lacksClient(settings, false),
  renewal: {
    accept(entered, settings) {
      const ready = entered.access_token !== undefined;
      if (!ready || entered.username !== undefined || entered.password !== undefined) {
        requireEntered(entered, "username", "Enter the user name.");
        requireEntered(entered, "password", "Enter the password.");
      }
      const renewable = entered.password !== undefined || entered.refresh_token !== undefined;
      return { secret: bound(entered, settings), ready, renewable };
    },

    async renew(settings, secret, round, ask, circumstances) {
      if (secret.refresh_token !== undefined) {
        try {
          return keep(secret, await refresh.renew(settings, secret, round, ask, circumstances));
        } catch (error) {
          // The password may still open what the refresh token no longer does.
          if (secret.password === undefined || !isSignetError(error) || error.code !== "needs_reconnect") throw error;
        }
      }
      return signIn(settings, secret, ask, circumstances);
    },
  },
};

async function signIn(
  settings: Settings,
  secret: Secret,
  ask: Ask,
  circumstances: Circumstances,
): Promise<Grant<Secret>> {
  const { username, password } = secret;
  if (username === undefined || password === undefined)
    throw new SignetError("needs_reconnect", "The access ended. Enter user name and password to continue.");
  requireSameHost(settings, secret);
  const answer = await tokenRequest(settings, ask, circumstances, {
    ...settings.token_params,
    grant_type: "password",
    username,
    password,
    ...scopeOf(settings),
  });
  if (answer.error === "invalid_grant")
    throw new SignetError(
      "needs_reconnect",
      "The provider does not accept this user name or password. Enter them again.",
    );
  if (answer.error !== undefined) throw new SignetError("upstream_invalid", refusedSentence(answer.error));
  return withFirstMetadata(settings, secret, lasting(secret, toGrant(settings, answer.body, circumstances.now)), ask);
}

/** Imported tokens without a password are only as renewable as their refresh token. */
function keep(secret: Secret, grant: Grant<Secret>): Grant<Secret> {
  return secret.password === undefined ? grant : lasting(secret, grant);
}
