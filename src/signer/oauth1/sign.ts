import { MASK, type Circumstances } from "../kind.ts";
import { appended, searchWithout, withHeader, type OutgoingRequest } from "../request.ts";
import { baseString, isForm, type Parameter } from "./base-string.ts";
import { encodedPairs, percentEncode } from "../percent.ts";
import type { Settings } from "./settings.ts";
import { bodyHash, signature } from "./signature.ts";

/** An identifier and its shared secret: a temporary one, or the one that was granted (RFC 5849 section 1.1). */
export interface Token {
  token: string;
  token_secret: string;
}

/** Parameters that belong to the credential wherever they stand. */
export const PROTOCOL = [
  "oauth_consumer_key",
  "oauth_token",
  "oauth_signature_method",
  "oauth_timestamp",
  "oauth_nonce",
  "oauth_version",
  "oauth_callback",
  "oauth_verifier",
  "oauth_body_hash",
  "oauth_signature",
];

/** The signed request; `more` are parameters of the legs before there is a token (RFC 5849 section 3.1). */
export function signRequest(
  request: OutgoingRequest,
  settings: Settings,
  token: Token | undefined,
  circumstances: Circumstances,
  more: readonly Parameter[] = [],
): OutgoingRequest {
  const bare = withoutProtocol(request, settings);
  const parameters = protocolParameters(bare, settings, token?.token, circumstances, more);
  const value = signature(settings, baseString(bare, parameters), token?.token_secret ?? "");
  return place(bare, settings, [...parameters, ["oauth_signature", value]]);
}

/** As signRequest() would, with MASK for the token and the signature. */
export function previewRequest(
  request: OutgoingRequest,
  settings: Settings,
  circumstances: Circumstances,
): OutgoingRequest {
  const bare = withoutProtocol(request, settings);
  const parameters = protocolParameters(bare, settings, MASK, circumstances, []);
  return place(bare, settings, [...parameters, ["oauth_signature", MASK]]);
}

/** What is signed and with which key, with MASK for whatever is not to be seen. */
export function explainRequest(
  request: OutgoingRequest,
  settings: Settings,
  circumstances: Circumstances,
): Record<string, string> {
  const { signature_method: method } = settings;
  const signing_key = method === "RSA-SHA1" ? MASK : `${MASK}&${MASK}`;
  if (method === "PLAINTEXT") return { signature_method: method, signing_key };
  const bare = withoutProtocol(request, settings);
  const base = baseString(bare, protocolParameters(bare, settings, MASK, circumstances, []));
  // The base string encodes what was encoded already.
  const base_string = base.replaceAll(percentEncode(percentEncode(MASK)), MASK);
  return { signature_method: method, signing_key, base_string };
}

function protocolParameters(
  request: OutgoingRequest,
  settings: Settings,
  token: string | undefined,
  { now, nonce }: Circumstances,
  more: readonly Parameter[],
): Parameter[] {
  const method = settings.signature_method;
  // A form's parameters are signed themselves, and PLAINTEXT signs nothing (Body Hash sections 3.1 and 4.1).
  const hashed = settings.body_hash && method !== "PLAINTEXT" && more.length === 0 && !isForm(request);
  return [
    ["oauth_consumer_key", settings.consumer_key],
    ...(token === undefined ? [] : [["oauth_token", token] as const]),
    ["oauth_signature_method", method],
    ["oauth_timestamp", String(Math.floor(now.getTime() / 1000))],
    ["oauth_nonce", nonce()],
    ...(settings.version ? [["oauth_version", "1.0"] as const] : []),
    ...(hashed ? [["oauth_body_hash", bodyHash(method, request.body)] as const] : []),
    ...more,
  ];
}

/** Where the service wants them (section 3.5); what is no form has no room for them in its body. */
function placeFor(settings: Settings, request: OutgoingRequest): Settings["in"] {
  return settings.in === "body" && !isForm(request) ? "header" : settings.in;
}

function place(request: OutgoingRequest, settings: Settings, parameters: readonly Parameter[]): OutgoingRequest {
  const encoded = parameters.map(([name, value]) => `${percentEncode(name)}=${shown(value)}`);
  switch (placeFor(settings, request)) {
    case "header": {
      const realm = settings.realm === undefined ? [] : [`realm="${settings.realm}"`];
      const quoted = parameters.map(([name, value]) => `${percentEncode(name)}="${shown(value)}"`);
      return withHeader(request, "Authorization", `OAuth ${[...realm, ...quoted].join(", ")}`);
    }
    case "query": {
      const url = new URL(request.url);
      url.search = appended(url.search, encoded.join("&"));
      return { ...request, url };
    }
    case "body": {
      const form = request.body ?? Buffer.alloc(0);
      const own = Buffer.from(`${form.length === 0 ? "" : "&"}${encoded.join("&")}`, "utf8");
      return { ...request, body: Buffer.concat([form, own]) };
    }
  }
}

/** No protocol parameter may be there twice (section 3.1). Elsewhere than where ours go, a body keeps its bytes. */
function withoutProtocol(request: OutgoingRequest, settings: Settings): OutgoingRequest {
  const bare = { ...request, url: urlWithout(request.url) };
  if (placeFor(settings, request) !== "body" || request.body === null) return bare;
  const form = request.body.toString("latin1").split("&");
  const others = form.filter((part) => !PROTOCOL.includes(encodedPairs(part)[0]?.[0] ?? ""));
  return { ...bare, body: Buffer.from(others.join("&"), "latin1") };
}

function urlWithout(url: URL): URL {
  const search = searchWithout(url, PROTOCOL);
  if (search === url.search) return url;
  const bare = new URL(url);
  bare.search = search;
  return bare;
}

function shown(value: string): string {
  return value === MASK ? MASK : percentEncode(value);
}
