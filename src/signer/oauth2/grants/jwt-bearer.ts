import { SignetError } from "../../../errors.ts";
import type { JwsAlgorithm } from "../../jws.ts";
import type { Circumstances, Field } from "../../kind.ts";
import { readSigningKey, type SigningKey } from "../../signing-key.ts";
import { assertion } from "../assertion.ts";
import { refusedSentence } from "../failure.ts";
import type { GrantWay } from "../grants.ts";
import { lacksAny, lacksClient, lacksKey } from "../lacks.ts";
import { bound, lasting, requireEntered, requireKey, requireSameHost } from "../lasting.ts";
import { withFirstMetadata } from "../metadata.ts";
import type { Settings } from "../settings.ts";
import { toGrant, type Secret } from "../token-answer.ts";
import { scopeOf, tokenRequest } from "../token-request.ts";

/**
 * A signed assertion is traded for a token (RFC 7523 section 2.1): by a service account's own key, or by a key of the
 * service that speaks for each account's subject.
 */
export const jwtBearer: GrantWay = {
  id: "jwt_bearer",
  fields: (settings) => [...(ofService(settings) ? [] : [KEY]), ...subjectField(settings)],
  lacks: (settings) => ({ ...lacksClient(settings, false), ...lacksServiceKey(settings) }),
  renewal: {
    accept(entered, settings) {
      const ready = entered.access_token !== undefined;
      const speaks = ofService(settings) || entered.private_key !== undefined;
      if (!ready) requireAssertion(entered, settings);
      if (entered.private_key !== undefined)
        requireKey(entered.private_key, algorithmOf(settings), "secret.private_key");
      return { secret: bound(entered, settings), ready, renewable: speaks };
    },

    async renew(settings, secret, _round, ask, circumstances) {
      requireSameHost(settings, secret);
      const answer = await tokenRequest(settings, ask, circumstances, {
        ...settings.token_params,
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: assertionOf(settings, secret, circumstances),
        ...(settings.scopes_in_assertion ? {} : scopeOf(settings)),
      });
      if (answer.error === "invalid_grant" || answer.error === "consent_required")
        throw new SignetError(
          "needs_reconnect",
          "The provider does not accept this key for whom it speaks: the key was withdrawn, or access was not allowed there.",
        );
      if (answer.error !== undefined) throw new SignetError("upstream_invalid", refusedSentence(answer.error));
      return withFirstMetadata(
        settings,
        secret,
        lasting(secret, toGrant(settings, answer.body, circumstances.now)),
        ask,
      );
    },
  },
};

/** Long enough for clocks that differ, too short to be worth stealing. */
const SECONDS = 180;

const KEY: Field = {
  name: "private_key",
  label: "Private key",
  type: "textarea",
  required: true,
  hidden: true,
  help: "PEM, a JWK, or the whole file the provider gave.",
};

function subjectField(settings: Settings): Field[] {
  if (settings.assertion_subject !== undefined) return [];
  const help = "The user or user id for whom the assertion speaks.";
  return [{ name: "subject", label: "Acts for", type: "text", help, required: ofService(settings) }];
}

function algorithmOf(settings: Settings): JwsAlgorithm {
  return settings.assertion_algorithm ?? "RS256";
}

function ofService(settings: Settings): boolean {
  return settings.assertion_key_from === "service";
}

function lacksServiceKey(settings: Settings): Record<string, string> {
  if (!ofService(settings)) return {};
  return settings.assertion_key === undefined
    ? lacksAny(settings, "assertion_key")
    : lacksKey(settings.assertion_key, algorithmOf(settings), "assertion_key");
}

function requireAssertion(entered: Secret, settings: Settings): void {
  if (!ofService(settings)) return requireEntered(entered, "private_key", "Paste the private key.");
  if (settings.assertion_subject === undefined) requireEntered(entered, "subject", "Enter for whom it acts.");
}

function assertionOf(settings: Settings, secret: Secret, circumstances: Circumstances): string {
  const pasted = ofService(settings) ? settings.assertion_key : secret.private_key;
  if (pasted === undefined)
    throw new SignetError("needs_reconnect", "There is no key to win a new token with. Enter it to continue.");
  const key = readSigningKey(pasted, algorithmOf(settings));
  const issuer = settings.assertion_issuer ?? key.issuer ?? settings.client_id;
  if (issuer === undefined)
    throw new SignetError(
      "invalid",
      "Nothing says who issues the assertion. An admin can enter the issuer on the service's page.",
    );
  return assertion(
    {
      issuer,
      subject: settings.assertion_subject ?? secret.subject ?? ownSubject(settings, key, issuer),
      audience: settings.assertion_audience ?? settings.token_url!,
      algorithm: algorithmOf(settings),
      key,
      keyId: settings.assertion_key_id,
      seconds: settings.assertion_seconds ?? SECONDS,
      claims: claimsOf(settings),
    },
    circumstances,
  );
}

/**
 * RFC 7523 section 3 wants a subject; whoever speaks for themselves is it. Not so a service account out of a provider's
 * file: there a subject is somebody else to act for.
 */
function ownSubject(settings: Settings, key: SigningKey, issuer: string): string | undefined {
  return settings.assertion_issuer === undefined && key.issuer !== undefined ? undefined : issuer;
}

function claimsOf(settings: Settings): Record<string, unknown> {
  const given = Object.entries(settings.assertion_claims ?? {}).map(([name, value]) => [name, jsonOrText(value)]);
  return { ...(settings.scopes_in_assertion ? scopeOf(settings) : {}), ...Object.fromEntries(given) };
}

/** Lists, numbers and switches are written as JSON; everything else is text. */
function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
