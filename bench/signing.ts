import { generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import type { Asked } from "../src/signer/kind.ts";
import { allKinds, kindOf } from "../src/signer/kinds.ts";
import type { OutgoingRequest } from "../src/signer/request.ts";

// node bench/signing.ts, and part of npm run bench: what signing one request with a body of 1 KB costs, kind by kind.

const GOAL = 200;
const ROUNDS = 15;
/** Microseconds that a round lasts. */
const BATCH = 20_000;
const TEXT = "s3cr3t-of-f0rty-characters-0123456789abc";

interface Example {
  kind: string;
  what: string;
  settings: object;
  secret: object;
  asked?: Asked;
  url?: string;
  /** Private-key arithmetic costs what it costs. */
  aside?: true;
}

const endpoints = {
  request_token_url: "https://api.example.com/request",
  authorize_url: "https://api.example.com/authorize",
  access_token_url: "https://api.example.com/token",
};
const oauth1 = { ...endpoints, consumer_key: "consumer", consumer_secret: TEXT };
const token = { token: TEXT, token_secret: TEXT };
const keys = { access_key_id: "AKIDEXAMPLE", secret_access_key: TEXT };

const EXAMPLES: Example[] = [
  { kind: "none", what: "nothing to do", settings: {}, secret: {} },
  { kind: "bearer", what: "header", settings: {}, secret: { token: TEXT } },
  { kind: "basic", what: "header", settings: {}, secret: { username: "ada", password: TEXT } },
  { kind: "api_key", what: "header", settings: { in: "header", name: "X-Key" }, secret: { key: TEXT } },
  { kind: "api_key", what: "body", settings: { in: "body", name: "key" }, secret: { key: TEXT } },
  {
    kind: "oauth2",
    what: "bearer header",
    settings: { authorize_url: "https://a.example/a", token_url: "https://a.example/t", client_id: "client" },
    secret: { access_token: TEXT },
  },
  { kind: "oauth1", what: "HMAC-SHA1", settings: { ...oauth1, signature_method: "HMAC-SHA1" }, secret: token },
  { kind: "oauth1", what: "HMAC-SHA256", settings: { ...oauth1, signature_method: "HMAC-SHA256" }, secret: token },
  {
    kind: "oauth1",
    what: "RSA-SHA1",
    settings: { ...oauth1, signature_method: "RSA-SHA1", private_key: rsaKey() },
    secret: token,
    aside: true,
  },
  {
    kind: "digest",
    what: "SHA-256",
    settings: {},
    secret: { username: "ada", password: TEXT },
    asked: { nonce: "n", realm: "r", qop: "auth", algorithm: "SHA-256", cnonce: "c", sessionNonce: "n" },
  },
  {
    kind: "aws_sigv4",
    what: "signed body",
    settings: {},
    secret: keys,
    url: "https://a1.execute-api.eu-west-1.amazonaws.com/x",
  },
  {
    kind: "aws_sigv4",
    what: "object store",
    settings: {},
    secret: keys,
    url: "https://bucket.s3.eu-west-1.amazonaws.com/a%20b",
  },
  {
    kind: "hmac",
    what: "SHA-256 with body",
    settings: {
      string_to_sign: "{timestamp}{method}{path_and_query}{body}",
      headers: { "X-Sign": "{signature}", "X-Time": "{timestamp}" },
    },
    secret: { secret: TEXT },
  },
  {
    kind: "login",
    what: "session header",
    settings: {
      login_url: "https://api.example.com/login",
      body: '{"user":"{username}","password":"{password}"}',
      session_path: "token",
    },
    secret: { username: "ada", password: TEXT, session: TEXT },
  },
  jwtExample("HS256", TEXT),
  jwtExample("ES256", pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)),
  jwtExample("EdDSA", pem(generateKeyPairSync("ed25519").privateKey)),
  { ...jwtExample("RS256", rsaKey()), aside: true },
  { kind: "cerb", what: "MD5", settings: {}, secret: { access_key: "pjlfmn339fgh", secret_key: TEXT } },
];

/**
 * Prints a line for each example, and one for kinds that sign nothing.
 * @param bare processor time of the bare relay per request, in microseconds; 0 when it is not known.
 */
export function reportSigning(print: (line: string) => void, bare = 0): void {
  print(`signing a request with a body of 1 KB, medians of ${ROUNDS} rounds; goal ${GOAL} us, RSA aside`);
  for (const example of EXAMPLES.filter(({ kind }) => allKinds().some(({ id }) => id === kind))) {
    const micros = cost(example);
    const parts = [example.kind.padEnd(10), example.what.padEnd(18), `${micros.toFixed(1)} us`.padStart(10)];
    if (bare > 0) parts.push(`${(micros / bare).toFixed(2)} of the bare relay`.padStart(24));
    print(`  ${parts.join(" ")}${micros > GOAL && !example.aside ? "  OVER THE GOAL" : ""}`);
  }
  const measured = new Set(EXAMPLES.map(({ kind }) => kind));
  const others = allKinds().filter(({ id }) => !measured.has(id));
  if (others.length > 0) print(`  sign nothing: ${others.map(({ id }) => id).join(", ")}`);
}

/** Microseconds for one signature, when the kind's code is warm and the credential is open already. */
function cost({
  kind: id,
  settings,
  secret,
  asked,
  url = "https://api.example.com/v1/tickets?state=open",
}: Example): number {
  const kind = kindOf(id);
  const set = kind.settingsSchema.parse(settings);
  const held = (kind.secretSchemaFor?.(set) ?? kind.secretSchema).parse(secret);
  const request: OutgoingRequest = {
    method: "POST",
    url: new URL(url),
    headers: [
      ["content-type", "application/json"],
      ["accept", "*/*"],
      ["user-agent", "Signet"],
    ],
    body: Buffer.from(JSON.stringify({ text: "x".repeat(1024 - 11) })),
  };
  let count = 0;
  const sign = () => {
    const challenge = asked && { asked, count: ++count };
    kind.sign(request, held, set, { now: new Date(), nonce, challenge });
  };
  // Processor time, because other programs may share the core.
  const used = (since?: NodeJS.CpuUsage) => Object.values(process.cpuUsage(since)).reduce((sum, part) => sum + part, 0);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    let times = 0;
    for (; used(before) < BATCH; times += 50) for (let one = 0; one < 50; one++) sign();
    return used(before) / times;
  });
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
}

function nonce(): string {
  return randomBytes(16).toString("hex");
}

function jwtExample(algorithm: string, key: string): Example {
  const settings = { algorithm, issuer: "signet", audience: "https://api.example.com" };
  return { kind: "jwt", what: algorithm, settings, secret: { key } };
}

function rsaKey(): string {
  return pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey);
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

if (import.meta.main) reportSigning((line) => process.stdout.write(`${line}\n`));
