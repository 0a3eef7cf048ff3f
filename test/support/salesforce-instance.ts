import { json, text, type Answer, type Received } from "./echo.ts";

// What an org answers where its data is.

/** Somebody with a user in the org. */
export interface SalesforceUser {
  id: string;
  username: string;
  name: string;
}

export const ORG = "00Dxx0000001gPL";
const VERSIONS = [
  { label: "Summer '26", url: "/services/data/v65.0", version: "65.0" },
  { label: "Winter '27", url: "/services/data/v66.0", version: "66.0" },
];

/** The answer to a request with the access token of `user`; undefined when the token is none of a living session. */
export function instanceAnswer(request: Received, user: SalesforceUser | undefined): Answer {
  const { pathname, searchParams } = new URL(request.path, "http://instance.invalid");
  if (/^\/services\/data\/?$/.test(pathname)) return json(VERSIONS);
  if (pathname === "/services/oauth2/userinfo")
    return user ? json(userInfo(user)) : text("Bad_OAuth_Token", "text/html", 403);
  if (!user) return apiError(401, "INVALID_SESSION_ID", "Session expired or invalid");
  const resource = /^\/services\/data\/v6[56]\.0\/(.*)$/.exec(pathname)?.[1];
  if (resource === "query") return query(searchParams.get("q"), user);
  if (resource === "limits") return json({ DailyApiRequests: { Max: 5000, Remaining: 4982 } });
  return apiError(404, "NOT_FOUND", "The requested resource does not exist");
}

function userInfo({ id, username, name }: SalesforceUser) {
  const who = { sub: id, user_id: id, organization_id: ORG, preferred_username: username };
  return { ...who, email: username, name, active: true };
}

const ACCOUNTS = [
  ["001xx000003DGb1AAG", "Acme Robotics"],
  ["001xx000003DGb2AAG", "Blue Harbour Shipping"],
];

/** The org's accounts, or whatever is asked: the one contact that belongs to whose token it is. */
function query(soql: string | null, user: SalesforceUser): Answer {
  if (!soql?.startsWith("SELECT ")) return apiError(400, "MALFORMED_QUERY", "unexpected token");
  if (/ FROM Account\b/i.test(soql)) {
    const records = ACCOUNTS.map(([Id, Name]) => ({ attributes: { type: "Account" }, Id, Name }));
    return json({ totalSize: records.length, done: true, records });
  }
  const attributes = { type: "Contact", url: "/services/data/v66.0/sobjects/Contact/003xx0000001" };
  const records = [{ attributes, Name: "Edith Clarke", Owner: { Username: user.username } }];
  return json({ totalSize: 1, done: true, records }, 200, { "sforce-limit-info": "api-usage=18/5000" });
}

function apiError(status: number, errorCode: string, message: string): Answer {
  return json([{ message, errorCode }], status);
}
