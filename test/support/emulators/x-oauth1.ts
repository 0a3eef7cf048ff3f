import { json, text, type Answer, type Received } from "../echo.ts";
import { isSigned, takeApart, type Parsed } from "../oauth1-verify.ts";
import { PEOPLE, random, type Call, type Ground, type Handler, type Person } from "./http.ts";
import { consentPage, errorPage } from "./oauth2-page.ts";

// The three legs of OAuth 1.0a at X (docs.x.com/fundamentals/authentication/oauth-1-0a).

export const CONSUMER = { key: "x-api-key", secret: "canary-x-api-key-secret" };

const CLOCK_SECONDS = 300;

interface Token {
  secret: string;
  person?: Person;
  callback?: string;
  verifier?: string;
}

export function emulateXOAuth1(ground: Ground) {
  const tokens = new Map<string, Token>();
  const nonces = new Set<string>();
  const invalidated: string[] = [];

  /** Who signed, when the signature, its time and its nonce are right. */
  const signed = (request: Received): { parsed: Parsed; token: Token | undefined } | undefined => {
    const parsed = partsOf(request);
    const [id, at, nonce] = ["oauth_token", "oauth_timestamp", "oauth_nonce"].map((name) => parsed?.protocol.get(name));
    const token = tokens.get(id ?? "");
    if (!parsed || (id !== undefined && !token) || nonces.has(`${at} ${nonce}`)) return undefined;
    nonces.add(`${at} ${nonce}`);
    const late = Math.abs(ground.clock().getTime() / 1000 - Number(at));
    const known = parsed.protocol.get("oauth_consumer_key") === CONSUMER.key;
    const right = parsed.protocol.get("oauth_signature_method") === "HMAC-SHA1";
    const secrets = { consumer: CONSUMER.secret, token: token?.secret ?? "" };
    return known && right && late < CLOCK_SECONDS && isSigned(parsed, secrets) ? { parsed, token } : undefined;
  };

  const requestToken: Handler = ({ request }) => {
    const asked = signed(request);
    if (!asked) return problem(401, 32, "Could not authenticate you.");
    const callback = asked.parsed.protocol.get("oauth_callback") ?? "";
    if (callback.split("?")[0] !== ground.callback)
      return problem(403, 415, "Callback URL not approved for this client application.");
    const made = { secret: random(), callback };
    const oauth_token = random();
    tokens.set(oauth_token, made);
    return form({ oauth_token, oauth_token_secret: made.secret, oauth_callback_confirmed: "true" });
  };

  const authorize: Handler = ({ query }) => {
    const id = query.get("oauth_token") ?? "";
    const token = tokens.get(id);
    if (!token?.callback) return errorPage("There is no request token for this page.");
    const person = PEOPLE.find(({ email }) => email === query.get("consents_as"));
    if (!person && !query.has("declines")) return consentPage(query);
    if (person) Object.assign(token, { person, verifier: random() });
    const back = new URL(token.callback);
    const said = person ? { oauth_token: id, oauth_verifier: token.verifier! } : { denied: id };
    for (const [name, value] of Object.entries(said)) back.searchParams.set(name, value);
    return (_request, response) => response.writeHead(302, { location: back.href }).end();
  };

  const accessToken: Handler = ({ request }) => {
    const { parsed, token } = signed(request) ?? {};
    const good = token?.person && token.verifier === parsed?.protocol.get("oauth_verifier");
    if (!parsed || !good) return problem(401, 32, "Could not authenticate you.");
    tokens.delete(parsed.protocol.get("oauth_token")!);
    const { person } = token as { person: Person };
    const [oauth_token, oauth_token_secret] = [`${person.id}-${random()}`, random()];
    tokens.set(oauth_token, { secret: oauth_token_secret, person });
    return form({ oauth_token, oauth_token_secret, user_id: person.id, screen_name: screenName(person) });
  };

  const invalidate: Handler = ({ request }) => {
    const { parsed, token } = signed(request) ?? {};
    if (!parsed || !token) return problem(401, 89, "Invalid or expired token.");
    const access_token = parsed.protocol.get("oauth_token")!;
    tokens.delete(access_token);
    invalidated.push(access_token);
    return json({ access_token });
  };

  return {
    invalidated,
    /** Whoever linked, when a request is signed with their token. */
    personOf: ({ request }: Call): Person | undefined => {
      const { token } = signed(request) ?? {};
      return token?.verifier === undefined ? token?.person : undefined;
    },
    endAll: () => tokens.clear(),
    routes: {
      "POST /oauth/request_token": requestToken,
      "GET /oauth/authorize": authorize,
      "POST /oauth/access_token": accessToken,
      "POST /1.1/oauth/invalidate_token": invalidate,
    },
  };
}

export function screenName({ name }: Person): string {
  return name.replace(" ", "").toLowerCase();
}

function partsOf(request: Received): Parsed | undefined {
  try {
    return takeApart({
      method: request.method,
      url: `https://${request.header("host")}${request.path}`,
      contentType: request.header("content-type"),
      authorization: request.header("authorization"),
      body: request.body,
    });
  } catch {
    return undefined;
  }
}

function form(fields: Record<string, string>): Answer {
  return text(new URLSearchParams(fields).toString(), "text/html;charset=utf-8");
}

function problem(status: number, code: number, message: string): Answer {
  return json({ errors: [{ code, message }] }, status);
}
