import { json, type Answer } from "../echo.ts";
import { jsonOf, many, numbered, random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import { OAuth2 } from "./oauth2.ts";

// GitLab, gitlab.com or one's own: OAuth applications, access tokens, and the REST API (docs.gitlab.com/api/oauth2).

export function emulateGitLab(ground: Ground, host = "gitlab.com") {
  const personal = new Map<string, { person: Person; scopes: string[] }>();
  const oauth = new OAuth2(ground, {
    scopes: ["read_user", "read_api", "api", "read_repository", "write_repository", "openid", "profile", "email"],
    client: "either",
    pkce: "supported",
    lifetime: 7200,
    refresh: "rotated",
    redirectOnRefresh: true,
    shape: (_grant, plain) => ({ ...plain, created_at: Math.floor(ground.clock().getTime() / 1000) }),
  });

  const api = (needed: string[], answer: (call: Call, person: Person) => Answer) => (call: Call) => {
    const token = call.request.header("private-token");
    const bearer = tokenOf(call.request);
    const known = token === undefined ? oauth.grantOf(bearer) : personal.get(token);
    if (!known)
      return token === undefined && bearer !== undefined ? refusedToken(oauth.hasEnded(bearer)) : unauthorized;
    if (known.scopes.some((scope) => scope === "api" || needed.includes(scope))) return answer(call, known.person);
    return json({ error: "insufficient_scope", error_description: "Higher privileges.", scope: needed.join(" ") }, 403);
  };

  const issues = many(120, (iid) => ({
    ...{ iid, title: `Moth ${iid}`, state: "opened", author: { username: "grace" }, labels: ["bug"] },
    web_url: `https://${host}/grace/flow-matic/-/issues/${iid}`,
  }));
  /** A project by its number or its path, as one segment. */
  const project = (needed: string[], answer: (call: Call) => Answer) =>
    api(needed, (call, person) =>
      ["1", `${usernameOf(person)}/flow-matic`].includes(call.params[0]!)
        ? answer(call)
        : json({ message: "404 Project Not Found" }, 404),
    );

  ground.internet.host(
    host,
    routes({
      "GET /oauth/authorize": oauth.authorize,
      "POST /oauth/token": oauth.token,
      "POST /oauth/revoke": oauth.revocation,
      "GET /api/v4/user": api(["read_user", "read_api"], (_call, person) =>
        json({ id: Number(person.id), username: usernameOf(person), name: person.name, email: person.email }),
      ),
      "GET /api/v4/projects": api(["read_api"], (_call, person) =>
        json([{ id: 1, path_with_namespace: `${usernameOf(person)}/flow-matic` }]),
      ),
      "GET /api/v4/projects/*/issues": project(["read_api"], (call) => {
        const { items, headers } = numbered(issues, call, host);
        return json(items, 200, headers);
      }),
      "POST /api/v4/projects/*/issues": project([], ({ request }) => {
        const title = jsonOf(request)?.title;
        return title
          ? json({ iid: 121, title, web_url: `https://${host}/grace/flow-matic/-/issues/121` }, 201)
          : json({ message: { title: ["can't be blank"] } }, 400);
      }),
      "POST /api/v4/projects/*/issues/*/notes": project([], () => json({ id: 302 }, 201)),
      "GET /api/v4/projects/*/merge_requests": project(["read_api"], () => json([MERGE_REQUEST])),
      "POST /api/v4/projects": api([], (_call, person) => json({ id: 2, owner: usernameOf(person) }, 201)),
    }),
  );

  return {
    oauth,
    /** Somebody makes an access token in their settings. */
    personalToken: (person: Person, scopes: string[]) => {
      const made = random("glpat-");
      personal.set(made, { person, scopes });
      return made;
    },
    deletePersonalTokens: () => personal.clear(),
  };
}

const MERGE_REQUEST = {
  ...{ iid: 9, title: "Remove the moth", state: "opened", author: { username: "grace" } },
  ...{ source_branch: "moth", target_branch: "main", web_url: "https://gitlab.com/x/-/merge_requests/9" },
};

const unauthorized = json({ message: "401 Unauthorized" }, 401);

function refusedToken(expired: boolean): Answer {
  const why = expired ? "Token is expired. You can either do re-authorization or token refresh." : "Token was revoked.";
  return json({ error: "invalid_token", error_description: why }, 401);
}

function usernameOf({ name }: Person): string {
  return name.split(" ")[0]!.toLowerCase();
}
