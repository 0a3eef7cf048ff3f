import { headerValue, type OutgoingRequest } from "../request.ts";
import { encodedPairs, percentEncode, type Encoded } from "../percent.ts";

/** Protocol parameters as [name, value], not encoded yet. */
export type Parameter = readonly [name: string, value: string];

/** True for a body whose parameters are signed: one form, whatever else the header says of it (section 3.4.1.3.1). */
export function isForm(request: OutgoingRequest): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headerValue(request, "content-type") ?? "");
}

/** The signature base string (RFC 5849 section 3.4.1): method, address, and all parameters there are. */
export function baseString(request: OutgoingRequest, protocol: readonly Parameter[]): string {
  const parts = [request.method.toUpperCase(), baseUri(request.url), normalized(request, protocol)];
  return parts.map(percentEncode).join("&");
}

/** Section 3.4.1.2: scheme and host in small letters, no default port, no query. URL has seen to all but the last. */
export function baseUri(url: URL): string {
  return url.origin + url.pathname;
}

/** Section 3.4.1.3.2: sorted by encoded name, then by encoded value, both by their bytes. */
export function normalized(request: OutgoingRequest, protocol: readonly Parameter[]): string {
  const all: Encoded[] = [
    ...encodedPairs(request.url.search.slice(1)),
    ...(isForm(request) ? encodedPairs(request.body?.toString("latin1") ?? "") : []),
    ...protocol.map(([name, value]) => [percentEncode(name), percentEncode(value)] as const),
  ];
  return all
    .filter(([name]) => name !== "oauth_signature")
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
