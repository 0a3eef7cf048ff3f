import { createHash } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import type { ClientCertificate } from "../signer/kind.ts";

const digests = new WeakMap<ClientCertificate, string>();

/**
 * What a TLS connection needs: the certificate it shows, and the authorities it trusts besides the public ones. The
 * server's certificate is checked as always; nothing here can turn that off.
 */
export function secureContext({ certificate, key, authorities }: ClientCertificate): SecureContext {
  return createSecureContext({
    minVersion: "TLSv1.2",
    ...(certificate && key ? { cert: certificate, key } : {}),
    ...(authorities ? { ca: [...getCACertificates("default"), authorities] } : {}),
  });
}

/** Options of a connection with `identity`; none without one. */
export function tlsOptions(identity: ClientCertificate | undefined): { secureContext?: SecureContext } {
  return identity === undefined ? {} : { secureContext: secureContext(identity) };
}

/** Tells one identity from another; "" is none. Worked out once for each object. */
export function identityDigest(identity: ClientCertificate | undefined): string {
  if (identity === undefined) return "";
  const known = digests.get(identity);
  if (known !== undefined) return known;
  const parts = [identity.certificate, identity.key, identity.authorities];
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
  digests.set(identity, digest);
  return digest;
}
