import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { OutgoingRequest } from "../../src/signer/request.ts";
import type { Received } from "./echo.ts";

// The receiving side of AWS Signature Version 4, written from the documentation and from nothing of the signer: it
// decodes what arrived and encodes it anew, where the signer never decodes.

interface Keys {
  access_key_id: string;
  secret_access_key: string;
  session_token?: string;
}

export interface Verdict {
  verified: boolean;
  /** `date/region/service`. */
  scope: string;
  /** What was not as it should be. */
  because?: string;
}

/** A request as it arrives: target and headers as they are on the wire, `host` among them. */
interface Arrived {
  method: string;
  target: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}

/** Would the holder of `keys` take this request as signed? */
export function verifiedBy(keys: Keys, request: OutgoingRequest): Verdict {
  return verify(keys, {
    method: request.method,
    target: request.url.pathname + request.url.search,
    headers: [["Host", request.url.host], ...request.headers],
    body: request.body ?? Buffer.alloc(0),
  });
}

/** The same for a request that arrived at an echo server. */
export function receivedBy(keys: Keys, { method, path, headers, body }: Received): Verdict {
  return verify(keys, { method, target: path, headers, body });
}

function verify(keys: Keys, { method, target, headers, body }: Arrived): Verdict {
  const [path = "", query = ""] = cut(target, "?");
  const parameters = query === "" ? [] : query.split("&").map((part) => cut(part, "=").map(decoded));
  const claim = claimOf(headers, parameters);
  if (claim === undefined) return { verified: false, scope: "", because: "It is not signed." };
  const [id = "", date = "", region = "", service = ""] = claim.credential.split("/");
  const refuse = (because: string): Verdict => ({ verified: false, scope: `${date}/${region}/${service}`, because });
  if (id !== keys.access_key_id) return refuse("The access key is another one.");
  if (claim.token !== keys.session_token) return refuse("The session token is missing or another one.");
  if (!claim.date.startsWith(date)) return refuse("The dates differ.");
  const signed = claim.signedHeaders.split(";");
  const must = headers.map(([name]) => name.toLowerCase()).filter((name) => name === "host" || /^x-amz-/.test(name));
  if (must.some((name) => !signed.includes(name))) return refuse(`Not all of ${must.join()} are signed.`);
  const said = headers.find(([name]) => name.toLowerCase() === "x-amz-content-sha256")?.[1];
  const hash = createHash("sha256").update(body).digest("hex");
  if (said !== undefined && /^[0-9a-f]{64}$/.test(said) && said !== hash) return refuse("The body has another hash.");
  const payload = said ?? (claim.inQuery && service === "s3" ? "UNSIGNED-PAYLOAD" : hash);
  const canonical = [
    method,
    service === "s3" ? encodedPath(path) : encodedTwice(path),
    parameters
      .filter(([name]) => name !== "X-Amz-Signature")
      .map(([name = "", value = ""]) => [encoded(name), encoded(value)] as const)
      .sort(([a, x], [b, y]) => (a === b ? Number(x > y) - Number(x < y) : a > b ? 1 : -1))
      .map((pair) => pair.join("="))
      .join("&"),
    ...signed.map((name) => `${name}:${valuesOf(headers, name)}`),
    "",
    claim.signedHeaders,
    payload,
  ].join("\n");
  const text = [
    "AWS4-HMAC-SHA256",
    claim.date,
    `${date}/${region}/${service}/aws4_request`,
    createHash("sha256").update(canonical, "latin1").digest("hex"),
  ].join("\n");
  const hmac = (key: Buffer | string, data: string) => createHmac("sha256", key).update(data).digest();
  const key = hmac(hmac(hmac(hmac(`AWS4${keys.secret_access_key}`, date), region), service), "aws4_request");
  const right = hmac(key, text);
  const given = Buffer.from(claim.signature, "hex");
  if (given.length !== right.length || !timingSafeEqual(given, right))
    return refuse(`The signature is another one; signed was\n${canonical}`);
  return { verified: true, scope: `${date}/${region}/${service}` };
}

function claimOf(headers: Arrived["headers"], parameters: string[][]) {
  const header = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const parameter = (wanted: string) => parameters.find(([name]) => name === wanted)?.[1];
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    header("authorization") ?? "",
  );
  if (parts)
    return {
      credential: parts[1]!,
      signedHeaders: parts[2]!,
      signature: parts[3]!,
      date: header("x-amz-date") ?? "",
      token: header("x-amz-security-token"),
      inQuery: false,
    };
  if (parameter("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") return undefined;
  return {
    credential: parameter("X-Amz-Credential") ?? "",
    signedHeaders: parameter("X-Amz-SignedHeaders") ?? "",
    signature: parameter("X-Amz-Signature") ?? "",
    date: parameter("X-Amz-Date") ?? "",
    token: parameter("X-Amz-Security-Token"),
    inQuery: true,
  };
}

function valuesOf(headers: Arrived["headers"], wanted: string): string {
  const values = headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  return values.map((value) => value.trim().split(/ +/).join(" ")).join(",");
}

/** Bytes, one character each. */
function decoded(text: string): string {
  let bytes = "";
  for (let at = 0; at < text.length; at++) {
    const digits = text.slice(at + 1, at + 3);
    if (text[at] === "%" && /^[0-9a-f]{2}$/i.test(digits)) {
      bytes += String.fromCharCode(Number(`0x${digits}`));
      at += 2;
    } else bytes += text[at] === "+" ? " " : text[at];
  }
  return bytes;
}

function encoded(bytes: string): string {
  return [...bytes]
    .map((byte) =>
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".includes(byte)
        ? byte
        : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}

function encodedPath(path: string): string {
  return path
    .split("/")
    .map((segment) => encoded(decoded(segment.replaceAll("+", "%2B"))))
    .join("/");
}

function encodedTwice(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  return `/${segments.map(encoded).join("/")}${segments.length > 0 && path.endsWith("/") ? "/" : ""}`;
}

function cut(text: string, at: string): string[] {
  const where = text.indexOf(at);
  return where < 0 ? [text] : [text.slice(0, where), text.slice(where + 1)];
}
