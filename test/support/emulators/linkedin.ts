import { json, type Answer } from "../echo.ts";
import { jsonOf, nothing, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import { OAuth2 } from "./oauth2.ts";

// LinkedIn (learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow): sixty days without refresh.

const VERSIONS = ["202605", "202606", "202607"];

export function emulateLinkedIn(ground: Ground) {
  const oauth = new OAuth2(ground, {
    scopes: ["openid", "profile", "email", "w_member_social"],
    client: "body",
    pkce: "refused",
    lifetime: 5_184_000,
    refresh: "never",
    declined: { error: "user_cancelled_authorize", error_description: "The user cancelled the authorization" },
  });

  const api = (needed: string, answer: (call: Call, person: Person) => Answer) => (call: Call) => {
    const token = tokenOf(call.request);
    const grant = oauth.grantOf(token);
    if (!grant)
      return oauth.hasEnded(token)
        ? problem(401, 65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
        : problem(401, 65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user");
    if (!grant.scopes.includes(needed)) return problem(403, 100, "ACCESS_DENIED", "Not enough permissions");
    return answer(call, grant.person);
  };
  const versioned = (answer: (call: Call, person: Person) => Answer) => (call: Call, person: Person) => {
    const version = call.request.header("linkedin-version");
    if (version === undefined) return problem(400, 0, "VERSION_MISSING", "A version must be present");
    if (!VERSIONS.includes(version)) return problem(426, 0, "NONEXISTENT_VERSION", `${version} is not active`);
    const protocol = call.request.header("x-restli-protocol-version");
    return protocol === "2.0.0" ? answer(call, person) : problem(400, 0, "PROTOCOL", "Invalid protocol version");
  };

  ground.internet.host(
    "www.linkedin.com",
    routes({
      "GET /oauth/v2/authorization": oauth.authorize,
      "POST /oauth/v2/accessToken": oauth.token,
      "POST /oauth/v2/revoke": oauth.revocation,
    }),
  );
  ground.internet.host(
    "api.linkedin.com",
    routes({
      "GET /v2/userinfo": api("openid", (_call, { id, name, email }) =>
        json({ sub: id, name, email, email_verified: true }),
      ),
      "POST /rest/posts": api(
        "w_member_social",
        versioned(({ request }, { id }) =>
          jsonOf(request)?.author === `urn:li:person:${id}`
            ? json({}, 201, { "x-restli-id": "urn:li:share:7" })
            : problem(403, 100, "ACCESS_DENIED", "You may post as yourself only"),
        ),
      ),
      "POST /rest/socialActions/*/comments": api(
        "w_member_social",
        versioned(({ request, params: [post] }, { id }) =>
          jsonOf(request)?.actor === `urn:li:person:${id}` && jsonOf(request)?.object === post
            ? json({ id: "c8" }, 201, { "x-restli-id": "c8" })
            : problem(403, 100, "ACCESS_DENIED", "You may comment as yourself only"),
        ),
      ),
      "DELETE /rest/posts/*": api(
        "w_member_social",
        versioned(({ params: [post] }) =>
          post === "urn:li:share:7" ? nothing : problem(404, 0, "NOT_FOUND", "There is no such post"),
        ),
      ),
    }),
  );
  return oauth;
}

function problem(status: number, serviceErrorCode: number, code: string, message: string): Answer {
  return json({ status, serviceErrorCode, code, message }, status);
}
