import { invalid } from "../errors.ts";

// Where servers describe themselves, and how the address that a person enters leads there.

/** A document that may be there, and the identifier that it must then speak for. */
export interface Place {
  of: "server" | "resource";
  standard: string;
  url: string;
  identifier: string;
}

const SERVER = "/.well-known/oauth-authorization-server";
const OPENID = "/.well-known/openid-configuration";
const RESOURCE = "/.well-known/oauth-protected-resource";

/**
 * The address of an issuer, server or API as a person enters it, also one of its documents. Throws `invalid` naming
 * `url` for what is none.
 */
export function readAddress(text: string): URL {
  const typed = text.trim();
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  if (typed === "" || !URL.canParse(full)) throw invalid("url", "Enter an address, such as https://login.example.com.");
  const url = new URL(full);
  if (!/^https?:$/.test(url.protocol)) throw invalid("url", "Enter an address that begins with https://.");
  if (url.username !== "" || url.password !== "") throw invalid("url", "Leave out the user name and password.");
  if (url.search !== "" || url.hash !== "") throw invalid("url", "Leave out everything from ? or # on.");
  url.pathname = withoutDocument(url.pathname).replace(/\/+$/, "");
  return url;
}

/** The identifier as its documents must repeat it. */
export function identifierOf(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/**
 * The documents to look for, best first, all on the address' own origin: RFC 8414 sections 3.1 and 5, OpenID Connect
 * Discovery section 4, RFC 9728 section 3.1. Below a path, also those of the origin as a whole.
 */
export function placesOf(address: URL): Place[] {
  const { origin } = address;
  const path = address.pathname.replace(/\/+$/, "");
  const whole = path === "" ? [] : placesOf(new URL(origin));
  const identifier = origin + path;
  const server = (url: string, standard: string): Place => ({ of: "server", standard, url, identifier });
  const own = [
    server(`${origin}${SERVER}${path}`, "RFC 8414"),
    server(`${origin}${path}${OPENID}`, "OpenID Connect Discovery"),
    ...(path === "" ? [] : [server(`${origin}${OPENID}${path}`, "RFC 8414")]),
    { of: "resource" as const, standard: "RFC 9728", url: `${origin}${RESOURCE}${path}`, identifier },
  ];
  return [...own, ...whole];
}

/** RFC 8414 section 3.3: the very same text, but for the slash at the end, which its documents' addresses leave out. */
export function sameIdentifier(said: unknown, identifier: string): boolean {
  return typeof said === "string" && said.replace(/\/$/, "") === identifier;
}

function withoutDocument(path: string): string {
  for (const document of [SERVER, RESOURCE, OPENID]) {
    if (path === document || path.startsWith(`${document}/`)) return path.slice(document.length);
  }
  return path.endsWith(OPENID) ? path.slice(0, -OPENID.length) : path;
}
