import { json, type Answer } from "../echo.ts";
import { random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
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

const unauthorized = json({ message: "401 Unauthorized" }, 401);

function refusedToken(expired: boolean): Answer {
  const why = expired ? "Token is expired. You can either do re-authorization or token refresh." : "Token was revoked.";
  return json({ error: "invalid_token", error_description: why }, 401);
}

function usernameOf({ name }: Person): string {
  return name.split(" ")[0]!.toLowerCase();
}
