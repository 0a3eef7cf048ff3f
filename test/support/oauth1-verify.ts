import { createHash, createHmac, createVerify, timingSafeEqual } from "node:crypto";

// The server's side of RFC 5849 section 3.2, written from the RFC and sharing nothing with the signer.

/** A request as it arrived. */
export interface Arrived {
  method: string;
  /** As the client addressed it, with scheme and host. */
  url: string;
  contentType: string | undefined;
  authorization: string | undefined;
  body: Buffer;
}

/** The protocol parameters of a request, and all that its signature covers. */
export interface Parsed {
  protocol: Map<string, string>;
  baseString: string;
}

/** Takes a request apart. Throws for protocol parameters in more than one place, or twice (section 3.1). */
export function takeApart(request: Arrived): Parsed {
  const [address, query = ""] = request.url.split("#", 1)[0]!.split(/\?(.*)/s);
  const isForm = /^application\/x-www-form-urlencoded(;|$)/i.test(request.contentType ?? "");
  const places = [
    fromHeader(request.authorization),
    fromForm(query),
    isForm ? fromForm(request.body.toString("utf8")) : [],
  ];
  const holding = places.filter((pairs) => pairs.some(([name]) => name === "oauth_signature"));
  if (holding.length !== 1) throw new Error(`A signature in ${holding.length} places.`);
  const everything = places.flat();
  const own = everything.filter(([name]) => name.startsWith("oauth_"));
  const protocol = new Map(own);
  if (protocol.size !== own.length) throw new Error("A protocol parameter comes twice.");
  const signed = everything
    .filter(([name]) => name !== "oauth_signature")
    .map(([name, value]) => [escape3986(name), escape3986(value)].join("="));
  // Names are compared before values, so "a=1" and "a-b=1" are not compared as whole texts.
  signed.sort((a, b) => comparePairs(a.split("="), b.split("=")));
  const baseString = [request.method, addressOf(address!), signed.join("&")].map(escape3986).join("&");
  return { protocol, baseString };
}

/** True when the signature is the one that these secrets make of the request. */
export function isSigned(
  { protocol, baseString }: Parsed,
  secrets: { consumer: string; token: string; publicKey?: string },
): boolean {
  const given = protocol.get("oauth_signature") ?? "";
  const key = [secrets.consumer, secrets.token].map(escape3986).join("&");
  switch (protocol.get("oauth_signature_method")) {
    case "HMAC-SHA1":
      return same(given, createHmac("SHA1", key).update(baseString, "ascii").digest("base64"));
    case "HMAC-SHA256":
      return same(given, createHmac("SHA256", key).update(baseString, "ascii").digest("base64"));
    case "RSA-SHA1":
      return createVerify("SHA1").update(baseString, "ascii").verify(secrets.publicKey!, given, "base64");
    case "PLAINTEXT":
      return same(given, key);
    default:
      return false;
  }
}

/** True when oauth_body_hash is that of the body (OAuth Request Body Hash 1.0). */
export function hasBodyHash({ protocol }: Parsed, body: Buffer): boolean {
  const algorithm = protocol.get("oauth_signature_method") === "HMAC-SHA256" ? "SHA256" : "SHA1";
  return protocol.get("oauth_body_hash") === createHash(algorithm).update(body).digest("base64");
}

function fromHeader(authorization: string | undefined): [string, string][] {
  const [, list] = /^OAuth\s+(.*)$/is.exec(authorization ?? "") ?? [];
  const parts = list?.split(/\s*,\s*/) ?? [];
  return parts
    .map((part) => /^([^=]+)="([^"]*)"$/.exec(part) ?? fail(`A header with ${part}`))
    .filter(([, name]) => name!.toLowerCase() !== "realm")
    .map(([, name, value]) => [decodeURIComponent(name!), decodeURIComponent(value!)]);
}

function fromForm(text: string): [string, string][] {
  const parts = text.split("&").filter((part) => part.length > 0);
  return parts.map((part) => {
    const [name, ...value] = part.split("=").map((half) => decodeURIComponent(half.replace(/\+/g, "%20")));
    return [name!, value.join("=")];
  });
}

function escape3986(text: string): string {
  let escaped = "";
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    escaped += /[\w.~-]/.test(character) ? character : "%" + (byte + 256).toString(16).slice(1).toUpperCase();
  }
  return escaped;
}

function addressOf(address: string): string {
  const [, scheme, authority, path] = /^([a-z]+):\/\/([^/]+)(.*)$/i.exec(address) ?? fail(address);
  const host = authority!.toLowerCase().replace(scheme!.toLowerCase() === "https" ? /:443$/ : /:80$/, "");
  return `${scheme!.toLowerCase()}://${host}${path === "" ? "/" : path}`;
}

function comparePairs(a: string[], b: string[]): number {
  return (
    Buffer.compare(Buffer.from(a[0]!), Buffer.from(b[0]!)) || Buffer.compare(Buffer.from(a[1]!), Buffer.from(b[1]!))
  );
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function fail(what: string): never {
  throw new Error(`This is not of RFC 5849: ${what}`);
}
