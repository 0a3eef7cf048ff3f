import { json, type Answer } from "../echo.ts";
import { jsonOf, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
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
  const api = (needed: string | null, answer: (call: Call, person: Person) => Answer) => (call: Call) => {
    const token = tokenOf(call.request);
    const grant = oauth.grantOf(token);
    if (!grant)
      return token === undefined
        ? problem(401, "No token provided")
        : problem(401, oauth.hasEnded(token) ? "The access token expired" : "Invalid access token");
    if (needed !== null && !grant.scopes.includes(needed)) return problem(403, "Insufficient client scope");
    return answer(call, grant.person);
  };
  /** By the address of the next page, which is null at the end. */
  const inPages = (all: object[], { request, query }: Call) => {
    const [offset, limit] = [Number(query.get("offset") ?? 0), 2];
    const next = new URL(request.path, "https://api.spotify.com");
    next.searchParams.set("offset", String(offset + limit));
    const items = all.slice(offset, offset + limit);
    return json({ items, limit, offset, next: offset + limit < all.length ? next.href : null, total: all.length });
  };

  ground.internet.host(
    "api.spotify.com",
    routes(
      {
        "GET /v1/me": api(null, (_call, person) => json({ id: person.id, display_name: person.name, type: "user" })),
        "GET /v1/search": api(null, ({ query }) =>
          Number(query.get("limit") ?? 5) > 10
            ? problem(400, "Invalid limit")
            : json({ tracks: { items: [track(1)], total: 1 } }),
        ),
        "GET /v1/me/playlists": api("playlist-read-private", (call, { name }) =>
          inPages(
            ["a", "b", "c"].map((id) => ({
              id,
              name: `List ${id}`,
              owner: { display_name: name },
              items: { total: 3 },
            })),
            call,
          ),
        ),
        "POST /v1/me/playlists": api("playlist-modify-private", ({ request }) =>
          jsonOf(request)?.name
            ? json({ id: "d", external_urls: { spotify: "https://open.spotify.com/playlist/d" } }, 201)
            : problem(400, "Missing required field: name"),
        ),
        "GET /v1/playlists/*/items": api("playlist-read-private", (call) =>
          call.params[0] === "a"
            ? inPages([{ item: track(1) }, { item: null }, { item: track(3) }], call)
            : problem(404, "Resource not found"),
        ),
        "POST /v1/playlists/*/items": api("playlist-modify-private", ({ request }) =>
          (jsonOf(request)?.uris as string[]).every((uri) => uri.startsWith("spotify:track:"))
            ? json({ snapshot_id: "s1" }, 201)
            : problem(400, "Invalid track uri"),
        ),
      },
      () => problem(404, "Service not found"),
    ),
  );
  return oauth;
}

function track(number: number) {
  const album = { name: "Moths" };
  return { uri: `spotify:track:${number}`, name: `Moth ${number}`, artists: [{ name: "Grace" }], album };
}

function problem(status: number, message: string): Answer {
  return json({ error: { status, message } }, status);
}
