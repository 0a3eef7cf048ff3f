import { parseJson } from "../json.ts";
import type { Settings } from "./settings.ts";

/**
 * The claims of an ID token that came straight from the token endpoint. Its signature is not checked, which OpenID
 * Connect Core 3.1.3.7 item 6 allows where the connection itself proves the sender; they are used to name an account
 * and for nothing that opens a door. Undefined for what is no token, or another client's or issuer's.
 */
export function claimsOf(settings: Settings, idToken: unknown): Record<string, unknown> | undefined {
  const payload = typeof idToken === "string" && idToken.length <= 65_536 ? idToken.split(".")[1] : undefined;
  if (payload === undefined) return undefined;
  const claims = parseJson(Buffer.from(payload, "base64url").toString("utf8"));
  if (claims === null || typeof claims !== "object" || Array.isArray(claims)) return undefined;
  const { aud, iss } = claims as Record<string, unknown>;
  const mine = Array.isArray(aud) ? aud.includes(settings.client_id) : aud === settings.client_id;
  return mine && (settings.issuer === undefined || iss === settings.issuer)
    ? (claims as Record<string, unknown>)
    : undefined;
}
