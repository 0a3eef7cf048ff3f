import { headerIn, type Example } from "./example.ts";

// Where a key is in a documented request, told by the names that keys go by. Also one of several parts.

const KEY =
  /(^|[-_])((api|access|auth|app|application|client|subscription)[-_]?)?(key|token|secret|auth|apikey|appid)$/i;
/** What goes with a key and is none by itself. */
const COMPANION = /(^|[-_])(app|application|client|account)[-_]?id$/i;
/** What documentation writes in place of a key: $API_KEY, <token>, {key}, YOUR_TOKEN. */
const BLANK = /^([$<{[]|your).*(key|token|secret)/i;
/** Schemes that are kinds of their own, or none of ours. */
const OTHER_SCHEME = /^(bearer|basic|digest|negotiate|ntlm|oauth|hawk|aws4-hmac-sha256|signature)(\s|$)/i;
const NO_CREDENTIAL =
  /^((x-)?idempotency-key|surrogate-key|sec-websocket-key|(x-)?csrf-token|(proxy-)?authorization)$/i;

type Pair = [name: string, value: string];
type Place = "header" | "query" | "cookie";

/** A place for a key, as settings of its kind; undefined when there seems to be none. */
export function placeIn(example: Example) {
  const authorization = headerIn(example, "authorization");
  if (example.user !== undefined || OTHER_SCHEME.test(authorization ?? "")) return undefined;
  const own: Pair[] = authorization === undefined ? [] : [["Authorization", authorization]];
  const headers = [...own, ...example.headers.filter(([name]) => KEY.test(name) && !NO_CREDENTIAL.test(name))];
  const query = example.query.filter(([name, value]) => KEY.test(name) || BLANK.test(value));
  if (headers.length > 0) return settingsOf("header", headers[0]!, headers, query, example);
  if (query.length > 0) return settingsOf("query", query[0]!, headers, query, example);
  const cookie = headerIn(example, "cookie")?.split(";")[0]?.split("=")[0]?.trim();
  return cookie ? { in: "cookie" as const, name: cookie } : undefined;
}

function settingsOf(place: Place, key: Pair, headers: Pair[], query: Pair[], example: Example) {
  const companions = (pairs: Pair[]) => pairs.filter(([name]) => COMPANION.test(name) && !KEY.test(name));
  const others = (pairs: Pair[]) => pairs.filter((pair) => pair !== key);
  const further = {
    headers: blanks(others([...headers, ...companions(example.headers)])),
    query: blanks(others([...query, ...companions(example.query)])),
  };
  const open = [...companions(example.headers), ...companions(example.query)].map(([name]) => blankOf(name));
  return {
    in: place,
    name: key[0],
    ...(place === "header" ? format(key[1]) : {}),
    ...(Object.keys(further.headers).length > 0 && { headers: further.headers }),
    ...(Object.keys(further.query).length > 0 && { query: further.query }),
    ...(open.length > 0 && { open_parts: open }),
  };
}

/** Parts besides the key: each account is asked for what stands in braces. */
function blanks(pairs: Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.map(([name]) => [name, `{${blankOf(name)}}`]));
}

function blankOf(name: string): string {
  const blank = name
    .toLowerCase()
    .replace(/^x[-_]/, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "");
  return blank === "key" || blank === "" ? "further_key" : blank;
}

/** A word before the key belongs to the format: "Token abc" is "Token {key}". */
function format(value: string): { format?: string } {
  const word = /^([A-Za-z][\w-]*) +\S/.exec(value)?.[1];
  return word === undefined ? {} : { format: `${word} {key}` };
}
