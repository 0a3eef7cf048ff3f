import { z } from "zod";
import { CertificateProblem, readChain, readIdentity } from "./certificate.ts";
import type { ClientCertificate, Field, Kind } from "./kind.ts";

// What every service may say of its connections, whatever its kind (docs/decisions/0013).

interface TlsSettings {
  tls_certificate?: string | undefined;
  tls_private_key?: string | undefined;
  tls_ca?: string | undefined;
}

const pem = z.string().trim().max(100_000, "This is longer than any certificate.").optional();
const shape = { tls_certificate: pem, tls_private_key: pem, tls_ca: pem };

const AUTHORITY: Field = {
  name: "tls_ca",
  label: "Private certificate authority",
  type: "textarea",
  file: true,
  help: "As PEM. Servers of this service may be certified by it, too; their certificates are always checked.",
  advanced: true,
};
const CERTIFICATE: Field[] = [
  {
    name: "tls_certificate",
    label: "Client certificate",
    type: "textarea",
    file: true,
    help: "As PEM, with those that issued it behind it. Every connection of this service shows it (mutual TLS).",
    advanced: true,
  },
  {
    name: "tls_private_key",
    label: "Private key of the client certificate",
    type: "textarea",
    help: "As PEM, without a passphrase.",
    hidden: true,
    advanced: true,
  },
];

/** The kind with the settings for connections added; one with a certificate per account takes only the authority. */
export function overTls(kind: Kind): Kind {
  if (!(kind.settingsSchema instanceof z.ZodObject))
    throw new Error(`The settings of ${kind.id} must be an object, so that others can be added.`);
  const own = kind.certificate !== undefined;
  const added = own ? { tls_ca: pem } : shape;
  return {
    ...kind,
    settings: [...kind.settings, ...(own ? [] : CERTIFICATE), AUTHORITY],
    settingsSchema: kind.settingsSchema.safeExtend(added).superRefine(check),
    certificate: (secret, settings) => withService(kind.certificate?.(secret, settings), settings as TlsSettings),
  };
}

/** The client certificate of a service as PEM, if it has one. */
export function serviceCertificate(settings: object): string | undefined {
  return (settings as TlsSettings).tls_certificate;
}

function withService(
  own: ClientCertificate | undefined,
  { tls_certificate: certificate, tls_private_key: key, tls_ca: authorities }: TlsSettings,
): ClientCertificate | undefined {
  const proof = own ?? (certificate && key ? { certificate, key } : undefined);
  return proof || authorities ? { ...proof, authorities } : undefined;
}

function check(value: unknown, context: z.RefinementCtx): void {
  const { tls_certificate: certificate, tls_private_key: key, tls_ca: authorities } = value as TlsSettings;
  const issue = (name: keyof TlsSettings, message: string) =>
    context.addIssue({ code: "custom", path: [name], message });
  if (certificate && !key) issue("tls_private_key", "Enter the private key of the client certificate, too.");
  if (key && !certificate) issue("tls_certificate", "Enter the certificate that belongs to the private key, too.");
  try {
    if (authorities) readChain(authorities);
  } catch (error) {
    issue("tls_ca", sentenceOf(error));
  }
  try {
    if (certificate && key) readIdentity(certificate, key);
  } catch (error) {
    const name = error instanceof CertificateProblem && error.at === "certificate";
    issue(name ? "tls_certificate" : "tls_private_key", sentenceOf(error));
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof CertificateProblem)) throw error;
  return error.at === "passphrase" ? "This private key is encrypted: enter it without a passphrase." : error.message;
}
