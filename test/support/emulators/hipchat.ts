import { json, type Answer } from "../echo.ts";
import { formOf, nothing, random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import { OAuth2 } from "./oauth2.ts";

// A HipChat Server that is still running inside a company (the v2 API, as its documentation was).

const RATE = { "x-ratelimit-limit": "100", "x-ratelimit-remaining": "99", "x-ratelimit-reset": "1700000000" };

export function emulateHipChat(ground: Ground, host: string) {
  const personal = new Map<string, Person>();
  const installed = new Set<string>();
  const oauth = new OAuth2(ground, {
    scopes: ["send_notification", "view_messages", "view_group", "send_message"],
    client: "basic",
    pkce: "supported",
    lifetime: 3600,
    refresh: "kept",
    others: (type, form) => (type === "client_credentials" ? credentials(form) : undefined),
  });

  /** An add-on's own token, for nobody in particular. */
  const credentials = (form: URLSearchParams) => {
    const access_token = random();
    installed.add(access_token);
    return [{ access_token, token_type: "bearer", expires_in: 3600, scope: form.get("scope") ?? "" }, 200] as const;
  };
  const api = (answer: (call: Call, person: Person | undefined) => Answer) => (call: Call) => {
    const given = tokenOf(call.request) ?? call.query.get("auth_token") ?? "";
    const person = oauth.grantOf(given)?.person ?? personal.get(given);
    if (!person && !installed.has(given)) return problem(401, "Invalid OAuth session");
    return call.query.get("auth_test") === "true" ? json({ success: true }, 202, RATE) : answer(call, person);
  };

  ground.internet.host(
    host,
    routes(
      {
        "GET /users/authorize": oauth.authorize,
        "POST /v2/oauth/token": oauth.token,
        "GET /v2/room": api(({ query }) => {
          const start = Number(query.get("start-index") ?? 0);
          const items = [{ id: start + 1, name: start === 0 ? "Shipping" : "Moths" }];
          const links = start === 0 ? { next: `https://${host}/v2/room?start-index=1&max-results=1` } : {};
          return json({ items, startIndex: start, maxResults: 1, links }, 200, RATE);
        }),
        "GET /v2/user/*": api(({ params: [email] }, person) =>
          person && person.email === email
            ? json({ id: Number(person.id), name: person.name, email }, 200, RATE)
            : problem(404, "User not found"),
        ),
        "POST /v2/room/*/notification": api(({ request }) =>
          formOf(request) ? problem(400, "Content must be JSON") : nothing,
        ),
      },
      () => problem(404, "Not found"),
    ),
  );
  return {
    oauth,
    personalToken: (person: Person) => {
      const made = random();
      personal.set(made, person);
      return made;
    },
    deletePersonalTokens: () => personal.clear(),
  };
}

function problem(code: number, message: string): Answer {
  return json({ error: { code, type: code === 401 ? "Unauthorized" : "Error", message } }, code);
}
