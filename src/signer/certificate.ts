import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import type { Fact } from "./kind.ts";
import { Pkcs12Error, readPkcs12, requireModestWork } from "./pkcs12.ts";

// What people paste to prove who opens a connection: certificates and private keys (RFC 7468), or both in one file.

/** A certificate with those that issued it, and its key; as PEM, the key without a passphrase. */
export interface Identity {
  certificate: string;
  key: string;
}

/** What is wrong with what was pasted; `at` says which of it. */
export class CertificateProblem extends Error {
  readonly at: "certificate" | "key" | "passphrase" | "pkcs12";

  constructor(at: CertificateProblem["at"], sentence: string) {
    super(sentence);
    this.at = at;
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;
const KEY_LABEL = /PRIVATE KEY$/;
const MAX_CHAIN = 10;

/** Checks that a chain and a key are what they should be and belong together. Throws CertificateProblem. */
export function readIdentity(chain: string, key: string, passphrase?: string): Identity {
  const certificates = readChain(chain);
  const privateKey = readKey(key, passphrase);
  if (!certificates[0]!.checkPrivateKey(privateKey)) {
    const other = certificates.findIndex((one) => one.checkPrivateKey(privateKey));
    throw other > 0
      ? new CertificateProblem("certificate", `The key belongs to certificate ${other + 1}: put that one first.`)
      : new CertificateProblem("key", "This private key does not belong to the certificate.");
  }
  requireOrder(certificates);
  return identity(certificates, privateKey);
}

/** The same from a PKCS#12 file in base64, in which the order means nothing. Throws CertificateProblem. */
export function readIdentityFile(base64: string, passphrase: string): Identity {
  const bytes = base64.replace(/-----[A-Z0-9 ]+-----|\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(bytes))
    throw new CertificateProblem("pkcs12", "Paste the file in base64, as “base64 identity.p12” prints it.");
  try {
    const { certificates, keys } = readPkcs12(Buffer.from(bytes, "base64"), passphrase);
    const all = certificates.map((der) => new X509Certificate(der));
    const [key] = keys;
    if (!key) throw new CertificateProblem("pkcs12", "There is no private key in this file.");
    const own = all.find((one) => one.checkPrivateKey(key));
    if (!own) throw new CertificateProblem("pkcs12", "There is no certificate in this file that belongs to its key.");
    return identity(issuersFrom(own, all), key);
  } catch (error) {
    if (error instanceof CertificateProblem) throw error;
    if (!(error instanceof Pkcs12Error)) throw new CertificateProblem("pkcs12", "The file can not be read.");
    const about = /passphrase does not/.test(error.message) ? "passphrase" : "pkcs12";
    throw new CertificateProblem(about, error.message);
  }
}

/** The certificates of a PEM text in their order. Throws CertificateProblem. */
export function readChain(text: string): X509Certificate[] {
  const blocks = blocksOf(text);
  const certificates = blocks.filter(({ label }) => label === "CERTIFICATE" || label === "X509 CERTIFICATE");
  if (certificates.length === 0) throw new CertificateProblem("certificate", noCertificate(blocks));
  if (blocks.some(({ label }) => KEY_LABEL.test(label)))
    throw new CertificateProblem("certificate", "A private key is among the certificates; it has a field of its own.");
  if (certificates.length > MAX_CHAIN)
    throw new CertificateProblem("certificate", `A chain has at most ${MAX_CHAIN} certificates.`);
  return certificates.map(({ pem }) => {
    try {
      return new X509Certificate(pem);
    } catch {
      throw new CertificateProblem("certificate", "The certificate can not be read; copy it again as a whole.");
    }
  });
}

/** All that may be seen of a certificate. */
export function certificateFacts(chain: string): Fact[] {
  const own = new X509Certificate(chain);
  return [
    { label: "Subject", value: oneLine(own.subject) || oneLine(own.subjectAltName ?? "") },
    { label: "Issuer", value: oneLine(own.issuer) },
    { label: "Valid until", value: day(own.validToDate) },
    { label: "Fingerprint (SHA-256)", value: own.fingerprint256 },
  ];
}

/** Between which moments a certificate is good. */
export function validityOf(chain: string): { from: Date; until: Date } {
  const own = new X509Certificate(chain);
  return { from: own.validFromDate, until: own.validToDate };
}

/** Why a certificate is no good at this moment; undefined when it is. */
export function invalidNow(validity: { from: Date; until: Date }, now: Date): string | undefined {
  if (now > validity.until) return `This certificate ended on ${day(validity.until)}; get a new one.`;
  if (now < validity.from) return `This certificate is valid only from ${day(validity.from)} on.`;
  return undefined;
}

function readKey(text: string, passphrase: string | undefined): KeyObject {
  const blocks = blocksOf(text);
  const key = blocks.find(({ label }) => KEY_LABEL.test(label));
  if (!key) throw new CertificateProblem("key", noKey(blocks));
  const encrypted = key.label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: 4,ENCRYPTED/m.test(key.pem);
  if (encrypted && !passphrase)
    throw new CertificateProblem("passphrase", "This private key is encrypted: enter its passphrase, too.");
  try {
    if (key.label === "ENCRYPTED PRIVATE KEY") requireModestWork(derOf(key.pem));
    return createPrivateKey({ key: key.pem, format: "pem", ...(encrypted && { passphrase }) });
  } catch (error) {
    if (error instanceof Pkcs12Error) throw new CertificateProblem("key", error.message);
    throw encrypted
      ? new CertificateProblem("passphrase", "The passphrase does not open this private key.")
      : new CertificateProblem("key", "The private key can not be read; copy it again as a whole.");
  }
}

function requireOrder(certificates: X509Certificate[]): void {
  certificates.slice(1).forEach((issuer, at) => {
    if (issued(certificates[at]!, issuer)) return;
    throw new CertificateProblem(
      "certificate",
      `Certificate ${at + 2} did not issue certificate ${at + 1}. Put your own first, then the one that issued it, and so on.`,
    );
  });
}

function issuersFrom(own: X509Certificate, among: X509Certificate[]): X509Certificate[] {
  const chain = [own];
  for (let next: X509Certificate | undefined = own; next && chain.length < MAX_CHAIN;) {
    const last: X509Certificate = next;
    next = among.find((one) => !chain.includes(one) && issued(last, one));
    if (next) chain.push(next);
  }
  return chain;
}

function issued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function identity(certificates: X509Certificate[], key: KeyObject): Identity {
  return {
    certificate: certificates.map((one) => one.toString()).join(""),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function noCertificate(blocks: { label: string }[]): string {
  if (blocks.some(({ label }) => KEY_LABEL.test(label)))
    return "This is a private key; paste the certificate here, and the key into its own field.";
  if (blocks.some(({ label }) => label.endsWith("CERTIFICATE REQUEST")))
    return "This is a request for a certificate; paste the certificate that was issued for it.";
  return "Paste the certificate as PEM: it begins with -----BEGIN CERTIFICATE-----.";
}

function noKey(blocks: { label: string }[]): string {
  if (blocks.some(({ label }) => label.endsWith("PUBLIC KEY")))
    return "This is a public key; paste the private key that belongs to it.";
  if (blocks.some(({ label }) => label === "CERTIFICATE"))
    return "This is a certificate; paste the private key that belongs to it.";
  return "Paste the private key as PEM: it begins with -----BEGIN PRIVATE KEY----- or the like.";
}

/** The blocks of a PEM text, with line breaks that were lost or written as \n where they belong. */
function blocksOf(text: string): { label: string; pem: string }[] {
  const whole = text.replace(/\\r|\\n/g, "\n");
  return [...whole.matchAll(BLOCK)].map(([pem, label, body]) => {
    // Headers, such as those of an encrypted key, stand on lines of their own.
    if (body!.includes(":")) return { label: label!, pem };
    const lines = body!.replace(/\s+/g, "").match(/.{1,64}/g) ?? [];
    return { label: label!, pem: [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n") };
  });
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[A-Z0-9 ]+-----|\s+/g, ""), "base64");
}

function oneLine(name: string): string {
  return name.split("\n").filter(Boolean).join(", ");
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
