import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MASK, type Challenge } from "../../src/signer/kind.ts";
import { allKinds, kindOf } from "../../src/signer/kinds.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";
import { lastFour } from "../../src/signer/text.ts";
import { certify } from "../support/certificates.ts";
import { THEN } from "./provider.ts";

// What every kind promises, whatever it does. A new kind adds a line to EXAMPLES, or the first test fails.

const LONG = "4eC39HqLyjWDarjtT1zdp7dc";
const REFRESH = "Zq0Lm4Xv7Rn2Kt9Bw5Yh8Pd3";
const CLIENT = "u6Gs1Jc8Oe5Fa0Ni3Mx7Qk2V";

interface Example {
  settings: object;
  secret: object;
  /** The strings that are secret. */
  secrets: string[];
  /** What there is of a secret in a request that does not hold it itself. */
  proof?: RegExp;
  challenge?: Challenge;
  /** The request's path, for kinds that need a place in it. */
  path?: string;
}

const BEN = certify({ name: "Ben" });

/** For each kind: settings and secrets as they are entered. */
const EXAMPLES: Record<string, Example[]> = {
  oauth2: [
    {
      settings: {
        authorize_url: "https://provider.example/authorize",
        token_url: "https://provider.example/token",
        client_id: "client",
        client_secret: CLIENT,
      },
      secret: { access_token: LONG, refresh_token: REFRESH, metadata: { tenant: "7" } },
      secrets: [LONG, REFRESH, CLIENT],
    },
    {
      settings: {
        authorize_url: "https://provider.example/authorize",
        token_url: "https://provider.example/token",
        client_id: "client",
        header: "X-Token",
        prefix: "",
      },
      secret: { access_token: LONG },
      secrets: [LONG],
    },
    {
      settings: {
        authorize_url: "https://provider.example/authorize",
        token_url: "https://provider.example/token",
        client_id: "client",
        client_secret: CLIENT,
        token_query_param: "access_token",
        token_proof_param: "proof",
        request_headers: { "x-api-key": "{client.id}:{client.secret}", "x-tenant": "{tenant}" },
        request_query: { key: "{client.secret}" },
      },
      secret: { access_token: LONG, metadata: { tenant: "7" } },
      secrets: [LONG, CLIENT, createHmac("sha256", CLIENT).update(LONG).digest("hex")],
    },
  ],
  oauth1: [
    ...["header", "query", "body"].map((place) => ({
      settings: { consumer_key: "consumer", consumer_secret: CLIENT, in: place },
      secret: { token: LONG, token_secret: REFRESH },
      secrets: [LONG, REFRESH, CLIENT],
    })),
    {
      settings: { consumer_key: "consumer", consumer_secret: `${CLIENT}&/`, signature_method: "PLAINTEXT" },
      secret: { token: LONG, token_secret: `${REFRESH}=` },
      secrets: [LONG, `${REFRESH}=`, `${REFRESH}%3D`, `${CLIENT}&/`, `${CLIENT}%26%2F`],
    },
  ],
  api_key: [
    ...["header", "query", "cookie", "body"].map((place) => ({
      settings: { in: place, name: "X-Api-Key", format: "Token {key}" },
      secret: { key: LONG },
      secrets: [LONG],
    })),
    {
      settings: {
        in: "header",
        name: "X-Api-Key",
        headers: { "X-App-Secret": "{app_secret}", "X-Mail": "{email}" },
        query: { app: "{app_id}" },
        open_parts: ["email"],
      },
      secret: { key: LONG, app_secret: REFRESH, app_id: CLIENT, email: "a@b.co" },
      secrets: [LONG, REFRESH, CLIENT],
    },
    { settings: { in: "path" }, secret: { key: LONG }, secrets: [LONG], path: "/bot{key}/a" },
  ],
  bearer: [{ settings: {}, secret: { token: LONG }, secrets: [LONG] }],
  basic: [
    { settings: {}, secret: { username: "ann", password: LONG }, secrets: [LONG, base64(`ann:${LONG}`)] },
    { settings: {}, secret: { username: LONG, password: "" }, secrets: [LONG, base64(`${LONG}:`)] },
    { settings: { password_fixed: "X" }, secret: { username: LONG }, secrets: [LONG, base64(`${LONG}:X`)] },
    // What was entered before the service fixed the password is neither used nor taken for the secret.
    {
      settings: { password_fixed: "X" },
      secret: { username: LONG, password: "before" },
      secrets: [LONG, base64(`${LONG}:X`)],
    },
    { settings: { username_fixed: "api" }, secret: { password: LONG }, secrets: [LONG, base64(`api:${LONG}`)] },
  ],
  digest: [
    {
      settings: {},
      secret: { username: "ann", password: LONG },
      secrets: [LONG],
      proof: /^Digest username="ann", .*response="2dc5b7707b123a7f85f2170fd82cc36e"$/m,
      challenge: { asked: { nonce: "n", realm: "r", qop: "auth", cnonce: "c", sessionNonce: "n" }, count: 1 },
    },
  ],
  aws_sigv4: [
    {
      settings: { region: "us-east-1", service: "service" },
      secret: { access_key_id: "AKIDEXAMPLE", secret_access_key: LONG },
      secrets: [LONG],
      proof: /Signature=62369d53ed5cc7bd214ee2fb39a633ee1d34d1e3a6390f9e449d387cfa21fb2c$/m,
    },
    {
      settings: { region: "us-east-1", service: "service", role_arn: "arn:aws:iam::123456789012:role/signet" },
      secret: {
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: CLIENT,
        assumed: {
          access_key_id: "ASIDEXAMPLE",
          secret_access_key: LONG,
          session_token: REFRESH,
          role_arn: "arn:aws:iam::123456789012:role/signet",
        },
      },
      secrets: [LONG, REFRESH, CLIENT],
      proof: /Signature=fce46d7cf325c270d0fd94f9a92808f448869cc1abde090082f37f06b8c9be2f$/m,
    },
  ],
  hmac: [
    {
      settings: {
        string_to_sign: "{timestamp}.{method}.{path_and_query}.{body}",
        headers: { "X-Signature": "t={timestamp},v1={signature}" },
        query: { key: "{key_id}" },
      },
      secret: { key_id: "key-1", secret: LONG },
      secrets: [LONG],
      proof: /^t=1793880000,v1=3f8aede7b15a69c26dedaa45e5d72a2a8c400356c8d49339df9acfa7ce5cc0d1$/m,
    },
    {
      settings: {
        algorithm: "sha512",
        encoding: "base64",
        string_to_sign: "{query}",
        query: { key: "{key_id}", signature: "{signature}" },
      },
      secret: { key_id: "key-1", secret: LONG },
      secrets: [LONG],
      proof: /signature=I3GTG7a8dT\/G7HgfUQkHphjrjKenlZKghjPPGLos\/HUNX72CLmQnaQpi6XOu3tlXntCOlN5ZXDxlsclZc4UNCA==$/m,
    },
  ],
  cerb: [
    {
      settings: {},
      secret: { access_key: "pjlfmn339fgh", secret_key: LONG },
      secrets: [LONG],
      proof: /^pjlfmn339fgh:791fa3c705d5e12cc128a714e07e5578$/m,
    },
  ],
  // Its key proves who connects and is part of no request.
  mtls: [
    {
      settings: { tls_ca: BEN.certificate },
      secret: { certificate: BEN.certificate, private_key: BEN.key },
      secrets: [],
    },
  ],
  login: ["header", "cookie"].map((attach) => ({
    settings: {
      login_url: "https://provider.example/login",
      body: '{"user":"{username}","password":"{password}","app":"{client_secret}"}',
      attach,
      cookie_name: "sid",
      client_secret: CLIENT,
    },
    secret: { username: "ann", password: REFRESH, session: LONG, login_host: "provider.example" },
    secrets: [LONG, REFRESH, CLIENT, base64(`ann:${REFRESH}`)],
  })),
  jwt: [
    {
      settings: { algorithm: "HS256", issuer: "{app_id}", asks: { app_id: "App" } },
      secret: { key: LONG, app_id: "app" },
      secrets: [LONG],
      proof: /^Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\.eyJpc3MiOiJhcHAiL[\w-]+\.[\w-]{43}$/m,
    },
    {
      settings: {
        exchange: "bearer",
        token_url: "https://provider.example/token",
        header: "X-Token",
        format: "{token}",
      },
      secret: { key: REFRESH, token: LONG, token_host: "provider.example" },
      secrets: [LONG, REFRESH],
    },
  ],
  // Signs in at a directory; no request can carry it.
  ldap: [
    {
      settings: { url: "ldaps://ldap.example.com", base_dn: "dc=example,dc=com" },
      secret: { dn: "cn=reader,dc=example,dc=com", password: LONG },
      secrets: [LONG],
    },
  ],
  none: [{ settings: {}, secret: {}, secrets: [] }],
};

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

const REQUEST: OutgoingRequest = Object.freeze({
  method: "POST",
  url: new URL("https://api.example.com/a%20b?x=1&x=2&flag&e=%2F~"),
  headers: Object.freeze([["content-type", "application/json"] as const, ["X-Other", "1"] as const]),
  body: Buffer.from('{"a":1}'),
});

/** All that is visible of a request, with what was encoded for the address also decoded. */
function shown(request: OutgoingRequest): string {
  const url = request.url.href;
  return [request.method, url, decodeURIComponent(url), ...request.headers.flat(), request.body?.toString() ?? ""].join(
    "\n",
  );
}

test("every kind has an example here, and every example a kind", () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(
    allKinds()
      .map(({ id }) => id)
      .sort(),
  );
});

test("an unknown kind is an input that is wrong", () => {
  for (const id of ["", "OAuth2", "__proto__", "constructor", "toString"]) {
    expect(() => kindOf(id), id).toThrow(expect.objectContaining({ code: "invalid" }));
  }
});

const cases = Object.entries(EXAMPLES).flatMap(([id, examples]) =>
  examples.map((example, number) => ({ id, number, ...example })),
);

describe.each(cases)("the kind $id, example $number", ({ id, settings, secret, secrets, proof, challenge, path }) => {
  const kind = kindOf(id);
  // What signs in at a directory is part of no request.
  const carried = kind.directory ? [] : secrets;
  const set = kind.settingsSchema.parse(settings);
  const secretSchema = kind.secretSchemaFor?.(set) ?? kind.secretSchema;
  const held = secretSchema.parse(secret);
  const request =
    path === undefined ? REQUEST : { ...REQUEST, url: new URL(`${path}${REQUEST.url.search}`, REQUEST.url) };
  const now = { ...THEN, challenge };
  const signed = kind.sign(request, held, set, now);
  const preview = kind.preview(request, set, now);

  test("leaves the request it was given as it was", () => {
    expect(REQUEST.url.href).toBe("https://api.example.com/a%20b?x=1&x=2&flag&e=%2F~");
    expect(REQUEST.headers).toHaveLength(2);
    expect(REQUEST.body!.toString()).toBe('{"a":1}');
  });

  test("signs within its slots and nowhere else", () => {
    const slots = kind.slots(set);
    const others = (request: OutgoingRequest) =>
      request.headers.filter(([name]) => !slots.headers.some((slot) => slot.toLowerCase() === name.toLowerCase()));
    expect(others(signed)).toEqual(REQUEST.headers);
    expect(signed.method).toBe("POST");
    expect(signed.url.origin).toBe(REQUEST.url.origin);
    if (slots.path === undefined) expect(signed.url.pathname).toBe(request.url.pathname);
    expect(signed.url.search.startsWith("?x=1&x=2&flag&e=%2F~")).toBe(true);
    if (slots.query.length === 0) expect(signed.url.search).toBe(REQUEST.url.search);
    if (slots.body.length === 0) expect(signed.body).toEqual(REQUEST.body);
  });

  test("signs with its secret, and signs the same each time", () => {
    const usable = carried.filter((text) => text !== REFRESH && text !== CLIENT);
    if (proof) expect(shown(signed)).toMatch(proof);
    else if (usable.length > 0) expect(usable.some((text) => shown(signed).includes(text))).toBe(true);
    expect(shown(kind.sign(request, held, set, now))).toBe(shown(signed));
  });

  test("previews what it would sign, with a mask in the secret's place", () => {
    for (const text of secrets) expect(shown(preview)).not.toContain(text);
    if (carried.length > 0) expect(shown(preview)).toContain(MASK);
    expect(preview.headers.map(([name]) => name)).toEqual(signed.headers.map(([name]) => name));
    expect([...preview.url.searchParams.keys()]).toEqual([...signed.url.searchParams.keys()]);
  });

  test("names every string that an answer must not carry back", () => {
    const sensitive = kind.sensitive(held, set);
    for (const text of secrets) expect(sensitive).toContain(text);
    for (const text of sensitive) expect(typeof text).toBe("string");
  });

  test("tells facts that give nothing away but an end", () => {
    const facts = JSON.stringify(kind.facts(held, set));
    for (const text of secrets) {
      for (let at = 0; at + 6 <= text.length; at++) expect(facts).not.toContain(text.slice(at, at + 6));
    }
  });

  test("asks for no field that its schema does not know, and hides each that is secret", () => {
    const fields = kind.secret(set);
    const filled = Object.fromEntries(
      fields.map((field) => [field.name, (held as Record<string, unknown>)[field.name]]),
    );
    expect(secretSchema.safeParse(filled).success || fields.length === 0).toBe(true);
    for (const field of fields) {
      if (secrets.includes(String(filled[field.name])) && kind.secret(set).length === 1)
        expect(field.hidden).toBe(true);
    }
    for (const field of kind.settings) {
      expect(field.label).not.toBe("");
      if (/secret$|password$|private/.test(field.name)) expect(field.hidden).toBe(true);
    }
  });

  test("refuses settings and secrets with a key that it does not know", () => {
    expect(kind.settingsSchema.safeParse({ ...settings, owner_id: "x" }).success).toBe(false);
    expect(secretSchema.safeParse({ ...secret, owner_id: "x" }).success).toBe(false);
  });

  test("refuses what is not an object at all, in words", () => {
    for (const odd of [null, undefined, "text", 7, [], [1]]) {
      for (const schema of [kind.settingsSchema, secretSchema]) {
        const result = schema.safeParse(odd);
        expect(result.success).toBe(false);
        expect(result.error!.issues[0]!.message).not.toBe("");
      }
    }
  });
});

test("the end of a secret is shown only when enough of it stays hidden", () => {
  expect(lastFour("x".repeat(16) + "abcd")).toBe("ends in abcd");
  expect(lastFour("x".repeat(15) + "abcd")).toBe("saved, hidden");
  expect(lastFour("")).toBe("saved, hidden");
});
