import { createHash } from "node:crypto";
import { json, type Answer, type Received } from "../echo.ts";
import { formOf, random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import { OAuth2 } from "./oauth2.ts";

// Cerb, on a host of one's own: OAuth apps, the older signed header, and records (cerb.ai/docs/api/authentication).

const REFRESH_MONTHS = 1;
const CLOCK_SECONDS = 600;
/** Which methods a scope of the shipped defaults allows, on any path. */
const METHODS: Record<string, string[]> = {
  profile: [],
  search: [],
  "api:read-only": ["GET"],
  api: ["GET", "POST", "PUT", "PATCH", "DELETE"],
};

export function emulateCerb(ground: Ground, host: string) {
  const keys = new Map<string, { secret: string; person: Person }>();
  const oauth = new OAuth2(ground, {
    scopes: Object.keys(METHODS),
    client: "either",
    pkce: "refused",
    lifetime: 3600,
    refresh: "rotated",
    ended: ({ since }) => {
      const end = new Date(since);
      end.setUTCMonth(end.getUTCMonth() + REFRESH_MONTHS);
      return ground.clock() > end;
    },
  });

  /** Every answer is 200; whether it was a failure stands inside. */
  const failed = (message: string) => json({ __status: "error", message });

  const worker = (request: Received): Person | Answer => {
    if (request.header("authorization") === undefined) return bySignature(request);
    const grant = oauth.grantOf(tokenOf(request));
    if (!grant) return failed("The resource owner or authorization server denied the request.");
    const { pathname } = new URL(request.path, `https://${host}`);
    const own = pathname === "/rest/workers/me.json" && grant.scopes.includes("profile");
    if (own || grant.scopes.some((scope) => METHODS[scope]!.includes(request.method))) return grant.person;
    return failed("Your token does not have permission to use this endpoint.");
  };

  /** The header Cerb-Auth, worked out from what arrived and nothing else. */
  const bySignature = (request: Received): Person | Answer => {
    const [id = "", signature] = (request.header("cerb-auth") ?? "").split(":");
    const date = request.header("x-date") ?? request.header("date") ?? "";
    const late = Math.abs(ground.clock().getTime() - Date.parse(date)) / 1000;
    if (!(late < CLOCK_SECONDS)) return failed("Access denied! (Invalid timestamp)");
    const key = keys.get(id);
    if (!key) return failed("Access denied! (Invalid credentials: access key)");
    const [path, query = ""] = request.path.split("?");
    const lines = [request.method, date, path, sorted(query), request.body.toString("utf8"), md5(key.secret), ""];
    return signature === md5(lines.join("\n")) ? key.person : failed("Access denied! (Invalid credentials: checksum)");
  };

  const api = (answer: (call: Call, person: Person) => Answer) => (call: Call) => {
    const who = worker(call.request);
    return typeof who === "function" ? who : answer(call, who);
  };

  ground.internet.host(
    host,
    routes(
      {
        "GET /oauth/authorize": oauth.authorize,
        "POST /oauth/access_token": oauth.token,
        "GET /rest/workers/me.json": api((_call, { id, name, email }) =>
          json({ __status: "success", id: Number(id), _label: name, full_name: name, address_address: email }),
        ),
        "GET /rest/records/ticket/search.json": api(({ query }, { name }) => {
          if (!/^\w+:/.test(query.get("q") ?? "")) return failed("Invalid search query.");
          const page = Number(query.get("page") ?? 0);
          const results = [1, 2, 3].slice(page * 2, page * 2 + 2).map((id) => ticket(id, name));
          return json({ __status: "success", count: results.length, limit: 2, page, total: 3, results });
        }),
        "GET /rest/records/ticket/*": api(({ params: [file] }, { name }) =>
          file === "1.json" ? json({ __status: "success", ...ticket(1, name) }) : failed("Invalid record ID."),
        ),
        "PUT /rest/records/ticket/*": api(({ request, params: [file] }, { name }) => {
          const status = formOf(request)?.get("fields[status]");
          if (file !== "1.json" || !status) return failed("Invalid record ID.");
          return json({ __status: "success", ...ticket(1, name), status });
        }),
        "GET /rest/records/address/search.json": api(({ query }) => {
          const known = query.get("q") === 'email:"alan@acme.example"';
          const results = known
            ? [{ id: 5, _label: "Alan Turing <alan@acme.example>", address: "alan@acme.example" }]
            : [];
          return json({ __status: "success", results });
        }),
        "POST /rest/tickets/search.json": api(({ request }, { name }) =>
          json({ __status: "success", results: [{ mask: "ABC-123", owner: name, asked: formOf(request)?.get("q") }] }),
        ),
      },
      () => failed("Unknown command"),
    ),
  );

  return {
    oauth,
    /** Somebody makes a key pair of the older kind. */
    keyPair: (person: Person) => {
      const pair = { access_key: random().slice(0, 12), secret_key: random() };
      keys.set(pair.access_key, { secret: pair.secret_key, person });
      return pair;
    },
    deleteKeys: () => keys.clear(),
  };
}

function ticket(id: number, owner: string) {
  const labels = { group__label: "Support", owner__label: owner };
  return {
    id,
    mask: `ABC-${id}`,
    _label: `Moth ${id}`,
    subject: `Moth ${id}`,
    status: "open",
    updated: 1780236000,
    ...labels,
  };
}

/** By name and in the caller's own encoding; those of one name keep their order. */
function sorted(query: string): string {
  const parts = query.split("&").map((part) => [part.split("=", 1)[0]!, part] as const);
  return parts
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, part]) => part)
    .join("&");
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
