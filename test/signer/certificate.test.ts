import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  certificateFacts,
  CertificateProblem,
  invalidNow,
  readChain,
  readIdentity,
  readIdentityFile,
  validityOf,
} from "../../src/signer/certificate.ts";
import { certify } from "../support/certificates.ts";

// The files in test/vectors/pkcs12 were written by OpenSSL 3, NSS and Java; all hold one key and its certificate.

const FOLDER = join(import.meta.dirname, "../vectors/pkcs12");
const vector = (name: string) => readFileSync(join(FOLDER, name));
const OWN = new X509Certificate(vector("certificate.pem"));

const root = certify({ name: "Root", authority: true });
const middle = certify({ name: "Middle", authority: true, by: root });
const ben = certify({ name: "Ben", by: middle });

/** What refuses it: where, and the sentence. */
function problem(work: () => unknown): [string, string] {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateProblem);
    return [(error as CertificateProblem).at, (error as CertificateProblem).message];
  }
  throw new Error("It was taken.");
}

describe("a certificate and its key as PEM", () => {
  test("are taken when they belong together, alone or with the chain in order", () => {
    for (const chain of [[ben], [ben, middle], [ben, middle, root]]) {
      const text = chain.map((one) => one.certificate).join("\n");
      const { certificate, key } = readIdentity(`Subject: Ben\r\n${text.replaceAll("\n", "\r\n")}`, ben.key);
      expect(readChain(certificate).map((one) => one.subject)).toEqual(chain.map((one) => one.x509.subject));
      expect(new X509Certificate(certificate).checkPrivateKey(ben.keys.privateKey)).toBe(true);
      expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    }
  });

  test("are refused when the key belongs to another certificate", () => {
    expect(problem(() => readIdentity(ben.certificate, middle.key))).toEqual([
      "key",
      "This private key does not belong to the certificate.",
    ]);
  });

  test("are refused when the own certificate is not the first", () => {
    expect(problem(() => readIdentity(middle.certificate + ben.certificate, ben.key))).toEqual([
      "certificate",
      "The key belongs to certificate 2: put that one first.",
    ]);
  });

  test("are refused when a link of the chain is missing or in the wrong place", () => {
    for (const chain of [
      [ben, root],
      [ben, root, middle],
      [ben, certify({ name: "Middle", authority: true, by: root })],
    ]) {
      const [at, sentence] = problem(() => readIdentity(chain.map((one) => one.certificate).join(""), ben.key));
      expect(at).toBe("certificate");
      expect(sentence).toMatch(/^Certificate 2 did not issue certificate 1\. Put your own first/);
    }
  });

  test("are refused in words when they are in each other's place, or something else", () => {
    const publicKey = ben.keys.publicKey.export({ type: "spki", format: "pem" }).toString();
    const request = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----";
    const both = ben.certificate + ben.key;
    const said = (certificate: string, key: string) => problem(() => readIdentity(certificate, key)).join(": ");
    expect(said(ben.certificate, publicKey)).toMatch(/^key: This is a public key/);
    expect(said(ben.certificate, ben.certificate)).toMatch(/^key: This is a certificate/);
    expect(said(ben.key, ben.key)).toMatch(/^certificate: This is a private key/);
    expect(said(request, ben.key)).toMatch(/^certificate: This is a request for a certificate/);
    expect(said(both, ben.key)).toMatch(/^certificate: A private key is among the certificates/);
    expect(said("ben", ben.key)).toMatch(/^certificate: Paste the certificate as PEM/);
    expect(said(ben.certificate, "ben")).toMatch(/^key: Paste the private key as PEM/);
    expect(said(ben.certificate.replace(/\n.{10}/, "\n"), ben.key)).toMatch(
      /^certificate: The certificate can not be read/,
    );
    expect(said(ben.certificate, ben.key.replace(/\n.{10}/, "\n"))).toMatch(/^key: The private key can not be read/);
    expect(said(ben.certificate.repeat(11), ben.key)).toMatch(/^certificate: A chain has at most 10/);
  });

  test("may have lost their line breaks on the way", () => {
    const flat = (pem: string) => pem.replaceAll("\n", " ");
    expect(readIdentity(flat(ben.certificate), flat(ben.key)).certificate).toBe(ben.certificate);
    expect(readIdentity(ben.certificate.replaceAll("\n", "\\n"), ben.key.replaceAll("\n", "\\n")).key).toBe(ben.key);
  });
});

describe("an encrypted key", () => {
  const certificate = vector("certificate.pem").toString();
  const files = ["key-pbkdf2.pem", "key-scrypt.pem", "key-openssl-ec.pem"];

  test.each(files)("%s is opened with its passphrase, and kept without", (file) => {
    const { key } = readIdentity(certificate, vector(file).toString(), "vector");
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  test.each(files)("%s is refused without a passphrase, or with another", (file) => {
    const pem = vector(file).toString();
    expect(problem(() => readIdentity(certificate, pem))).toEqual([
      "passphrase",
      "This private key is encrypted: enter its passphrase, too.",
    ]);
    expect(problem(() => readIdentity(certificate, pem, "other"))).toEqual([
      "passphrase",
      "The passphrase does not open this private key.",
    ]);
  });

  test("that asks for thirty million rounds of work keeps nobody waiting", () => {
    const pem = vector("key-thirty-million-rounds.pem").toString();
    expect(problem(() => readIdentity(certificate, pem, "vector"))[1]).toMatch(/more than 1,000,000 rounds/);
  });
});

describe("a PKCS#12 file in base64", () => {
  const open = (name: string, passphrase: string) => readIdentityFile(vector(name).toString("base64"), passphrase);

  test.each([
    ["openssl-aes.p12", "vector", 2],
    ["openssl-aes-utf8.p12", "pässwörd", 1],
    ["openssl-3des.p12", "pässwörd", 2],
    ["openssl-open-certificates.p12", "vector", 2],
    ["nss.p12", "vector", 2],
    ["java.p12", "vector2", 2],
  ])("%s gives its key and certificate, the own one first", (name, passphrase, count) => {
    const { certificate, key } = open(name, passphrase);
    const chain = readChain(certificate);
    expect(chain[0]!.fingerprint256).toBe(OWN.fingerprint256);
    expect(chain).toHaveLength(count);
    expect(readIdentity(certificate, key)).toEqual({ certificate, key });
  });

  test("is refused with another passphrase", () => {
    for (const name of ["openssl-aes.p12", "openssl-3des.p12", "nss.p12", "java.p12"]) {
      expect(problem(() => open(name, "other"))).toEqual([
        "passphrase",
        "The passphrase does not open the PKCS#12 file.",
      ]);
    }
  });

  test("in the ciphers of old says how to get a better one", () => {
    expect(problem(() => open("openssl-rc2.p12", "vector"))[1]).toMatch(/RC2 or RC4.*export it again with AES/);
  });

  test("that asks for more than a million rounds of work keeps nobody waiting", () => {
    expect(problem(() => open("openssl-many-rounds.p12", "vector"))).toEqual([
      "pkcs12",
      "Opening this takes more than 1,000,000 rounds; export it with fewer.",
    ]);
  });

  test("that is cut off, changed or none at all is refused, and quickly", () => {
    const whole = vector("openssl-aes.p12");
    for (let length = 1; length < whole.length; length += 7) {
      expect(problem(() => readIdentityFile(whole.subarray(0, length).toString("base64"), "vector"))[0]).toMatch(
        /^(pkcs12|passphrase)$/,
      );
    }
    for (let at = 0; at < 300; at++) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ 0xff;
      try {
        readIdentityFile(changed.toString("base64"), "vector");
      } catch (error) {
        expect(error).toBeInstanceOf(CertificateProblem);
      }
    }
    expect(problem(() => readIdentityFile("no base64!", "vector"))[1]).toMatch(/^Paste the file in base64/);
    expect(problem(() => readIdentityFile(Buffer.from("hello").toString("base64"), ""))[1]).toMatch(/not a PKCS#12/);
  });

  test("may be pasted with line breaks and as some programs frame it", () => {
    const text = vector("openssl-aes.p12").toString("base64").replace(/.{64}/g, "$&\r\n");
    expect(readIdentityFile(`-----BEGIN PKCS12-----\n${text}\n-----END PKCS12-----\n`, "vector").key).toMatch(
      /PRIVATE/,
    );
  });
});

describe("what is told of a certificate", () => {
  test("is its subject, issuer, end and fingerprint", () => {
    const facts = certificateFacts(vector("certificate.pem").toString());
    expect(facts).toEqual([
      { label: "Subject", value: "CN=vector" },
      { label: "Issuer", value: "CN=Vector authority" },
      { label: "Valid until", value: OWN.validToDate.toISOString().slice(0, 10) },
      { label: "Fingerprint (SHA-256)", value: OWN.fingerprint256 },
    ]);
  });

  test("is also whether it is good at this moment", () => {
    const { certificate } = certify({ name: "x", from: new Date("2030-01-01"), until: new Date("2031-01-01") });
    const at = (moment: string) => invalidNow(validityOf(certificate), new Date(moment));
    expect(at("2029-12-31")).toBe("This certificate is valid only from 2030-01-01 on.");
    expect(at("2030-06-01")).toBeUndefined();
    expect(at("2031-01-02")).toBe("This certificate ended on 2031-01-01; get a new one.");
  });
});
