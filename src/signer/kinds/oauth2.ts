import type { Kind } from "../kind.ts";
import { attach, attachedSlots, attachMask, proof } from "../oauth2/attach.ts";
import { requireGrant, wayOf } from "../oauth2/grants.ts";
import { controlHosts } from "../oauth2/hosts.ts";
import { register, unregister } from "../oauth2/registration.ts";
import { revoke } from "../oauth2/revoke.ts";
import { describe, scopes } from "../oauth2/server-metadata.ts";
import { settingsFields, settingsSchema, type Settings } from "../oauth2/settings.ts";
import { secretSchema, type Secret } from "../oauth2/token-answer.ts";
import { sensitiveParts } from "../signing-key.ts";
import { lastFour } from "../text.ts";

/** OAuth 2.0, by any of its grants; the token goes out as a bearer header (RFC 6750) or as the service's settings say. */
export const oauth2: Kind<Settings, Secret> = {
  id: "oauth2",
  label: "OAuth 2.0",
  summary: "People allow access on the provider's own page, or access is won by one of the other grants.",
  settings: settingsFields,
  settingsSchema: settingsSchema.superRefine(requireGrant),
  secret: (settings) => wayOf(settings).fields(settings),
  secretSchema,
  sign: attach,
  preview: attachMask,
  slots: attachedSlots,
  sensitive: (secret, settings) =>
    [
      ...[secret.access_token, secret.refresh_token, secret.client_secret, secret.password],
      ...[settings.client_secret, secret.access_token && proof(secret, settings)],
      ...keysIn(secret.client_key, secret.private_key, settings.client_key, settings.assertion_key),
    ].filter((text) => text !== undefined),
  facts: (secret) => [
    ...OPEN.flatMap(({ name, label }) => (secret[name] === undefined ? [] : [{ label, value: secret[name] }])),
    { label: "Access token", value: secret.access_token === undefined ? "none yet" : lastFour(secret.access_token) },
    { label: "Refresh token", value: secret.refresh_token === undefined ? "none" : "saved, hidden" },
  ],
  controlHosts,
  consent: (settings) => wayOf(settings).consent,
  renewal: (settings) => wayOf(settings).renewal,
  revoke,
  discovery: { describe, scopes, register, unregister },
};

/** What of a lasting secret is no secret. */
const OPEN = [
  { name: "client_id", label: "Client ID" },
  { name: "username", label: "User name" },
  { name: "subject", label: "Acts for" },
] as const;

function keysIn(...pasted: (string | undefined)[]): string[] {
  return pasted.flatMap((key) => (key === undefined ? [] : sensitiveParts(key)));
}
