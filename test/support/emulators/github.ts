import { json, text, type Answer } from "../echo.ts";
import { emulateGitHubApp } from "./github-app.ts";
import { basicOf, jsonOf, nothing, random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import { gitHubRepositories } from "./github-repositories.ts";
import { APP } from "./oauth2-rules.ts";
import { OAuth2 } from "./oauth2.ts";

// GitHub: OAuth apps, personal access tokens, and the REST API (docs.github.com/en/apps/oauth-apps).

const DOCUMENTATION = "https://docs.github.com/rest";
const VERSIONS = ["2022-11-28", "2026-03-10"];
/** What the token endpoint calls the errors of RFC 6749. */
const ERRORS: Record<string, string> = {
  invalid_client: "incorrect_client_credentials",
  invalid_grant: "bad_verification_code",
};

export function emulateGitHub(ground: Ground) {
  const personal = new Map<string, Person>();
  const oauth = new OAuth2(ground, {
    scopes: ["read:user", "user:email", "repo", "read:org", "notifications", "gist", "workflow"],
    client: "either",
    pkce: "supported",
    refresh: "never",
    prefixes: ["gho_", "ghr_"],
    shape: (grant, { access_token }) => ({ access_token, scope: grant.scopes.join(","), token_type: "bearer" }),
    // Errors come with 200 as well, and everything form-encoded unless JSON is asked for.
    refuse: (error, description) => [{ error: ERRORS[error] ?? error, error_description: description }, 200],
    write: ([body], { header }) =>
      /json/.test(header("accept") ?? "")
        ? json(body)
        : text(new URLSearchParams(body as Record<string, string>).toString(), "application/x-www-form-urlencoded"),
  });

  const refused = (status: number, message: string) =>
    json({ message, documentation_url: DOCUMENTATION, status: String(status) }, status);

  const api = (answer: (call: Call, person: Person, scopes: string[]) => Answer) => (call: Call) => {
    const version = call.request.header("x-github-api-version");
    if (!call.request.header("user-agent")) return text("Request forbidden by administrative rules.", "text/html", 403);
    if (version !== undefined && !VERSIONS.includes(version)) return refused(400, `${version} is not a valid version.`);
    const bearer = tokenOf(call.request) ?? tokenOf(call.request, "token");
    const grant = oauth.grantOf(bearer);
    const person = grant?.person ?? personal.get(bearer ?? "");
    return person ? answer(call, person, grant?.scopes ?? []) : refused(401, "Bad credentials");
  };

  const app = emulateGitHubApp(ground, refused);

  /** Ends one token, or everything that its person allowed the app. */
  const forget = (everything: boolean) => (call: Call) => {
    const [id, secret] = basicOf(call.request) ?? [];
    if (id !== APP.id || secret !== APP.secret || call.params[0] !== APP.id) return refused(404, "Not Found");
    const token = String(jsonOf(call.request)?.access_token);
    const person = oauth.grantOf(token)?.person;
    if (!person || !oauth.endByToken(token)) return refused(422, "Validation Failed");
    if (everything) oauth.endAll(person);
    return nothing;
  };

  ground.internet.host(
    "github.com",
    routes({
      "GET /login/oauth/authorize": oauth.authorize,
      "POST /login/oauth/access_token": oauth.token,
    }),
  );
  ground.internet.host(
    "api.github.com",
    routes(
      {
        "GET /user": api((_call, person, scopes) => {
          const user = { login: loginOf(person), id: Number(person.id), name: person.name, type: "User" };
          return json(user, 200, {
            "x-oauth-scopes": scopes.join(", "),
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": "4999",
          });
        }),
        "GET /repos/*/*": api(({ params: [owner, name] }, person) =>
          owner === loginOf(person)
            ? json({ full_name: `${owner}/${name}`, private: true })
            : refused(404, "Not Found"),
        ),
        ...gitHubRepositories(api, refused),
        ...app.routes,
        "DELETE /applications/*/grant": forget(true),
        "DELETE /applications/*/token": forget(false),
      },
      () => refused(404, "Not Found"),
    ),
  );

  return {
    oauth,
    app,
    loginOf,
    /** Somebody makes a personal access token in their settings. */
    personalToken: (person: Person) => {
      const made = random("ghp_");
      personal.set(made, person);
      return made;
    },
    deletePersonalTokens: () => personal.clear(),
  };
}

export function loginOf({ name }: Person): string {
  return name.toLowerCase().replace(" ", "-");
}
