import { json, type Answer } from "../echo.ts";
import {
  basicOf,
  behind,
  jsonOf,
  many,
  nothing,
  random,
  routes,
  tokenOf,
  type Call,
  type Ground,
  type Person,
} from "./http.ts";
import type { Grant } from "./oauth2-rules.ts";
import { OAuth2 } from "./oauth2.ts";

// Jira Cloud: OAuth 2.0 (3LO) by way of api.atlassian.com, API tokens on the site itself, and Data Center
// (developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps).

const CLOUD_ID = "11223344-a1b2-3b33-c444-def123456789";
/** Access tokens are long: JSON Web Tokens that name every scope and more. */
const PADDING = "a".repeat(2_500);

export function emulateJira(ground: Ground, site: string) {
  const apiTokens = new Map<string, { token: string; person: Person }>();
  const oauth = new OAuth2(ground, {
    scopes: ["read:me", "read:jira-user", "read:jira-work", "write:jira-work", "manage:jira-project", "offline_access"],
    client: "body",
    pkce: "supported",
    lifetime: 3600,
    refresh: "rotated",
    json: true,
    prefixes: [`eyJ${PADDING}.`, `eyJ${PADDING}.`],
    objection: (asked) => (asked.get("audience") === "api.atlassian.com" ? undefined : "Invalid audience."),
    lasts: (asked) => (asked.get("scope") ?? "").split(" ").includes("offline_access"),
  });
  const url = `https://${site}.atlassian.net`;

  const api = (needed: string, answer: (call: Call, grant: Grant) => Answer) => (call: Call) => {
    const grant = oauth.grantOf(tokenOf(call.request));
    if (!grant) return json({ code: 401, message: "Unauthorized" }, 401);
    // A missing scope is 401 here as well.
    if (!grant.scopes.includes(needed)) return json({ code: 401, message: "Unauthorized; scope does not match" }, 401);
    return answer(call, grant);
  };
  const ofSite = (needed: string, answer: (call: Call, person: Person) => Answer) =>
    api(needed, (call, { person }) =>
      call.params[0] === CLOUD_ID ? answer(call, person) : json({ code: 404, message: "No such site" }, 404),
    );
  const own = (answer: (call: Call, person: Person) => Answer) => (call: Call) => {
    const [email, token] = basicOf(call.request) ?? [];
    const known = apiTokens.get(email ?? "");
    return known && known.token === token ? answer(call, known.person) : unauthenticated;
  };

  ground.internet.host(
    "auth.atlassian.com",
    routes({ "GET /authorize": oauth.authorize, "POST /oauth/token": oauth.token }),
  );
  ground.internet.host(
    "api.atlassian.com",
    routes({
      "GET /me": api("read:me", (_call, { person }) =>
        json({ account_id: accountId(person), name: person.name, email: person.email }),
      ),
      "GET /oauth/token/accessible-resources": api("read:jira-user", (_call, { scopes }) =>
        json([{ id: CLOUD_ID, name: site, url, scopes, avatarUrl: `${url}/avatar.png` }]),
      ),
      "GET /ex/jira/*/rest/api/3/myself": ofSite("read:jira-user", (_call, person) => myself(person)),
      "GET /ex/jira/*/rest/api/3/search/jql": ofSite("read:jira-work", ({ query }, person) => {
        const { items, next } = behind(issuesOf(person), query.get("nextPageToken"), 2);
        return json({ issues: items, asked: query.get("jql"), isLast: !next, ...(next && { nextPageToken: next }) });
      }),
      "GET /ex/jira/*/rest/api/3/issue/*": ofSite("read:jira-work", ({ params: [, key] }, person) => {
        const found = issuesOf(person).find((issue) => issue.key === key);
        return found ? json(found) : noIssue;
      }),
      "POST /ex/jira/*/rest/api/3/issue/*/comment": ofSite("write:jira-work", ({ request }) =>
        (jsonOf(request)?.body as { type?: string } | undefined)?.type === "doc"
          ? json({ id: "10042" }, 201)
          : json({ errorMessages: ["Comment body is not valid!"], errors: {} }, 400),
      ),
      "GET /ex/jira/*/rest/api/3/issue/*/transitions": ofSite("read:jira-work", () => json({ transitions: WAYS })),
      "POST /ex/jira/*/rest/api/3/issue/*/transitions": ofSite("write:jira-work", ({ request }) => {
        const { id } = (jsonOf(request)?.transition ?? {}) as { id?: string };
        return WAYS.some((way) => way.id === id) ? nothing : json({ errorMessages: ["No such transition."] }, 400);
      }),
      "GET /ex/jira/*/rest/api/3/project/search": ofSite("read:jira-work", ({ query }) => {
        const startAt = Number(query.get("startAt") ?? 0);
        const values = PROJECTS.slice(startAt, startAt + 2);
        return json({ startAt, values, isLast: startAt + values.length >= PROJECTS.length });
      }),
      "POST /ex/jira/*/rest/api/3/issue": ofSite("write:jira-work", ({ request }, person) =>
        (jsonOf(request)?.fields as { summary?: string } | undefined)?.summary?.trim()
          ? json({ key: "ENG-2", reporter: person.name }, 201)
          : json({ errorMessages: [], errors: { summary: "You must specify a summary of the issue." } }, 400),
      ),
    }),
  );
  // The site takes API tokens, and no tokens of 3LO apps.
  ground.internet.host(
    `${site}.atlassian.net`,
    routes({ "GET /rest/api/3/myself": own((_call, person) => myself(person)) }),
  );

  return {
    oauth,
    apiToken: (person: Person) => {
      const token = random("ATATT3x");
      apiTokens.set(person.email, { token, person });
      return token;
    },
    deleteApiTokens: () => apiTokens.clear(),
  };
}

const PROJECTS = ["ENG", "OPS", "DOC"].map((key) => ({ key, name: `Project ${key}` }));
const WAYS = [
  { id: "11", name: "Start", to: { name: "In Progress" } },
  { id: "21", name: "Finish", to: { name: "Done" } },
];
const noIssue = json(
  { errorMessages: ["Issue does not exist or you do not have permission to see it."], errors: {} },
  404,
);

function issuesOf({ name }: Person) {
  return many(3, (number) => ({
    key: `ENG-${number}`,
    fields: {
      ...{ summary: `Moth ${number}`, status: { name: "To Do" }, issuetype: { name: "Bug" }, priority: null },
      ...{ assignee: null, reporter: { displayName: name }, updated: "2026-05-31T14:00:00.000+0000" },
    },
  }));
}

const unauthenticated = json(
  { errorMessages: ["Client must be authenticated to access this resource."], errors: {} },
  401,
);

function myself(person: Person): Answer {
  return json({ accountId: accountId(person), displayName: person.name, emailAddress: person.email, active: true });
}

function accountId({ id }: Person): string {
  return `712020:${id}`;
}
