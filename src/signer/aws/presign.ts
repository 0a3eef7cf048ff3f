import { hash } from "node:crypto";
import type { Circumstances } from "../kind.ts";
import type { OutgoingRequest } from "../request.ts";
import { signingKeys, type Secret, type Settings } from "./settings.ts";
import { ALGORITHM, amzDate, scopeOf, signature, toSign } from "./signature.ts";
import { canonicalFor, takesUnsignedBody } from "./sign.ts";
import { targetOf } from "./target.ts";

/**
 * The request's address with the signature in its query ("authenticating requests: using query parameters"): good
 * for this method, without any header, until `seconds` are over or temporary keys end. Throws `invalid` as signing does.
 */
export function presign(
  request: OutgoingRequest,
  secret: Secret,
  settings: Settings,
  { now }: Circumstances,
  seconds: number,
): URL {
  const keys = signingKeys(secret, settings);
  const target = targetOf(request.url.hostname, settings);
  const own: [name: string, value: string][] = [
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${keys.access_key_id}/${scopeOf(target, now)}`],
    ["X-Amz-Date", amzDate(now)],
    ["X-Amz-Expires", String(seconds)],
    ...(keys.session_token === undefined ? [] : [["X-Amz-Security-Token", keys.session_token] as [string, string]]),
    ["X-Amz-SignedHeaders", "host"],
  ];
  const url = new URL(request.url);
  const given = url.search === "" ? [] : [url.search.slice(1)];
  url.search = [...given, ...own.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)].join("&");
  const payload = takesUnsignedBody(target) ? "UNSIGNED-PAYLOAD" : hash("sha256", "");
  const canonical = canonicalFor({ ...request, url, headers: [] }, target, payload);
  url.search += `&X-Amz-Signature=${signature(keys, toSign(canonical, target, now))}`;
  return url;
}
