import { z } from "zod";
import { SignetError } from "../../errors.ts";
import type { Field, Kind } from "../kind.ts";
import { isForm } from "../oauth1/base-string.ts";
import { consent } from "../oauth1/consent.ts";
import { percentEncode } from "../percent.ts";
import { problemIn, problemSentence } from "../oauth1/problem.ts";
import { settingsFields, settingsSchema, type Settings } from "../oauth1/settings.ts";
import { explainRequest, previewRequest, PROTOCOL, signRequest, type Token } from "../oauth1/sign.ts";
import { askSigned } from "../oauth1/token-request.ts";
import { credential, lastFour } from "../text.ts";

const secretFields: Field[] = [
  { name: "token", label: "Token", type: "text", required: true, hidden: true },
  { name: "token_secret", label: "Token secret", type: "text", required: true, hidden: true },
];

// It names the grant and proves nothing without its secret, so it may be short.
const identifier = z
  .string()
  .min(1, "Enter the token.")
  .max(16_384)
  .regex(/^[\x21-\x7e]*$/, "A token is visible ASCII without spaces; copy it again.");

/** OAuth 1.0 (RFC 5849): each request is signed, with a token that was won by consent or is entered with its secret. */
export const oauth1: Kind<Settings, Token> = {
  id: "oauth1",
  label: "OAuth 1.0a",
  summary: "Each request is signed; people allow access on the provider's own page, or enter a token with its secret.",
  settings: settingsFields,
  settingsSchema,
  secret: (settings) => (byConsent(settings) ? [] : secretFields),
  secretSchema: z.strictObject({ token: identifier, token_secret: credential }),
  sign: (request, secret, settings, circumstances) => signRequest(request, settings, secret, circumstances),
  preview: previewRequest,
  explain: explainRequest,
  coversBody: (settings, request) =>
    isForm(request) || (settings.body_hash && settings.signature_method !== "PLAINTEXT"),
  slots: (settings) => ({
    headers: ["Authorization"],
    query: PROTOCOL,
    body: settings.in === "body" ? PROTOCOL : [],
  }),
  // PLAINTEXT sends both secrets encoded, and a header that is echoed encodes them once more.
  sensitive: ({ token, token_secret }, { consumer_secret }) => [
    ...new Set(
      [token, token_secret, consumer_secret].filter((text) => !!text).flatMap((text) => [text!, percentEncode(text!)]),
    ),
  ],
  facts: (secret) => [
    { label: "Token", value: lastFour(secret.token) },
    { label: "Token secret", value: "saved, hidden" },
  ],
  controlHosts: (settings) => [
    ...new Set(
      [settings.request_token_url, settings.access_token_url, settings.revoke_url]
        .filter((url) => url !== undefined)
        .map((url) => new URL(url).host),
    ),
  ],
  consent: (settings) => (byConsent(settings) ? consent : undefined),
  refused(answer, settings, now) {
    const problem = problemIn(answer, settings);
    return problem && problemSentence(problem, settings, { answer, now, linking: false });
  },
  // No standard has a revocation for these tokens, so each provider's own call is made.
  async revoke(settings, secret, ask, circumstances) {
    if (settings.revoke_url === undefined) return false;
    const url = settings.revoke_url.replace(/\{token\}|%7Btoken%7D/i, () => percentEncode(secret.token));
    const { status } = await askSigned(settings, { method: settings.revoke_method, url }, secret, ask, circumstances);
    if (status >= 400) throw new SignetError("upstream_invalid", `The provider answered ${status} to the revocation.`);
    return true;
  },
};

function byConsent(settings: Settings): boolean {
  return settings.request_token_url !== undefined;
}
