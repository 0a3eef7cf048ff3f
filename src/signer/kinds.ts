import { SignetError } from "../errors.ts";
import type { Kind } from "./kind.ts";
import { apiKey } from "./kinds/api-key.ts";
import { awsSigv4 } from "./kinds/aws-sigv4.ts";
import { basic } from "./kinds/basic.ts";
import { bearer } from "./kinds/bearer.ts";
import { cerb } from "./kinds/cerb.ts";
import { digest } from "./kinds/digest.ts";
import { hmac } from "./kinds/hmac.ts";
import { jwt } from "./kinds/jwt.ts";
import { ldap } from "./kinds/ldap.ts";
import { login } from "./kinds/login.ts";
import { mtls } from "./kinds/mtls.ts";
import { none } from "./kinds/none.ts";
import { oauth1 } from "./kinds/oauth1.ts";
import { oauth2 } from "./kinds/oauth2.ts";
import { overTls } from "./tls.ts";

// Code that meets secrets is named here, never discovered.
const KINDS = new Map<string, Kind>(
  [oauth2, oauth1, apiKey, bearer, basic, digest, login, jwt, awsSigv4, hmac, cerb, mtls, ldap, none].map((kind) => [
    kind.id,
    overTls(kind as unknown as Kind),
  ]),
);

/** The kind called `id`. Throws `invalid` for an unknown one. */
export function kindOf(id: string): Kind {
  const kind = KINDS.get(id);
  if (!kind)
    throw new SignetError("invalid", `There is no auth kind "${id}".`, {
      issues: [{ path: "kind", message: "Unknown kind." }],
    });
  return kind;
}

export function allKinds(): Kind[] {
  return [...KINDS.values()];
}
