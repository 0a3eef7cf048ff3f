import { createHmac } from "node:crypto";
import { SignetError } from "../../errors.ts";
import { MASK, type Circumstances } from "../kind.ts";
import { withHeader, withQuery, type OutgoingRequest } from "../request.ts";
import { namesSignature, templatesOf, type Secret, type Settings } from "./settings.ts";
import { fill, namesIn, usesBody, type Filling } from "./template.ts";

/**
 * The request with everything that its service declared: first what is signed along, then what holds the signature.
 * Throws `invalid` for a secret that is not written as the service says, and for a key id that is missing.
 */
export function signRequest(
  request: OutgoingRequest,
  secret: Secret,
  settings: Settings,
  circumstances: Circumstances,
): OutgoingRequest {
  const key = keyOf(secret.secret, settings.key_encoding);
  const filling = {
    keyId: keyIdOf(secret, settings),
    now: circumstances.now,
    nonce: circumstances.nonce(),
    signature: "",
  };
  const dressed = place(settings, { ...filling, request }, false);
  const text = textToSign(settings, { ...filling, request: dressed });
  const signature = createHmac(settings.algorithm, key).update(text, "latin1").digest(settings.encoding);
  return place(settings, { ...filling, request: dressed, signature }, true);
}

/** As signRequest() would, with MASK for key id and signature. */
export function previewRequest(
  request: OutgoingRequest,
  settings: Settings,
  circumstances: Circumstances,
): OutgoingRequest {
  const filling = { keyId: MASK, now: circumstances.now, nonce: circumstances.nonce(), signature: MASK };
  const dressed = place(settings, { ...filling, request }, false);
  return place(settings, { ...filling, request: dressed }, true);
}

/** What is signed, and by which algorithm. */
export function explainRequest(
  request: OutgoingRequest,
  settings: Settings,
  circumstances: Circumstances,
): Record<string, string> {
  const keyId = Buffer.from(MASK, "utf8").toString("latin1");
  const filling = { keyId, now: circumstances.now, nonce: circumstances.nonce(), signature: "" };
  const dressed = place(settings, { ...filling, request }, false);
  // In an address the mask is encoded.
  const text = textToSign(settings, { ...filling, request: dressed }).replaceAll(encodeURIComponent(keyId), keyId);
  return {
    algorithm: `HMAC-${settings.algorithm.toUpperCase()}`,
    string_to_sign: Buffer.from(text, "latin1").toString("utf8"),
  };
}

function textToSign({ string_to_sign }: Settings, filling: Filling): string {
  return fill(string_to_sign.replaceAll("\\n", "\n"), filling);
}

export function coversBody(settings: Settings): boolean {
  return templatesOf(settings).some(usesBody);
}

/** Sets the headers and parameters whose templates hold the signature, or those whose templates do not. */
function place(settings: Settings, filling: Filling, signed: boolean): OutgoingRequest {
  const due = (templates: Record<string, string>) =>
    Object.entries(templates).filter(
      ([, template]) => namesSignature(template) === signed && (filling.request.body !== null || !usesBody(template)),
    );
  let request = filling.request;
  for (const [name, template] of due(settings.query)) request = withQuery(request, name, fill(template, filling));
  for (const [name, template] of due(settings.headers)) request = withHeader(request, name, fill(template, filling));
  return request;
}

function keyOf(secret: string, encoding: Settings["key_encoding"]): Buffer {
  const fits = { raw: /^/, hex: /^([0-9a-f]{2})+$/i, base64: /^[A-Za-z0-9+/_-]+={0,2}$/ }[encoding];
  if (fits.test(secret)) return Buffer.from(secret, encoding === "raw" ? "utf8" : encoding);
  throw new SignetError(
    "invalid",
    `This service's secrets are written in ${encoding === "hex" ? "hexadecimal" : "base64"}, and this one is not. Copy it again.`,
    { issues: [{ path: "secret.secret", message: "It is not written as this service's secrets are." }] },
  );
}

function keyIdOf(secret: Secret, settings: Settings): string {
  if (secret.key_id !== undefined) return secret.key_id;
  if (!templatesOf(settings).some((template) => namesIn(template).includes("key_id"))) return "";
  throw new SignetError("invalid", "This service signs with a key id, and the account has none. Enter its key again.", {
    issues: [{ path: "secret.key_id", message: "This is required." }],
  });
}
