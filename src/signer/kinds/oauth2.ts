import type { Kind } from "../kind.ts";
import { attach, attachedSlots, attachMask, proof } from "../oauth2/attach.ts";
import { consent } from "../oauth2/consent.ts";
import { controlHosts } from "../oauth2/hosts.ts";
import { register, unregister } from "../oauth2/registration.ts";
import { refresh } from "../oauth2/refresh.ts";
import { revoke } from "../oauth2/revoke.ts";
import { describe, scopes } from "../oauth2/server-metadata.ts";
import { settingsFields, settingsSchema, type Settings } from "../oauth2/settings.ts";
import { secretSchema, type Secret } from "../oauth2/token-answer.ts";
import { lastFour } from "../text.ts";

/** OAuth 2.0 by consent; the token goes out as a bearer header (RFC 6750) or as the service's settings say. */
export const oauth2: Kind<Settings, Secret> = {
  id: "oauth2",
  label: "OAuth 2.0",
  summary: "People allow access on the provider's own page; no password is typed here.",
  settings: settingsFields,
  settingsSchema,
  secret: () => [],
  secretSchema,
  sign: attach,
  preview: attachMask,
  slots: attachedSlots,
  sensitive: (secret, settings) =>
    [secret.access_token, secret.refresh_token, settings.client_secret, proof(secret, settings)].filter(
      (text) => text !== undefined,
    ),
  facts: (secret) => [
    { label: "Access token", value: lastFour(secret.access_token) },
    { label: "Refresh token", value: secret.refresh_token === undefined ? "none" : "saved, hidden" },
  ],
  controlHosts,
  consent: () => consent,
  renewal: () => refresh,
  revoke,
  discovery: { describe, scopes, register, unregister },
};
