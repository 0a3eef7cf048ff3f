import { SignetError } from "../../errors.ts";
import type { Described } from "../discovery.ts";
import { endpoint } from "../shapes.ts";

// What an authorization server says of itself (RFC 8414 section 2, OpenID Connect Discovery section 3), as settings.

/** Endpoints by the setting that they fill. */
const ENDPOINTS = [
  { member: "authorization_endpoint", setting: "authorize_url", label: "Authorization URL" },
  { member: "token_endpoint", setting: "token_url", label: "Token URL" },
  { member: "device_authorization_endpoint", setting: "device_url", label: "Device authorization URL" },
  { member: "revocation_endpoint", setting: "revoke_url", label: "Revocation URL" },
] as const;

/** How a client may sign in at the token URL, best first. */
const SIGN_INS = [
  ["client_secret_basic", "basic"],
  ["client_secret_post", "body"],
  ["client_secret_jwt", "client_secret_jwt"],
  ["none", "none"],
  ["private_key_jwt", "private_key_jwt"],
] as const;

/** Grants that win access, in the order in which they are offered to people, and the endpoint that each needs besides. */
const GRANTS = [
  ["authorization_code", "authorization_code", "authorize_url"],
  ["urn:ietf:params:oauth:grant-type:device_code", "device_code", "device_url"],
  ["client_credentials", "client_credentials", undefined],
  ["urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt_bearer", undefined],
  ["password", "password", undefined],
] as const;

const MAX_SCOPES = 200;

/**
 * Reads the metadata of the server at `asked`. Every address must be https, or on the very host that was asked where
 * that is plain http. Throws `upstream_invalid` when what nothing works without is missing or unfit.
 */
export function describe(metadata: Record<string, unknown>, asked: URL): Described {
  const notes: string[] = [];
  const [, grant, besides] = GRANTS.find(([name]) => grants(metadata).includes(name)) ?? GRANTS[0];
  const endpoints = ENDPOINTS.flatMap(({ member, setting, label }) => {
    const url = address(metadata[member], asked);
    if (url !== undefined) return [{ setting, label, url }];
    if (setting === "token_url" || setting === besides) throw unusable(metadata[member], label);
    if (metadata[member] !== undefined) notes.push(`Its ${label} is left out: it is not an https address.`);
    return [];
  });
  const settings: Record<string, unknown> = Object.fromEntries(endpoints.map(({ setting, url }) => [setting, url]));
  if (grant !== "authorization_code") settings.grant = grant;
  const issuer = String(metadata.issuer);
  // RFC 9207 section 3: only who promises the parameter can be held to it.
  if (metadata.authorization_response_iss_parameter_supported === true) settings.issuer = issuer;
  const signIn = SIGN_INS.find(([method]) => signIns(metadata).includes(method));
  if (signIn) settings.token_auth = signIn[1];
  else notes.push("Its clients sign in at the token URL in ways that this kind does not know.");
  notes.push(...shortcomings(metadata, grant));
  const registration = address(metadata.registration_endpoint, asked);
  const renews = metadata.grant_types_supported === undefined || grants(metadata).includes("refresh_token");
  return { issuer, settings, endpoints, scopes: scopes(metadata), registration, renews, notes };
}

/** Scopes as metadata lists them; what no scope can be (RFC 6749 section 3.3) is left out. */
export function scopes(metadata: Record<string, unknown>): string[] {
  return [...new Set(strings(metadata.scopes_supported))]
    .filter((scope) => /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/.test(scope))
    .slice(0, MAX_SCOPES);
}

// What is not said is not held against a server: PKCE stays on (statement O-6).
function shortcomings(metadata: Record<string, unknown>, grant: string): string[] {
  if (grant !== "authorization_code") return ["It does not let people allow access on a page of its own."];
  const notes: string[] = [];
  const challenges = strings(metadata.code_challenge_methods_supported);
  if (!challenges.includes("S256")) notes.push("It does not say that it takes PKCE with S256. PKCE stays on.");
  const types = metadata.response_types_supported;
  if (types !== undefined && !strings(types).includes("code"))
    notes.push("It does not offer the authorization code that accounts are linked with.");
  if (!grants(metadata).includes("authorization_code"))
    notes.push("It does not offer the authorization code grant that accounts are linked with.");
  return notes;
}

/** RFC 8414 section 2: who says nothing offers the code. */
function grants(metadata: Record<string, unknown>): string[] {
  const supported = metadata.grant_types_supported;
  return supported === undefined ? ["authorization_code"] : strings(supported);
}

/** RFC 8414 section 2: who says nothing means Basic. */
function signIns(metadata: Record<string, unknown>): string[] {
  const methods = metadata.token_endpoint_auth_methods_supported;
  return methods === undefined ? ["client_secret_basic"] : strings(methods);
}

function address(value: unknown, asked: URL): string | undefined {
  const parsed = endpoint.safeParse(value);
  if (!parsed.success || parsed.data.length > 2000) return undefined;
  const url = new URL(parsed.data);
  const plain = url.protocol === "http:" && asked.protocol === "http:" && url.host === asked.host;
  return url.protocol === "https:" || plain ? parsed.data : undefined;
}

function unusable(value: unknown, label: string): SignetError {
  const why = value === undefined ? "names none" : "names one that is not an https address";
  return new SignetError("upstream_invalid", `Its metadata can not be used: for the ${label} it ${why}.`);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
