import { createHmac } from "node:crypto";
import { SignetError } from "../../errors.ts";
import { blanksIn, fillAll, type Blanks } from "../blanks.ts";
import { MASK } from "../kind.ts";
import { withHeader, withQuery, type OutgoingRequest } from "../request.ts";
import { blanksOf, maskedBlanks } from "./blanks.ts";
import type { Settings } from "./settings.ts";
import type { Secret } from "./token-answer.ts";

/** The request with the token in its header (RFC 6750 section 2.1), or where the service's settings say. */
export function attach(request: OutgoingRequest, secret: Secret, settings: Settings): OutgoingRequest {
  return place(request, settings, tokenOf(secret), blanksOf(settings, secret), proof(secret, settings));
}

/** As attach(), with MASK where the secret goes. */
export function attachMask(request: OutgoingRequest, settings: Settings): OutgoingRequest {
  const texts = Object.values({ ...settings.request_headers, ...settings.request_query });
  return place(request, settings, MASK, maskedBlanks(settings, texts.flatMap(blanksIn)), MASK);
}

/** The header or parameter of the token, and all that go along with it. */
export function attachedSlots(settings: Settings) {
  const extra = Object.keys(settings.request_query ?? {});
  const query = [settings.token_query_param, settings.token_proof_param, ...extra];
  const header = settings.token_query_param === undefined ? [settings.header] : [];
  return {
    headers: [...header, ...Object.keys(settings.request_headers ?? {})],
    query: query.filter((name) => name !== undefined),
    body: [],
  };
}

/** A token's proof is made by the client secret alone, so it is worth as little to a thief as the token's last digits; undefined where none is wanted. */
export function proof(secret: Secret, settings: Settings): string | undefined {
  if (settings.token_proof_param === undefined || settings.client_secret === undefined) return undefined;
  return createHmac("sha256", settings.client_secret).update(tokenOf(secret)).digest("hex");
}

/** Throws `unavailable` before a first token was won. */
function tokenOf(secret: Secret): string {
  if (secret.access_token === undefined)
    throw new SignetError("unavailable", "There is no access token yet. Try again shortly.");
  return secret.access_token;
}

function place(
  request: OutgoingRequest,
  settings: Settings,
  token: string,
  blanks: Blanks,
  proofOfToken: string | undefined,
): OutgoingRequest {
  const parameters = fillAll(settings.request_query ?? {}, blanks);
  if (settings.token_query_param !== undefined) parameters[settings.token_query_param] = token;
  if (settings.token_proof_param !== undefined && proofOfToken !== undefined)
    parameters[settings.token_proof_param] = proofOfToken;
  const headers = fillAll(settings.request_headers ?? {}, blanks);
  if (settings.token_query_param === undefined)
    headers[settings.header] = settings.prefix === "" ? token : `${settings.prefix} ${token}`;
  let placed = request;
  for (const [name, value] of Object.entries(parameters)) placed = withQuery(placed, name, value);
  for (const [name, value] of Object.entries(headers)) placed = withHeader(placed, name, value);
  return placed;
}
