import { SignetError } from "../../errors.ts";
import { examine } from "../jwt/examine.ts";
import { exchange, tokenHost } from "../jwt/exchange.ts";
import { secretFields, settingsFields } from "../jwt/fields.ts";
import { draft, mint } from "../jwt/mint.ts";
import {
  promptsOf,
  secretSchema,
  secretSchemaFor,
  settingsSchema,
  type Secret,
  type Settings,
} from "../jwt/settings.ts";
import { MASK, type Circumstances, type Kind } from "../kind.ts";
import { promptFacts, type Prompts } from "../prompts.ts";
import { withHeader, type OutgoingRequest } from "../request.ts";
import { sensitiveParts } from "../signing-key.ts";

const JWT = /[\w-]+\.[\w-]+\.[\w-]+/g;

/** A JWT that Signet signs itself, for each request or for a token that it is traded for (RFC 7519, RFC 7523). */
export const jwt: Kind<Settings, Secret> = {
  id: "jwt",
  label: "Signed JWT",
  summary: "Service accounts and apps: each request, or the request for a token, is signed with a private key.",
  settings: settingsFields,
  settingsSchema,
  secret: secretFields,
  secretSchema: secretSchema as unknown as Kind<Settings, Secret>["secretSchema"],
  secretSchemaFor,
  examine,
  sign(request, secret, settings, circumstances) {
    if (settings.exchange === "none") return attach(request, settings, mint(settings, secret, request, circumstances));
    if (secret.token !== undefined) return attach(request, settings, secret.token);
    throw new SignetError(
      "needs_reconnect",
      "This service trades keys for tokens since its settings were changed. Enter the account's key again.",
    );
  },
  preview: (request, settings) => attach(request, settings, MASK),
  explain,
  slots: (settings) => ({ headers: [settings.header], query: [], body: [] }),
  sensitive: (secret, settings) =>
    [...sensitiveParts(secret.key), secret.token, settings.client_secret].filter((text) => text !== undefined),
  made: (signed, settings) =>
    signed.headers.filter(([name]) => name === settings.header).flatMap(([, value]) => value.match(JWT) ?? []),
  facts: (secret, settings) => [
    { label: settings.key_label ?? "Key", value: "saved, hidden" },
    ...promptFacts(told(settings), secret),
  ],
  controlHosts: (settings) => [tokenHost(settings)].filter((host) => host !== undefined),
  renewal: (settings) => (settings.exchange === "none" ? undefined : exchange),
};

function attach(request: OutgoingRequest, settings: Settings, token: string): OutgoingRequest {
  return withHeader(
    request,
    settings.header,
    settings.format.replaceAll("{token}", () => token),
  );
}

/** What is asked, and what the key's file may have told. */
function told(settings: Settings): Prompts {
  const { names, open, labels } = promptsOf(settings);
  const all = [...new Set([...names, "issuer", "key_id"])];
  return { names: all, open: [...open, "issuer", "key_id"], labels };
}

/** Header and claims, with the blanks of what only the account knows. */
function explain(request: OutgoingRequest, settings: Settings, { now }: Circumstances): Record<string, string> {
  const { url, method } = request;
  const seconds = String(Math.floor(now.getTime() / 1000));
  const known = { method, host: url.host, path: url.pathname, now: seconds };
  const unknown = ["issuer", "key_id", "nonce", "fingerprint", ...Object.keys(settings.asks)];
  const blanks = Object.fromEntries(unknown.map((name) => [name, `{${name}}`]));
  const { header, claims } = draft(settings, { ...blanks, ...known }, now);
  return { jwt_header: JSON.stringify(header), jwt_claims: JSON.stringify(claims) };
}
