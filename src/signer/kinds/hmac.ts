import { coversBody, explainRequest, previewRequest, signRequest } from "../hmac/sign.ts";
import {
  secretFields,
  secretSchema,
  settingsFields,
  settingsSchema,
  type Secret,
  type Settings,
} from "../hmac/settings.ts";
import type { Kind } from "../kind.ts";
import { lastFour } from "../text.ts";

/** A signature that the service declares: what is signed, with which HMAC (RFC 2104), and where the result goes. */
export const hmac: Kind<Settings, Secret> = {
  id: "hmac",
  label: "HMAC signature",
  summary: "A secret signs each request in a way that you describe; the secret itself never travels.",
  settings: settingsFields,
  settingsSchema,
  secret: secretFields,
  secretSchema,
  sign: signRequest,
  preview: previewRequest,
  explain: explainRequest,
  coversBody,
  slots: ({ headers, query }) => ({ headers: Object.keys(headers), query: Object.keys(query), body: [] }),
  sensitive: ({ secret }) => [secret],
  facts: ({ key_id }) => [
    ...(key_id === undefined ? [] : [{ label: "Key ID", value: lastFour(key_id) }]),
    { label: "Secret", value: "saved, hidden" },
  ],
};
