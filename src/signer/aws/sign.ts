import { hash } from "node:crypto";
import { SignetError } from "../../errors.ts";
import { MASK, type Circumstances } from "../kind.ts";
import { headerValue, withHeader, type Header, type OutgoingRequest } from "../request.ts";
import { canonicalRequest, type Canonical } from "./canonical.ts";
import { signingKeys, type Secret, type Settings } from "./settings.ts";
import { ALGORITHM, amzDate, scopeOf, signature, toSign } from "./signature.ts";
import { targetOf, type Target } from "./target.ts";

/** Services that keep objects under any path a caller likes, so that paths are not resolved. */
const OBJECT_STORES = new Set(["s3", "s3express", "s3-outposts", "s3-object-lambda"]);
/** Services that want the hash of the body, or the word for none, also as a header. */
const WANT_HASH = new Set([...OBJECT_STORES, "aoss", "vpc-lattice-svcs"]);
/** A service that takes no signed bodies. */
const NEVER_SIGNS_BODY = "vpc-lattice-svcs";

const HASH_HEADER = "x-amz-content-sha256";
const UNSIGNED = "UNSIGNED-PAYLOAD";
/** What a caller may say of a body without knowing the key. */
const CLAIM = /^(?:[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/;

/** Not signed, because a client or a proxy on the way may write them anew. */
const LEFT_OUT = new Set([
  "accept-encoding",
  "authorization",
  "connection",
  "content-length",
  "expect",
  "user-agent",
  "x-amzn-trace-id",
]);

/** The request with date, token, hash and signature. Throws `invalid` for what can not be signed so. */
export function signRequest(
  request: OutgoingRequest,
  secret: Secret,
  settings: Settings,
  { now }: Circumstances,
): OutgoingRequest {
  const keys = signingKeys(secret, settings);
  const { target, dressed, canonical } = prepare(request, settings, keys.session_token, now);
  return authorized(
    dressed,
    keys.access_key_id,
    canonical,
    target,
    now,
    signature(keys, toSign(canonical, target, now)),
  );
}

/** As signRequest() would, with MASK for the key and the signature. */
export function previewRequest(request: OutgoingRequest, settings: Settings, { now }: Circumstances): OutgoingRequest {
  const { target, dressed, canonical } = prepare(request, settings, maskedToken(settings), now);
  return authorized(dressed, MASK, canonical, target, now, MASK);
}

/** What both sides compute, step by step. */
export function explainRequest(
  request: OutgoingRequest,
  settings: Settings,
  { now }: Circumstances,
): Record<string, string> {
  const { target, canonical } = prepare(request, settings, maskedToken(settings), now);
  return {
    region: target.region,
    service: target.service,
    canonical_request: canonical.text,
    string_to_sign: toSign(canonical, target, now).text,
  };
}

/** Object stores take an unsigned body over TLS; and a caller who knows the hash of a stream may give it. */
export function coversBody(settings: Settings, request: OutgoingRequest): boolean {
  if (claimOf(request) !== undefined) return false;
  const { service } = targetOf(request.url.hostname, settings);
  return service !== NEVER_SIGNS_BODY && !(WANT_HASH.has(service) && request.url.protocol === "https:");
}

/** A request's canonical form for `target`; headers that change on the way are left out. */
export function canonicalFor(request: OutgoingRequest, target: Target, payload: string): Canonical {
  const { url, headers } = request;
  const signed: Header[] = [["host", url.host], ...headers.filter(([name]) => !LEFT_OUT.has(name.toLowerCase()))];
  const sent = { method: request.method, path: url.pathname, query: url.search.slice(1), headers: signed, payload };
  return canonicalRequest(sent, OBJECT_STORES.has(target.service) ? "as_sent" : "resolved");
}

/** True where an address may be signed without knowing what will be sent to it. */
export function takesUnsignedBody({ service }: Target): boolean {
  return WANT_HASH.has(service);
}

function prepare(request: OutgoingRequest, settings: Settings, token: string | undefined, now: Date) {
  const target = targetOf(request.url.hostname, settings);
  const payload = payloadOf(request, target);
  let dressed = withHeader(request, "X-Amz-Date", amzDate(now));
  if (token !== undefined) dressed = withHeader(dressed, "X-Amz-Security-Token", token);
  if (WANT_HASH.has(target.service) || headerValue(request, HASH_HEADER) !== undefined)
    dressed = withHeader(dressed, "X-Amz-Content-Sha256", payload);
  return { target, dressed, canonical: canonicalFor(dressed, target, payload) };
}

function payloadOf(request: OutgoingRequest, target: Target): string {
  const claim = claimOf(request);
  const unsigned = claim !== undefined && !/^[0-9a-f]/.test(claim);
  if (unsigned || (request.streamed && claim !== undefined)) return claim;
  if (request.streamed || target.service === NEVER_SIGNS_BODY) return UNSIGNED;
  return hash("sha256", request.body ?? "");
}

/** What the caller says of the body. Throws `invalid` for chunks that are signed one by one. */
function claimOf(request: OutgoingRequest): string | undefined {
  const claim = headerValue(request, HASH_HEADER);
  if (claim?.startsWith("STREAMING-AWS4-"))
    throw new SignetError(
      "invalid",
      "Bodies in chunks that are signed one by one can not be signed anew. Let the client send unsigned or whole payloads.",
      { issues: [{ path: `headers.${HASH_HEADER}`, message: "Send an unsigned or a whole payload." }] },
    );
  return claim !== undefined && CLAIM.test(claim) ? claim : undefined;
}

function authorized(
  request: OutgoingRequest,
  accessKeyId: string,
  canonical: Canonical,
  target: Target,
  now: Date,
  signed: string,
): OutgoingRequest {
  const value = `${ALGORITHM} Credential=${accessKeyId}/${scopeOf(target, now)}, SignedHeaders=${canonical.signedHeaders}, Signature=${signed}`;
  return withHeader(request, "Authorization", value);
}

/** Keys of a role always come with a token; whether entered ones do, their service does not know. */
function maskedToken(settings: Settings): string | undefined {
  return settings.role_arn === undefined ? undefined : MASK;
}
