import { signJws, type JwsAlgorithm } from "../jws.ts";
import type { Circumstances } from "../kind.ts";
import type { SigningKey } from "../signing-key.ts";

export interface AssertionWish {
  issuer: string;
  /** Left out where the assertion speaks for nobody but its issuer, and the provider wants it so. */
  subject: string | undefined;
  audience: string;
  algorithm: JwsAlgorithm;
  key: SigningKey;
  keyId: string | undefined;
  seconds: number;
  /** Can not replace what is named above. */
  claims?: Record<string, unknown>;
}

/** A JWT that stands for a client or a person (RFC 7523 section 3), new each time. */
export function assertion(wish: AssertionWish, circumstances: Circumstances): string {
  const now = Math.floor(circumstances.now.getTime() / 1000);
  const kid = wish.keyId ?? wish.key.id;
  const claims = {
    ...wish.claims,
    iss: wish.issuer,
    ...(wish.subject === undefined ? {} : { sub: wish.subject }),
    aud: wish.audience,
    iat: now,
    exp: now + wish.seconds,
    jti: circumstances.nonce(),
  };
  const header = { alg: wish.algorithm, typ: "JWT", ...(kid === undefined ? {} : { kid }) };
  return signJws(header, JSON.stringify(claims), wish.key.key);
}
