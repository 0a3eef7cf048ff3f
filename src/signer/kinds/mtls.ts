import { z } from "zod";
import {
  certificateFacts,
  CertificateProblem,
  readIdentity,
  readIdentityFile,
  validityOf,
  type Identity,
} from "../certificate.ts";
import type { Kind } from "../kind.ts";

type Nothing = Record<string, never>;

interface Secret {
  certificate: string;
  private_key: string;
}

const pasted = z.string().trim().max(100_000, "This is longer than any certificate or key.").optional();
const FIELDS = { certificate: "certificate", key: "private_key", passphrase: "passphrase", pkcs12: "pkcs12" } as const;

/** A certificate of each account's own proves who connects (RFC 8446 section 4.4.2); requests go out as they are. */
export const mtls: Kind<Nothing, Secret> = {
  id: "mtls",
  label: "Client certificate",
  summary: "Each account connects with a TLS client certificate of its own.",
  settings: [],
  settingsSchema: z.strictObject({}),
  secret: () => [
    {
      name: "certificate",
      label: "Certificate",
      type: "textarea",
      file: true,
      help: "As PEM, with those that issued it behind it.",
      example: "-----BEGIN CERTIFICATE----- …",
    },
    {
      name: "private_key",
      label: "Private key",
      type: "textarea",
      help: "As PEM.",
      example: "-----BEGIN PRIVATE KEY----- …",
      hidden: true,
    },
    {
      name: "pkcs12",
      label: "Or a PKCS#12 file",
      type: "textarea",
      help: "In base64, instead of the two above: what “base64 identity.p12” prints.",
      hidden: true,
    },
    {
      name: "passphrase",
      label: "Passphrase",
      type: "text",
      help: "Of the key or of the file, if it has one.",
      hidden: true,
    },
  ],
  secretSchema: z
    .strictObject({
      certificate: pasted,
      private_key: pasted,
      passphrase: z.string().max(1000).optional(),
      pkcs12: pasted,
    })
    .transform((given, context): Secret => {
      try {
        const { certificate, key } = identityOf(given);
        return { certificate, private_key: key };
      } catch (error) {
        if (!(error instanceof CertificateProblem)) throw error;
        context.addIssue({ code: "custom", path: [FIELDS[error.at]], message: error.message });
        return z.NEVER;
      }
    }),
  sign: (request) => request,
  preview: (request) => request,
  slots: () => ({ headers: [], query: [], body: [] }),
  // The key never leaves, so no answer can carry it back.
  sensitive: () => [],
  facts: (secret) => certificateFacts(secret.certificate),
  certificate: (secret) => secret && { certificate: secret.certificate, key: secret.private_key },
  validity: (secret) => validityOf(secret.certificate),
};

function identityOf(given: {
  certificate?: string | undefined;
  private_key?: string | undefined;
  passphrase?: string | undefined;
  pkcs12?: string | undefined;
}): Identity {
  const { certificate, private_key: key, passphrase, pkcs12 } = given;
  if (pkcs12 && (certificate || key))
    throw new CertificateProblem("pkcs12", "Enter the certificate and key, or the file with both, not all of them.");
  if (pkcs12) return readIdentityFile(pkcs12, passphrase ?? "");
  if (!certificate) throw new CertificateProblem("certificate", "Enter the certificate.");
  if (!key) throw new CertificateProblem("key", "Enter the private key that belongs to the certificate.");
  return readIdentity(certificate, key, passphrase);
}
