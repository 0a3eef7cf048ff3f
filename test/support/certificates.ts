import { generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { boolean, element, integer, octets, OCTETS, SEQUENCE, SET } from "../../src/signer/ber.ts";

// Certificates of the tests' own authorities (RFC 5280), signed with ECDSA on P-256, made when they are needed.

export interface Certified {
  /** As PEM. */
  certificate: string;
  key: string;
  keys: { publicKey: KeyObject; privateKey: KeyObject };
  x509: X509Certificate;
}

interface Wish {
  name: string;
  /** Names and addresses of a server. */
  hosts?: string[];
  authority?: boolean;
  /** Who signs; itself when nobody is named. */
  by?: Certified;
  from?: Date;
  until?: Date;
}

const DAY = 86_400_000;
const ECDSA_SHA256 = element(SEQUENCE, oid("1.2.840.10045.4.3.2"));

/** A certificate and its key; of yesterday and for a year unless something else is said. */
export function certify(wish: Wish): Certified {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = nameOf(wish.name);
  const from = wish.from ?? new Date(Date.now() - DAY);
  const until = wish.until ?? new Date(Date.now() + 365 * DAY);
  const signed = element(
    SEQUENCE,
    element(0xa0, integer(2)),
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    wish.by ? nameOf(commonName(wish.by.x509)) : subject,
    element(SEQUENCE, time(from), time(until)),
    subject,
    keys.publicKey.export({ type: "spki", format: "der" }),
    element(0xa3, element(SEQUENCE, ...extensions(wish))),
  );
  const signature = sign("sha256", signed, wish.by?.keys.privateKey ?? keys.privateKey);
  const der = element(SEQUENCE, signed, ECDSA_SHA256, element(0x03, Buffer.from([0]), signature));
  const x509 = new X509Certificate(der);
  const key = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { certificate: x509.toString(), key, keys, x509 };
}

/** A private authority, a server's certificate for loopback, and a client's, all of one family. */
export function family(client = "Signet test client") {
  const authority = certify({ name: "Test authority", authority: true });
  const server = certify({ name: "localhost", hosts: ["localhost", "127.0.0.1"], by: authority });
  return { authority, server, client: certify({ name: client, by: authority }) };
}

function extensions({ hosts = [], authority = false }: Wish): Buffer[] {
  const basic = element(SEQUENCE, oid("2.5.29.19"), boolean(true), wrapped(element(SEQUENCE, boolean(authority))));
  const names = hosts.map((host) =>
    isIP(host) ? octets(Buffer.from(host.split(".").map(Number)), 0x87) : octets(host, 0x82),
  );
  return hosts.length === 0
    ? [basic]
    : [basic, element(SEQUENCE, oid("2.5.29.17"), wrapped(element(SEQUENCE, ...names)))];
}

function wrapped(value: Buffer): Buffer {
  return element(OCTETS, value);
}

function nameOf(common: string): Buffer {
  return element(SEQUENCE, element(SET, element(SEQUENCE, oid("2.5.4.3"), octets(common, 0x0c))));
}

function commonName(x509: X509Certificate): string {
  return /CN=(.*)/.exec(x509.subject)![1]!;
}

/** GeneralizedTime. */
function time(date: Date): Buffer {
  return octets(`${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`, 0x18);
}

function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [first! * 40 + second!, ...rest].flatMap((number) => {
    const groups = [number % 128];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(128 + (left % 128));
    return groups;
  });
  return element(0x06, Buffer.from(bytes));
}
