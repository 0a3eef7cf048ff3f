import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { json, type Answer } from "../echo.ts";
import { gmail, googleCalendarAndDrive, googleSheets } from "./google-office.ts";
import { formOf, routes, tokenOf, type Call, type Ground, type Handler } from "./http.ts";
import { claimsOf, isFresh } from "./jwt.ts";
import { APP, type Grant, type Reply } from "./oauth2-rules.ts";
import { OAuth2 } from "./oauth2.ts";

// Google: consent, service accounts, and whatever API is hosted beside it
// (developers.google.com/identity/protocols/oauth2/web-server, .../service-account).

const TOKEN_URL = "https://oauth2.googleapis.com/token";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const LIFETIME = 3599;

export const SCOPES = {
  dialogflow: "https://www.googleapis.com/auth/dialogflow",
  platform: "https://www.googleapis.com/auth/cloud-platform",
  devices: "https://www.googleapis.com/auth/sdm.service",
  calendar: "https://www.googleapis.com/auth/calendar",
  send: "https://www.googleapis.com/auth/gmail.send",
  files: "https://www.googleapis.com/auth/drive.readonly",
  sheets: "https://www.googleapis.com/auth/spreadsheets",
};

/** Whoever a token speaks for. */
export interface Caller {
  email: string;
  id: string;
  scopes: string[];
}

export function emulateGoogle(ground: Ground) {
  const scopes = ["openid", "email", "profile", ...Object.values(SCOPES)];
  const signing = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const robots = new Map<string, KeyObject>();
  const oauth = new OAuth2(ground, {
    scopes,
    client: "either",
    pkce: "supported",
    lifetime: LIFETIME,
    refresh: "kept",
    prefixes: ["ya29.", "1//"],
    // Without prompt=consent a refresh token comes with the very first consent only.
    lasts: (asked, first) => asked.get("access_type") === "offline" && (first || asked.get("prompt") === "consent"),
    shape: (grant, plain) =>
      grant.scopes.includes("openid") ? { ...plain, id_token: idToken(grant, signing) } : plain,
    open: [JWT_BEARER],
    others: (type, form) => (type === JWT_BEARER ? assertion(form.get("assertion") ?? "") : undefined),
  });

  /** RFC 7523 with a service account's own key. */
  const assertion = (token: string): Reply => {
    const claims = claimsOf(token, (issuer) => robots.get(issuer));
    if (!claims) return oauth.refuse("invalid_grant", "Invalid JWT Signature.");
    if (!isFresh(claims, ground.clock().getTime(), 3600))
      return oauth.refuse("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).");
    const asked = String(claims.scope).split(" ");
    if (claims.aud !== TOKEN_URL) return oauth.refuse("invalid_grant", "Invalid JWT: Failed audience check.");
    if (!asked.every((scope) => scopes.includes(scope))) return oauth.refuse("invalid_scope", "Invalid scope.");
    const person = { id: "117", name: "", email: String(claims.sub ?? claims.iss) };
    const grant = {
      person,
      scopes: asked,
      asked: new URLSearchParams(),
      refreshToken: undefined,
      since: ground.clock(),
    };
    return [{ access_token: oauth.issue(grant), token_type: "Bearer", expires_in: LIFETIME }, 200];
  };

  /** Either token ends the grant; no client has to present itself. */
  const revoke: Handler = ({ request, query }) => {
    const token = formOf(request)?.get("token") ?? query.get("token") ?? "";
    return oauth.endByToken(token)
      ? json({})
      : json({ error: "invalid_token", error_description: "Token expired or revoked" }, 400);
  };

  const api = (needed: string[], answer: (call: Call, caller: Caller) => Answer) => (call: Call) => {
    const grant = oauth.grantOf(tokenOf(call.request));
    if (!grant) return problem(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
    const enough = needed.some((scope) => grant.scopes.includes(scope));
    if (!enough) return problem(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.");
    return answer(call, { email: grant.person.email, id: grant.person.id, scopes: grant.scopes });
  };

  ground.internet.host("accounts.google.com", routes({ "GET /o/oauth2/v2/auth": oauth.authorize }));
  ground.internet.host("oauth2.googleapis.com", routes({ "POST /token": oauth.token, "POST /revoke": revoke }));
  ground.internet.host(
    "openidconnect.googleapis.com",
    routes({
      "GET /v1/userinfo": api(["openid", "email", "profile"], (_call, { id, email }) =>
        json({ sub: id, email, email_verified: true }),
      ),
    }),
  );

  ground.internet.host(
    "www.googleapis.com",
    routes({
      "GET /calendar/v3/calendars/primary": api([SCOPES.calendar], (_call, { email }) => json({ id: email })),
      ...googleCalendarAndDrive(api),
    }),
  );
  ground.internet.host("gmail.googleapis.com", routes(gmail(api)));
  ground.internet.host("sheets.googleapis.com", routes(googleSheets(api)));

  return {
    oauth,
    api,
    /** Makes a service account; answers the file with its key that the console lets one download. */
    deleteServiceAccount: (email: string) => robots.delete(email),
    serviceAccount: (email: string) => {
      const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      robots.set(email, publicKey);
      const private_key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      return { type: "service_account", client_email: email, private_key_id: "k1", private_key, token_uri: TOKEN_URL };
    },
  };
}

export type Google = ReturnType<typeof emulateGoogle>;

/** As all newer Google APIs say what is wrong. */
export function problem(code: number, status: string, message: string): Answer {
  return json({ error: { code, status, message } }, code);
}

function idToken({ person, since }: Grant, { privateKey }: { privateKey: KeyObject }): string {
  const at = Math.floor(since.getTime() / 1000);
  const claims = {
    iss: "https://accounts.google.com",
    aud: APP.id,
    sub: person.id,
    email: person.email,
    iat: at,
    exp: at + LIFETIME,
  };
  const text = [{ alg: "RS256", typ: "JWT", kid: "g1" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}
