import { verify, type KeyObject } from "node:crypto";

/** The claims of a JWT that `key` signed with RS256, once it is known whose that is by its claims (RFC 7515). */
export function claimsOf(token: string, keyFor: (issuer: string) => KeyObject | undefined) {
  const [head = "", body = "", signature = ""] = token.split(".");
  const [header, claims] = [read(head), read(body)];
  const key = keyFor(String(claims.iss));
  const right = Buffer.from(signature, "base64url");
  const signed = key && verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, right);
  return header.alg === "RS256" && signed ? claims : undefined;
}

/** Whether it is good at `now` (in milliseconds) and for at most so many seconds. */
export function isFresh({ iat, exp }: Record<string, unknown>, now: number, seconds: number): boolean {
  const [from, until] = [Number(iat), Number(exp)];
  return from <= now / 1000 && until > now / 1000 && until - from <= seconds;
}

function read(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}
