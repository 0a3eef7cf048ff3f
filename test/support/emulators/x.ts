import { json, type Answer } from "../echo.ts";
import { behind, jsonOf, many, random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import { OAuth2 } from "./oauth2.ts";
import { emulateXOAuth1, screenName } from "./x-oauth1.ts";

// X, which was Twitter: OAuth 2.0 with PKCE for confidential clients, OAuth 1.0a, and tokens of the app (docs.x.com).

export function emulateX(ground: Ground) {
  const appOnly = new Set<string>();
  const oauth = new OAuth2(ground, {
    scopes: ["tweet.read", "tweet.write", "users.read", "offline.access", "dm.read", "dm.write", "media.write"],
    client: "basic",
    pkce: "required",
    lifetime: 7200,
    refresh: "rotated",
    lasts: (asked) => (asked.get("scope") ?? "").split(" ").includes("offline.access"),
    shape: (_grant, plain) => ({ ...plain, token_type: "bearer" }),
  });

  const oauth1 = emulateXOAuth1(ground);

  const api = (needed: string, answer: (call: Call, person: Person) => Answer) => (call: Call) => {
    const bySignature = /^OAuth /.test(call.request.header("authorization") ?? "");
    if (bySignature) {
      const person = oauth1.personOf(call);
      return person ? answer(call, person) : problem(401, "Unauthorized", "Unauthorized");
    }
    const grant = oauth.grantOf(tokenOf(call.request));
    if (!grant) return problem(401, "Unauthorized", "Unauthorized");
    if (!grant.scopes.includes(needed))
      return problem(403, "Forbidden", "You are not permitted to perform this action.");
    return answer(call, grant.person);
  };

  const someone = ({ request, params: [username] }: Call): Answer => {
    const token = tokenOf(request);
    if (!appOnly.has(token ?? "") && !oauth.grantOf(token)) return problem(401, "Unauthorized", "Unauthorized");
    return json({ data: { id: "783214", name: username, username } });
  };

  ground.internet.host("x.com", routes({ "GET /i/oauth2/authorize": oauth.authorize }));
  ground.internet.host(
    "api.x.com",
    routes(
      {
        ...oauth1.routes,
        "POST /2/oauth2/token": oauth.token,
        "POST /2/oauth2/revoke": oauth.revocation,
        "GET /2/users/me": api("users.read", (_call, person) =>
          json({ data: { id: person.id, name: person.name, username: screenName(person) } }, 200, {
            "x-rate-limit-limit": "75",
            "x-rate-limit-remaining": "74",
          }),
        ),
        "GET /2/users/by/username/*": someone,
        "GET /2/tweets/search/recent": api("tweet.read", ({ query }) => inPages(query, "next_token")),
        "GET /2/users/*/tweets": api("tweet.read", ({ query }) => inPages(query, "pagination_token")),
        "DELETE /2/tweets/*": api("tweet.write", ({ params: [id] }) =>
          id === "1" ? json({ data: { deleted: true } }) : problem(404, "Not Found Error", "There is no such post."),
        ),
        "POST /2/tweets": api("tweet.write", ({ request }, person) =>
          json({ data: { id: "1", text: jsonOf(request)?.text, author: screenName(person) } }, 201),
        ),
      },
      () => problem(404, "Not Found", "Not Found"),
    ),
  );

  return {
    oauth,
    oauth1,
    appToken: () => {
      const made = random("AAAA");
      appOnly.add(made);
      return made;
    },
    deleteAppTokens: () => appOnly.clear(),
  };
}

const POSTS = many(3, (number) => ({ id: `20${number}`, text: `Moth ${number}`, author_id: "783214" }));

/** Two at a time; an empty list has no data at all. */
function inPages(query: URLSearchParams, cursor: string): Answer {
  const all = query.get("query") === "nothing" ? [] : POSTS;
  const { items, next } = behind(all, query.get(cursor), 2);
  const meta = { result_count: items.length, ...(next && { next_token: next }) };
  return json(items.length === 0 ? { meta } : { data: items, meta });
}

/** As application/problem+json (RFC 9457). */
function problem(status: number, title: string, detail: string): Answer {
  const body = { title, detail, type: "about:blank", status };
  return json(body, status, { "content-type": "application/problem+json" });
}
