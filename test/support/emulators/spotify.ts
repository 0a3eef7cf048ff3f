import { json, type Answer } from "../echo.ts";
import { routes, tokenOf, type Ground } from "./http.ts";
import { OAuth2 } from "./oauth2.ts";

// Spotify: authorization code with a confidential client, and the Web API (developer.spotify.com/documentation/web-api).

/** A consent ends by itself; refreshing does not put it off. */
const CONSENT_MONTHS = 6;

export function emulateSpotify(ground: Ground) {
  const oauth = new OAuth2(ground, {
    scopes: [
      "user-read-private",
      "user-read-email",
      "playlist-read-private",
      "playlist-modify-private",
      "user-modify-playback-state",
    ],
    client: "basic",
    pkce: "supported",
    lifetime: 3600,
    refresh: "kept",
    objection: (asked) =>
      new URL(asked.get("redirect_uri")!).hostname === "localhost"
        ? "INVALID_CLIENT: Insecure redirect URI"
        : undefined,
    ended: (grant) => {
      const end = new Date(grant.since);
      end.setUTCMonth(end.getUTCMonth() + CONSENT_MONTHS);
      return ground.clock() > end;
    },
  });

  ground.internet.host(
    "accounts.spotify.com",
    routes({ "GET /authorize": oauth.authorize, "POST /api/token": oauth.token }),
  );
  ground.internet.host(
    "api.spotify.com",
    routes(
      {
        "GET /v1/me": ({ request }) => {
          const token = tokenOf(request);
          const person = oauth.grantOf(token)?.person;
          if (person) return json({ id: person.id, display_name: person.name, type: "user" });
          return token === undefined
            ? problem(401, "No token provided")
            : problem(401, oauth.hasEnded(token) ? "The access token expired" : "Invalid access token");
        },
      },
      () => problem(404, "Service not found"),
    ),
  );
  return oauth;
}

function problem(status: number, message: string): Answer {
  return json({ error: { status, message } }, status);
}
