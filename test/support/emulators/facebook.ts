import { createHmac } from "node:crypto";
import { json, type Answer } from "../echo.ts";
import { formOf, random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import { APP, type Grant } from "./oauth2-rules.ts";
import { OAuth2 } from "./oauth2.ts";

// Facebook Login and the Graph API (developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow).

const VERSION = "v26.0";
const SHORT_SECONDS = 5_400;
const LONG_SECONDS = 5_183_944;
const SCOPES = ["public_profile", "email", "pages_show_list", "pages_read_engagement", "pages_manage_posts"];

export function emulateFacebook(ground: Ground) {
  const system = new Map<string, Person>();
  /** The app setting "Require App Secret". */
  let proofRequired = false;

  const oauth = new OAuth2(ground, {
    scopes: SCOPES,
    between: ",",
    client: "body",
    pkce: "supported",
    lifetime: SHORT_SECONDS,
    refresh: "never",
    prefixes: ["EAAB", ""],
    declined: {
      error: "access_denied",
      error_code: "200",
      error_description: "Permissions error",
      error_reason: "user_denied",
    },
    shape: (_grant, { access_token }) => ({ access_token, token_type: "bearer", expires_in: SHORT_SECONDS }),
    refuse: (error, message) => [problem(error === "invalid_client" ? 1 : 100, message), 400],
  });

  /** The same address trades codes and swaps tokens, and takes its parameters from the query or from a form. */
  const token = (call: Call): Answer => {
    const given = formOf(call.request) ?? call.query;
    if (given.get("grant_type") !== "fb_exchange_token") return oauth.token(call);
    const isApp = given.get("client_id") === APP.id && given.get("client_secret") === APP.secret;
    if (!isApp) return json(problem(1, "Error validating client secret."), 400);
    const grant = oauth.grantOf(given.get("fb_exchange_token") ?? undefined);
    if (!grant) return expired(463, "Error validating access token: Session has expired.");
    return json({ access_token: oauth.issue(grant, LONG_SECONDS), token_type: "bearer", expires_in: LONG_SECONDS });
  };

  const api =
    (needed: string | null, answer: (call: Call, person: Person, grant?: Grant) => Answer) => (call: Call) => {
      if (call.params[0] !== VERSION)
        return json(problem(2635, "You are calling a deprecated version of the API."), 400);
      const given = tokenOf(call.request) ?? call.query.get("access_token") ?? "";
      const grant = oauth.grantOf(given);
      const person = grant?.person ?? system.get(given);
      if (!person)
        return oauth.hasEnded(given)
          ? expired(463, "Error validating access token: Session has expired.")
          : expired(460, "Error validating access token: The session has been invalidated.");
      const proof = createHmac("sha256", APP.secret).update(given).digest("hex");
      const proven = call.query.get("appsecret_proof");
      if (proven === null ? proofRequired : proven !== proof)
        return json(problem(100, "API calls from the server require an appsecret_proof argument"), 400);
      if (needed !== null && grant && !grant.scopes.includes(needed))
        return json(problem(200, `Requires ${needed} permission`), 403);
      return answer(call, person, grant);
    };

  ground.internet.host("www.facebook.com", routes({ [`GET /${VERSION}/dialog/oauth`]: oauth.authorize }));
  ground.internet.host(
    "graph.facebook.com",
    routes(
      {
        [`POST /${VERSION}/oauth/access_token`]: token,
        [`GET /${VERSION}/oauth/access_token`]: token,
        "GET /*/me": api("public_profile", (_call, { id, name }) =>
          json({ id, name }, 200, { "x-app-usage": '{"call_count":1}' }),
        ),
        "GET /*/me/accounts": api("pages_show_list", ({ query }, { name }) =>
          inPages(
            ["77", "78", "79"].map((id) => ({ id, name: `Page of ${name}`, category: "Museum" })),
            query,
          ),
        ),
        "GET /*/77": api("pages_read_engagement", (_call, { name }) =>
          json({ id: "77", name: `Page of ${name}`, link: "https://www.facebook.com/77", followers_count: 12 }),
        ),
        "GET /*/77/posts": api("pages_read_engagement", ({ query }) =>
          inPages([{ id: "77_1", message: "Found a moth.", created_time: "2026-05-31T14:00:00+0000" }], query),
        ),
        "POST /*/77/feed": api("pages_manage_posts", ({ request }) =>
          formOf(request)?.get("message")
            ? json({ id: "77_2" })
            : json(problem(100, "Missing message or attachment"), 400),
        ),
        // The person's consent to the whole app ends, with every token of it.
        "DELETE /*/me/permissions": api(null, (_call, person) => {
          oauth.revoked.push(person.id);
          oauth.endAll(person);
          return json({ success: true });
        }),
      },
      () => json(problem(2500, "Unknown path components"), 400),
    ),
  );

  return {
    oauth,
    requireProof: (on: boolean) => (proofRequired = on),
    /** The business makes a token for a system user, which does not end. */
    systemUserToken: (person: Person) => {
      const made = random("EAAB");
      system.set(made, person);
      return made;
    },
    deleteSystemUsers: () => system.clear(),
  };
}

function problem(code: number, message: string, error_subcode?: number) {
  const sub = error_subcode === undefined ? {} : { error_subcode };
  return { error: { message, type: "OAuthException", code, ...sub, fbtrace_id: "EJplcsCHuLu" } };
}

/** Two at a time; each page names its last item, and the next page only where there is one. */
function inPages(all: { id: string; [name: string]: unknown }[], query: URLSearchParams): Answer {
  const from = all.findIndex(({ id }) => id === query.get("after")) + 1;
  const data = all.slice(from, from + 2);
  const cursors = { before: data[0]?.id, after: data.at(-1)?.id };
  const next = from + 2 < all.length ? { next: "https://graph.facebook.com/with-a-token-in-it" } : {};
  return json({ data, paging: { cursors, ...next } });
}

/** A dead token is a bad request here, not an unauthorized one. */
function expired(subcode: number, message: string): Answer {
  return json(problem(190, message, subcode), 400);
}
