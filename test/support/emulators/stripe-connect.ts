import { json, type Answer } from "../echo.ts";
import { basicOf, formOf, random, routes, tokenOf, type Call, type Ground } from "./http.ts";
import { errorPage, sentBack } from "./oauth2-page.ts";
import { APP } from "./oauth2-rules.ts";

// Stripe Connect by OAuth: the client secret is the platform's own secret key (docs.stripe.com/connect/oauth-reference).

export interface Account {
  id: string;
  name: string;
}

/** `keyFor` makes a key with which the platform acts for an account. */
export function emulateConnect(ground: Ground, keyFor: (account: Account) => string) {
  const connected = new Map<string, Account>();
  const deauthorized: string[] = [];
  /** What codes and refresh tokens stand for; codes are good once. */
  const given = new Map<string, Account>();

  const authorize = ({ query }: Call): Answer => {
    if (query.get("client_id") !== APP.id || query.get("redirect_uri") !== ground.callback)
      return errorPage("No application matches the supplied client identifier");
    const scope = query.get("scope") ?? "";
    const wrong = query.has("code_challenge") || !/^read_(write|only)$/.test(scope);
    if (wrong || query.get("response_type") !== "code") return sentBack(query, { error: "invalid_request" });
    if (query.has("declines")) return sentBack(query, { error: "access_denied" });
    const email = query.get("consents_as")!;
    const code = random("ac_");
    given.set(code, { id: `acct_${email.split("@")[0]}`, name: `Shop of ${email}` });
    return sentBack(query, { code, scope });
  };

  const byPlatform = (answer: (form: URLSearchParams) => Answer) => (call: Call) => {
    const form = formOf(call.request);
    const secrets = [form?.get("client_secret"), tokenOf(call.request), basicOf(call.request)?.[0]];
    return form && secrets.includes(APP.secret)
      ? answer(form)
      : refused(401, "invalid_client", "No secret key was provided.");
  };

  const token = byPlatform((form) => {
    const isCode = form.get("grant_type") === "authorization_code";
    if (!isCode && form.get("grant_type") !== "refresh_token")
      return refused(400, "unsupported_grant_type", "Unsupported.");
    const held = form.get(isCode ? "code" : "refresh_token") ?? "";
    const account = given.get(held);
    if (isCode) given.delete(held);
    if (!account) return refused(400, "invalid_grant", "It does not exist or was used.");
    connected.set(account.id, account);
    const refresh_token = random("rt_");
    given.set(refresh_token, account);
    const more = { token_type: "bearer", stripe_publishable_key: "pk_test_1", livemode: false, scope: "read_write" };
    return json({ access_token: keyFor(account), refresh_token, stripe_user_id: account.id, ...more });
  });

  const disconnect = (id: string) => {
    connected.delete(id);
    for (const [held, account] of given) if (account.id === id) given.delete(held);
  };

  const deauthorize = byPlatform((form) => {
    const id = form.get("stripe_user_id") ?? "";
    const known = form.get("client_id") === APP.id && connected.has(id);
    if (!known) return refused(401, "invalid_client", "The application is not connected to this account.");
    disconnect(id);
    deauthorized.push(id);
    return json({ stripe_user_id: id });
  });

  ground.internet.host(
    "connect.stripe.com",
    routes({ "GET /oauth/authorize": authorize, "POST /oauth/token": token, "POST /oauth/deauthorize": deauthorize }),
  );
  return { connected, deauthorized, disconnect };
}

function refused(status: number, error: string, error_description: string): Answer {
  return json({ error, error_description }, status);
}
