import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MASK } from "../../src/signer/kind.ts";
import { oauth1 } from "../../src/signer/kinds/oauth1.ts";
import { percentEncode } from "../../src/signer/percent.ts";
import { METHODS } from "../../src/signer/oauth1/signature.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";
import { hasBodyHash, isSigned, takeApart, type Arrived } from "../support/oauth1-verify.ts";
import { THEN } from "./provider.ts";

const SECRETS = { consumer: "kd94hf93k423kf44+/= é", token: "pfkkdhi9sl3r4s00&%" };
const TOKEN = { token: "nnch734d00sl2jdk", token_secret: SECRETS.token };
const RSA = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const FORM = "application/x-www-form-urlencoded";

const given = (more: object = {}) =>
  oauth1.settingsSchema.parse({ consumer_key: "key", consumer_secret: SECRETS.consumer, ...more });

function request(url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { method: "GET", url: new URL(url), headers: [], body: null, ...more };
}

function post(body: string | Buffer, contentType: string, url = "https://api.example.com/1/statuses"): OutgoingRequest {
  return request(url, { method: "POST", headers: [["Content-Type", contentType]], body: Buffer.from(body as string) });
}

const sign = (plain: OutgoingRequest, settings: object = {}) => oauth1.sign(plain, TOKEN, given(settings), THEN);

const header = ({ headers }: OutgoingRequest, name: string) =>
  headers.find(([other]) => other.toLowerCase() === name)?.[1];

/** As the provider would see it. */
function arrived(signed: OutgoingRequest): Arrived {
  return {
    method: signed.method,
    url: signed.url.href,
    contentType: header(signed, "content-type"),
    authorization: header(signed, "authorization"),
    body: signed.body ?? Buffer.alloc(0),
  };
}

function accepted(signed: OutgoingRequest): boolean {
  return isSigned(takeApart(arrived(signed)), { ...SECRETS, publicKey: RSA.publicKey });
}

describe("a signed request", () => {
  test("has its parameters in the header, the realm first, with the moment and the nonce it was handed", () => {
    const signed = sign(request("https://api.example.com/x?b=2"), { realm: "Photos and more" });
    expect(signed.url.href).toBe("https://api.example.com/x?b=2");
    const [authorization] = signed.headers.map(([, value]) => value);
    expect(authorization).toMatch(
      /^OAuth realm="Photos and more", oauth_consumer_key="key", oauth_token="nnch734d00sl2jdk", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1793880000", oauth_nonce="0123456789abcdef0123456789abcdef", oauth_version="1.0", oauth_signature="[A-Za-z0-9%]+"$/,
    );
    expect(accepted(signed)).toBe(true);
  });

  test.each(METHODS)("is accepted with %s by a server that was written from the RFC", (signature_method) => {
    const settings = { signature_method, private_key: RSA.privateKey };
    for (const place of ["header", "query", "body"]) {
      const signed = sign(post("a=1&a=%20", FORM, "https://api.example.com/x?a=+&a="), { ...settings, in: place });
      expect(accepted(signed), place).toBe(true);
      expect(takeApart(arrived(signed)).protocol.get("oauth_signature_method")).toBe(signature_method);
    }
  });

  test("has them in the query, behind what is there, which keeps its bytes", () => {
    const signed = sign(request("https://api.example.com/x?q=a+b%20c&flag&e=%2f~"), { in: "query" });
    expect(signed.url.search).toMatch(/^\?q=a\+b%20c&flag&e=%2f~&oauth_consumer_key=key&.*&oauth_signature=[\w%.~-]+$/);
    expect(signed.headers).toEqual([]);
    expect(accepted(signed)).toBe(true);
    expect(accepted(sign(request("https://api.example.com"), { in: "query" }))).toBe(true);
    const odd = sign(request("https://api.example.com/x??a=1&&b"));
    expect([odd.url.search, accepted(odd)]).toEqual(["??a=1&&b", true]);
  });

  test("has them in a form, behind what is there, which keeps its bytes; what is no form has them in the header", () => {
    const bytes = Buffer.from("status=%e2%9c%93+ok&raw=\xff", "latin1");
    const signed = sign({ ...post("", `${FORM}; charset=utf-8`), body: bytes }, { in: "body" });
    expect(signed.body!.subarray(0, bytes.length + 1)).toEqual(Buffer.concat([bytes, Buffer.from("&")]));
    expect(header(signed, "authorization")).toBeUndefined();
    expect(accepted(sign(post("a=1", FORM), { in: "body" }))).toBe(true);
    expect(accepted(sign(post("", FORM), { in: "body" }))).toBe(true);
    const json = sign(post('{"a":1}', "application/json"), { in: "body" });
    expect(json.body!.toString()).toBe('{"a":1}');
    expect(header(json, "authorization")).toMatch(/^OAuth /);
  });

  test("holds each protocol parameter once, whatever the caller wrote", () => {
    const caller = "oauth_token=mine&oauth%5Fnonce=mine&a=1&oauth_signature=mine&oauth_verifier=mine";
    for (const place of ["header", "query"]) {
      const signed = sign(request(`https://api.example.com/x?${caller}`), { in: place });
      expect(signed.url.href).not.toContain("mine");
      expect(signed.url.searchParams.get("a")).toBe("1");
      expect(accepted(signed), place).toBe(true);
    }
    const form = sign(post(caller, FORM), { in: "body" });
    expect(form.body!.toString()).not.toContain("mine");
    expect(accepted(form)).toBe(true);
    const headers: OutgoingRequest["headers"] = [["AUTHORIZATION", "OAuth mine"]];
    expect(sign(request("https://api.example.com/x", { headers })).headers).toHaveLength(1);
  });

  test("covers forms and no other body", () => {
    const signatureOf = (plain: OutgoingRequest, settings = {}) =>
      takeApart(arrived(sign(plain, settings))).protocol.get("oauth_signature");
    expect(signatureOf(post("a=1", FORM))).not.toBe(signatureOf(post("a=2", FORM)));
    expect(signatureOf(post("a=1", FORM.toUpperCase()))).not.toBe(signatureOf(post("a=2", FORM.toUpperCase())));
    for (const type of ["application/json", "multipart/form-data; boundary=x", "text/plain", `${FORM}-not`]) {
      expect(signatureOf(post("a=1", type)), type).toBe(signatureOf(post("a=2", type)));
      expect(signatureOf(post("a=1", type), { body_hash: true }), type).not.toBe(
        signatureOf(post("a=2", type), { body_hash: true }),
      );
    }
  });

  test("has the hash of its body where the service asks for it, but never for a form or without a signature", () => {
    for (const signature_method of ["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1"]) {
      const settings = { signature_method, private_key: RSA.privateKey, body_hash: true };
      const parsed = takeApart(arrived(sign(post('{"a":"é"}', "application/json"), settings)));
      expect(hasBodyHash(parsed, Buffer.from('{"a":"é"}')), signature_method).toBe(true);
    }
    const hashOf = (plain: OutgoingRequest, settings: object) =>
      takeApart(arrived(sign(plain, { body_hash: true, ...settings }))).protocol.get("oauth_body_hash");
    expect(hashOf(post("a=1", FORM), {})).toBeUndefined();
    expect(hashOf(post("{}", "application/json"), { signature_method: "PLAINTEXT" })).toBeUndefined();
    expect(hashOf(request("https://api.example.com"), {})).toBe("2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  });

  test("leaves out the version where the provider does not want it", () => {
    expect(header(sign(request("https://a.example"), { version: false }), "authorization")).not.toContain("version");
  });

  test("signs what is no UTF-8 by its bytes", () => {
    const signed = sign(request("https://a.example/x?q=%ff%FE&%zz=%"), { in: "header" });
    const explained = oauth1.explain!(request("https://a.example/x?q=%ff%FE&%zz=%"), given(), THEN);
    expect(explained.base_string).toContain("%2525zz%3D%2525");
    expect(explained.base_string).toContain("q%3D%25FF%25FE");
    expect(signed.url.search).toBe("?q=%ff%FE&%zz=%");
  });
});

describe("for any request", () => {
  const word = fc.string({ unit: "grapheme", maxLength: 12 });
  const pairs = fc.array(fc.tuple(word, word), { maxLength: 6 });
  const path = fc.webPath();

  test("the signature is what a server by the RFC makes of it, wherever it goes", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("GET", "POST", "put", "DELETE"),
        fc.constantFrom("http://A.example", "https://a.example:443", "http://a.example:80", "https://a.example:8443"),
        path,
        pairs,
        fc.option(pairs, { nil: undefined }),
        fc.constantFrom("header", "query", "body"),
        fc.constantFrom("HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"),
        (method, origin, where, query, fields, place, signature_method) => {
          const url = `${origin}${where}?${new URLSearchParams(query).toString()}`;
          const form = fields && new URLSearchParams(fields).toString();
          const body =
            form === undefined ? {} : { body: Buffer.from(form), headers: [["content-type", FORM]] as const };
          const signed = sign(request(url, { method: method.toUpperCase(), ...body }), { in: place, signature_method });
          expect(accepted(signed)).toBe(true);
        },
      ),
    );
  });

  test("text is encoded with unreserved characters and %XX alone, and comes back whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const encoded = percentEncode(text);
        expect(encoded).toMatch(/^([A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(encoded)).toBe(text.toWellFormed());
      }),
    );
  });

  test("a changed parameter, method, path or host is another signature", () => {
    const plain = post("a=1", FORM, "https://api.example.com/x?b=1");
    const { protocol } = takeApart(arrived(sign(plain)));
    const forged = [
      { ...plain, method: "PUT" },
      { ...plain, url: new URL("https://api.example.com/y?b=1") },
      { ...plain, url: new URL("https://api.example.org/x?b=1") },
      { ...plain, url: new URL("https://api.example.com/x?b=2") },
      { ...plain, url: new URL("https://api.example.com/x?b=1&b=1") },
      { ...plain, body: Buffer.from("a=2") },
    ];
    for (const other of forged) {
      const authorization = header(sign(plain), "authorization");
      const parsed = takeApart({ ...arrived(other), authorization });
      expect(parsed.protocol.get("oauth_signature")).toBe(protocol.get("oauth_signature"));
      expect(isSigned(parsed, SECRETS)).toBe(false);
    }
  });
});

describe("what is shown of a request", () => {
  const plain = post("a=1&b=%20", FORM, "https://api.example.com/x?c=3");

  test("is the request that would be sent, with a mask for token and signature", () => {
    for (const place of ["header", "query", "body"]) {
      const shown = oauth1.preview(plain, given({ in: place }), THEN);
      const text = decodeURIComponent(`${shown.url.href} ${JSON.stringify(shown.headers)} ${shown.body!.toString()}`);
      expect(text, place).toMatch(/oauth_token=(\\")?•••/);
      expect(text, place).toMatch(/oauth_signature=(\\")?•••/);
      expect(text, place).toMatch(/oauth_timestamp=(\\")?1793880000/);
      for (const secret of [TOKEN.token, ...Object.values(SECRETS)]) expect(text).not.toContain(secret);
    }
  });

  test("has the base string that is signed, but for the token", () => {
    const { base_string, signing_key, signature_method } = oauth1.explain!(plain, given(), THEN);
    const signed = takeApart(arrived(sign(plain)));
    expect(base_string!.replace(MASK, TOKEN.token)).toBe(signed.baseString);
    expect([signing_key, signature_method]).toEqual([`${MASK}&${MASK}`, "HMAC-SHA1"]);
  });

  test("has no base string where none is signed", () => {
    expect(oauth1.explain!(plain, given({ signature_method: "PLAINTEXT" }), THEN)).toEqual({
      signature_method: "PLAINTEXT",
      signing_key: `${MASK}&${MASK}`,
    });
  });
});

describe("the kind", () => {
  test("needs a streamed body whole only where its bytes are signed", () => {
    const covers = (type: string, settings: object = {}) => oauth1.coversBody!(given(settings), post("", type));
    expect(covers(FORM)).toBe(true);
    expect(covers("application/json")).toBe(false);
    expect(covers("application/json", { body_hash: true })).toBe(true);
    expect(covers("application/json", { body_hash: true, signature_method: "PLAINTEXT" })).toBe(false);
    expect(oauth1.slots(given()).body).toEqual([]);
  });

  test("asks for a token only where nobody can be asked to consent", () => {
    const legs = {
      request_token_url: "https://p.example/request",
      authorize_url: "https://p.example/authorize",
      access_token_url: "https://q.example/access",
    };
    expect(oauth1.secret(given()).map(({ name, hidden }) => [name, hidden])).toEqual([
      ["token", true],
      ["token_secret", true],
    ]);
    expect(oauth1.consent!(given())).toBeUndefined();
    expect(oauth1.secret(given(legs))).toEqual([]);
    expect(oauth1.consent!(given(legs))).toBeDefined();
    const revoke_url = "https://p.example:8443/revoke/{token}";
    expect(oauth1.controlHosts!(given({ ...legs, revoke_url }))).toEqual(["p.example", "q.example", "p.example:8443"]);
  });

  test.each([
    [{ consumer_key: "" }, "consumer_key"],
    [{ consumer_key: "a\r\nb" }, "consumer_key"],
    [{ consumer_secret: undefined }, "consumer_secret"],
    [{ consumer_secret: "" }, "consumer_secret"],
    [{ signature_method: "HMAC-MD5" }, "signature_method"],
    [{ signature_method: "RSA-SHA1" }, "private_key"],
    [{ signature_method: "RSA-SHA1", private_key: "-----BEGIN" }, "private_key"],
    [{ signature_method: "RSA-SHA1", private_key: RSA.publicKey }, "private_key"],
    [{ realm: 'a"b' }, "realm"],
    [{ realm: "a\\b" }, "realm"],
    [{ realm: "a\r\nX: 1" }, "realm"],
    [{ in: "cookie" }, "in"],
    [{ authorize_url: "https://p.example/authorize" }, "request_token_url"],
    [{ request_token_url: "https://p.example/x", access_token_url: "https://p.example/y" }, "authorize_url"],
    [{ revoke_url: "ftp://p.example" }, "revoke_url"],
  ])("refuses the settings %j at %s", (settings, at) => {
    const plain = { consumer_key: "key", consumer_secret: "secret", ...settings };
    const { error } = oauth1.settingsSchema.safeParse(plain);
    expect(error?.issues.map(({ path }) => path.join("."))).toContain(at);
    expect(JSON.stringify(error?.issues)).not.toContain("MII");
  });

  test.each([
    [{ token: "", token_secret: SECRETS.token }, "Enter the token."],
    [{ token: "a b", token_secret: SECRETS.token }, "A token is visible ASCII"],
    [{ token: "a\r\nX: 1", token_secret: SECRETS.token }, "A token is visible ASCII"],
    [{ token: "a", token_secret: "short" }, "fewer than 8 characters"],
  ])("refuses %j in words that do not repeat it", (secret, message) => {
    const { error } = oauth1.secretSchema.safeParse(secret);
    expect(error?.issues[0]?.message).toContain(message);
    expect(JSON.stringify(error?.issues)).not.toContain(SECRETS.token);
  });

  test("needs no consumer secret for RSA, and takes a key whose line breaks were lost", () => {
    const pasted = RSA.privateKey.replaceAll("\n", "\\n");
    const settings = oauth1.settingsSchema.parse({
      consumer_key: "key",
      signature_method: "RSA-SHA1",
      private_key: pasted,
    });
    const signed = oauth1.sign(request("https://a.example/x"), TOKEN, settings, THEN);
    expect(isSigned(takeApart(arrived(signed)), { ...SECRETS, publicKey: RSA.publicKey })).toBe(true);
  });
});
