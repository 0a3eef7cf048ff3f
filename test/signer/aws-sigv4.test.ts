import { describe, expect, test } from "vitest";
import { MASK, type Ask } from "../../src/signer/kind.ts";
import { kindOf } from "../../src/signer/kinds.ts";
import { headerValue, type Header, type OutgoingRequest } from "../../src/signer/request.ts";
import { verifiedBy } from "../support/aws-verifier.ts";
import { THEN } from "./provider.ts";

// How requests are made ready for Signature Version 4. The verifier shares no line with the signer.

const kind = kindOf("aws_sigv4");
const KEYS = { access_key_id: "AKIDEXAMPLE", secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const ROLE = "arn:aws:iam::123456789012:role/signet";
const TEMPORARY = {
  access_key_id: "ASIATEMPORARYEXAMPLE",
  secret_access_key: "temporarySecretAccessKeyOfFortyCharacter",
  session_token: "FwoGZXIvYXdzEXAMPLETOKEN",
};

function request(url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { method: "GET", url: new URL(url), headers: [], body: null, ...more };
}

function sign(of: OutgoingRequest, secret: object = KEYS, settings: object = {}): OutgoingRequest {
  return kind.sign(of, kind.secretSchema.parse(secret), kind.settingsSchema.parse(settings), THEN);
}

const S3 = "https://bucket.s3.eu-west-1.amazonaws.com";

describe("a request for the object store", () => {
  test.each([
    ["spaces and signs in the path", `${S3}/a%20b/!'()*$&+,;=:@~`],
    ["double slashes, which belong to the name", `${S3}//a//b/`],
    ["an escape in small letters", `${S3}/caf%c3%a9`],
    ["an escape that is none", `${S3}/100%`],
    ["parameters without a value, and some twice", `${S3}/?acl&b=2&b=1&A=&=x`],
    ["a plus in the query, which is a space", `${S3}/?prefix=a+b&marker=a%2Bb`],
  ])("is verified with %s", (_, url) => {
    const signed = sign(request(url));
    expect(signed.url.href).toBe(new URL(url).href);
    expect(verifiedBy(KEYS, signed)).toEqual({ verified: true, scope: "20261105/eu-west-1/s3" });
  });

  test("names the hash of its body in a header, and signs it", () => {
    const signed = sign(request(`${S3}/a`, { method: "PUT", body: Buffer.from("Welcome") }));
    expect(headerValue(signed, "x-amz-content-sha256")).toMatch(/^0e2226b5/);
    expect(headerValue(signed, "authorization")).toContain("x-amz-content-sha256");
    expect(verifiedBy(KEYS, { ...signed, body: Buffer.from("welcome") }).verified).toBe(false);
  });

  test("does not wait for the bytes of a stream where TLS guards them", () => {
    const of = request(`${S3}/a`, { method: "PUT", streamed: true });
    expect(kind.coversBody!({}, of)).toBe(false);
    expect(headerValue(sign(of), "x-amz-content-sha256")).toBe("UNSIGNED-PAYLOAD");
    expect(kind.coversBody!({ region: "x", service: "s3" }, { ...of, url: new URL("http://127.0.0.1/a") })).toBe(true);
  });

  test("keeps what its caller says of a stream: a hash, or chunks with a checksum behind", () => {
    for (const said of ["ab".repeat(32), "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]) {
      const headers: Header[] = [["x-amz-content-sha256", said]];
      const of = request(`${S3}/a`, { method: "PUT", headers, streamed: true });
      expect(kind.coversBody!({}, of)).toBe(false);
      expect(headerValue(sign(of), "x-amz-content-sha256")).toBe(said);
    }
  });

  test("does not believe its caller's hash of a body that is there", () => {
    const headers: Header[] = [["x-amz-content-sha256", "ab".repeat(32)]];
    const signed = sign(request(`${S3}/a`, { method: "PUT", headers, body: Buffer.from("Welcome") }));
    expect(headerValue(signed, "x-amz-content-sha256")).toMatch(/^0e2226b5/);
  });

  test("is refused when its chunks are signed with a key that is not ours", () => {
    const headers: Header[] = [["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]];
    const of = request(`${S3}/a`, { method: "PUT", headers, streamed: true });
    expect(() => sign(of)).toThrow(/unsigned or whole payloads/);
  });
});

describe("a request for any other service", () => {
  const API = "https://a1b2.execute-api.eu-west-1.amazonaws.com";

  test.each([
    ["an escape, which is escaped once more", `${API}/stage/a%20b`],
    ["double slashes, which are one", `${API}//stage//a/`],
    ["signs that addresses leave as they are", `${API}/stage/!'()*$&+,;=:@~`],
  ])("is verified with %s", (_, url) => {
    expect(verifiedBy(KEYS, sign(request(url)))).toEqual({ verified: true, scope: "20261105/eu-west-1/execute-api" });
  });

  test("has the body's bytes in its signature, so that a stream must be read first", () => {
    const of = request(API, { method: "POST", body: Buffer.from("{}") });
    expect(kind.coversBody!({}, of)).toBe(true);
    expect(verifiedBy(KEYS, sign(of)).verified).toBe(true);
    expect(verifiedBy(KEYS, { ...sign(of), body: Buffer.from("[]") }).verified).toBe(false);
    expect(headerValue(sign(of), "x-amz-content-sha256")).toBeUndefined();
  });

  test("has all its headers signed but those that may change on the way", () => {
    const headers: Header[] = [
      ["X-Amz-Target", "DynamoDB_20120810.ListTables"],
      ["content-type", "application/x-amz-json-1.0"],
      ["accept-encoding", "identity"],
      ["User-Agent", "Signet"],
    ];
    const signed = sign(request(API, { method: "POST", headers, body: Buffer.from("{}") }));
    expect(headerValue(signed, "authorization")).toContain("SignedHeaders=content-type;host;x-amz-date;x-amz-target,");
  });

  test("has a port in its host only where it is not the usual one", () => {
    const settings = { region: "eu-west-1", service: "es" };
    for (const url of ["https://search.example:9200/_search", "https://search.example/_search"])
      expect(verifiedBy(KEYS, sign(request(url), KEYS, settings)).verified).toBe(true);
  });
});

describe("keys", () => {
  test("of a day, a region and a service sign nothing else", () => {
    const secret = kind.secretSchema.parse(KEYS) as object;
    const [first, second] = ["2026-11-05T23:59:59Z", "2026-11-06T00:00:00Z"].map((now) =>
      kind.sign(request(S3), secret, kind.settingsSchema.parse({}), { ...THEN, now: new Date(now) }),
    );
    expect(verifiedBy(KEYS, first!)).toEqual({ verified: true, scope: "20261105/eu-west-1/s3" });
    expect(verifiedBy(KEYS, second!)).toEqual({ verified: true, scope: "20261106/eu-west-1/s3" });
  });

  test("that are temporary sign together with their token", () => {
    const signed = sign(request(S3), TEMPORARY);
    expect(headerValue(signed, "x-amz-security-token")).toBe(TEMPORARY.session_token);
    expect(headerValue(signed, "authorization")).toContain("x-amz-security-token");
    expect(verifiedBy(TEMPORARY, signed).verified).toBe(true);
  });

  test("that are temporary are refused without their token, in words", () => {
    const { session_token: _, ...alone } = TEMPORARY;
    const { error } = kind.secretSchema.safeParse(alone);
    expect(error!.issues).toMatchObject([{ path: ["session_token"], message: expect.stringContaining("ASIA") }]);
  });

  test("are never asked for without a warning of the root user's", () => {
    const [id] = kind.secret({});
    expect(id!.help).toMatch(/never of the root user/);
  });
});

describe("an address that is signed itself", () => {
  const address = (url: string, secret: object = KEYS) =>
    kind.presign!(request(url), kind.secretSchema.parse(secret), kind.settingsSchema.parse({}), THEN, 600);

  test.each([`${S3}/a%20b?response-content-type=text/plain&x`, "https://sts.amazonaws.com/?Action=GetCallerIdentity"])(
    "is verified, and keeps what it was asked for: %s",
    (url) => {
      const signed = address(url);
      expect(signed.href.startsWith(`${url}&X-Amz-Algorithm=`)).toBe(true);
      expect(verifiedBy(KEYS, request(signed.href)).verified).toBe(true);
    },
  );

  test("carries the token of temporary keys", () => {
    const signed = address(`${S3}/a`, TEMPORARY);
    expect(signed.searchParams.get("X-Amz-Security-Token")).toBe(TEMPORARY.session_token);
    expect(verifiedBy(TEMPORARY, request(signed.href)).verified).toBe(true);
  });
});

describe("what is shown before anything is sent", () => {
  test("is the canonical request and the string to sign that the signature is made of", () => {
    const of = request(`${S3}/a?list-type=2`);
    const explained = kind.explain!(of, {}, THEN);
    expect(explained.canonical_request).toBe(
      [
        "GET",
        "/a",
        "list-type=2",
        "host:bucket.s3.eu-west-1.amazonaws.com",
        "x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-amz-date:20261105T120000Z",
        "",
        "host;x-amz-content-sha256;x-amz-date",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      ].join("\n"),
    );
    expect(explained.string_to_sign).toMatch(
      /^AWS4-HMAC-SHA256\n20261105T120000Z\n20261105\/eu-west-1\/s3\/aws4_request\n[0-9a-f]{64}$/,
    );
  });

  test("has a mask for the token that a role brings", () => {
    const settings = kind.settingsSchema.parse({ role_arn: ROLE });
    expect(headerValue(kind.preview(request(S3), settings, THEN), "x-amz-security-token")).toBe(MASK);
    expect(kind.explain!(request(S3), settings, THEN).canonical_request).toContain(`x-amz-security-token:${MASK}`);
  });
});

describe("a role", () => {
  const settings = kind.settingsSchema.parse({ role_arn: ROLE, external_id: "team-7", region: "eu-west-1" });
  const secret = kind.secretSchema.parse(KEYS);
  const granted = {
    AssumeRoleResponse: {
      AssumeRoleResult: {
        Credentials: {
          AccessKeyId: TEMPORARY.access_key_id,
          SecretAccessKey: TEMPORARY.secret_access_key,
          SessionToken: TEMPORARY.session_token,
          Expiration: 1_793_883_600,
        },
      },
    },
  };

  function answering(status: number, text: string) {
    const asked: Parameters<Ask>[0][] = [];
    const ask: Ask = async (question) => {
      asked.push(question);
      return { status, headers: {}, text };
    };
    return { asked, renew: () => kind.renewal!(settings)!.renew(settings, secret, { redirectUri: "" }, ask, THEN) };
  }

  test("is assumed with a request that the lasting keys sign, and whose answer is asked for as JSON", async () => {
    const { asked, renew } = answering(200, JSON.stringify(granted));
    await renew();
    expect(asked).toHaveLength(1);
    const [{ method, url, headers, body }] = asked as [Parameters<Ask>[0]];
    expect(url).toBe("https://sts.eu-west-1.amazonaws.com/");
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: ROLE,
      RoleSessionName: "signet",
      ExternalId: "team-7",
    });
    expect(headers).toMatchObject({ accept: "application/json" });
    const sent = request(url, { method, headers: Object.entries(headers!), body: Buffer.from(body!) });
    expect(verifiedBy(KEYS, sent)).toEqual({ verified: true, scope: "20261105/eu-west-1/sts" });
  });

  test("signs with its temporary keys until they end, and keeps the lasting ones for the next time", async () => {
    const grant = await answering(200, JSON.stringify(granted)).renew();
    expect(grant.expiresAt).toEqual(new Date("2026-11-05T13:00:00Z"));
    expect(grant.refreshable).toBe(true);
    expect(kind.secretSchema.parse(grant.secret)).toMatchObject(KEYS);
    const signed = kind.sign(request(S3), grant.secret, settings, THEN);
    expect(verifiedBy(TEMPORARY, signed).verified).toBe(true);
    for (const text of [TEMPORARY.secret_access_key, TEMPORARY.session_token, KEYS.secret_access_key])
      expect(kind.sensitive(grant.secret, settings)).toContain(text);
  });

  test("of which an account has no keys, because its service names another one now, is not stood in for", async () => {
    const { secret: held } = await answering(200, JSON.stringify(granted)).renew();
    const other = kind.settingsSchema.parse({ role_arn: `${ROLE}-2` });
    for (const keys of [held, secret]) {
      const refused = expect.objectContaining({ code: "needs_reconnect" });
      expect(() => kind.sign(request(S3), keys, other, THEN)).toThrow(refused);
    }
  });

  test("begins with nothing but the lasting keys, whatever is entered", async () => {
    const { secret: held } = await answering(200, JSON.stringify(granted)).renew();
    const begun = kind.renewal!(settings)!.accept(held, settings);
    expect(begun).toEqual({ secret: KEYS, ready: false, renewable: true });
  });

  test("that its service no longer names leaves the lasting keys to sign", async () => {
    const { secret: held } = await answering(200, JSON.stringify(granted)).renew();
    const none = kind.settingsSchema.parse({});
    expect(kind.renewal!(none)).toBeUndefined();
    expect(verifiedBy(KEYS, kind.sign(request(S3), held, none, THEN)).verified).toBe(true);
  });

  test.each([
    [403, error("AccessDenied", "not authorized to perform: sts:AssumeRole"), "upstream_invalid", /trust policy/],
    [403, error("InvalidClientTokenId", "…"), "needs_reconnect", /does not know this access key/],
    [403, error("SignatureDoesNotMatch", "…"), "needs_reconnect", /does not belong to this access key ID/],
    [403, error("SignatureDoesNotMatch", "Signature expired: 2026"), "upstream_invalid", /clock/],
    [400, error("Throttling", "Rate exceeded"), "upstream_unreachable", /Try again later/],
    [503, "", "upstream_unreachable", /answered 503/],
    [200, "<AssumeRoleResponse/>", "upstream_invalid", /form known here/],
    [200, '{"AssumeRoleResponse":{}}', "upstream_invalid", /form known here/],
  ])("that is refused with %i %s says what to do", async (status, text, code, words) => {
    await expect(answering(status, text).renew()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    });
  });

  test("lives in the partition of its region, unless the service says where", () => {
    const hosts = (more: object) => kind.controlHosts!(kind.settingsSchema.parse({ role_arn: ROLE, ...more }));
    expect(hosts({})).toEqual(["sts.us-east-1.amazonaws.com"]);
    expect(hosts({ region: "cn-north-1" })).toEqual(["sts.cn-north-1.amazonaws.com.cn"]);
    expect(hosts({ region: "eusc-de-east-1" })).toEqual(["sts.eusc-de-east-1.amazonaws.eu"]);
    expect(hosts({ sts_url: "https://objects.example:9000" })).toEqual(["objects.example:9000"]);
    expect(kind.controlHosts!({})).toEqual([]);
  });
});

function error(Code: string, Message: string): string {
  return JSON.stringify({ Error: { Code, Message, Type: "Sender" } });
}

test.each([
  ["<Error><Code>RequestTimeTooSkewed</Code></Error>", /clock/],
  ["<Error><Code>SignatureDoesNotMatch</Code></Error>", /secret access key does not belong/],
  ['{"__type":"com.amazon.coral.service#UnrecognizedClientException"}', /does not know this access key/],
  ["<Error><Code>AuthorizationHeaderMalformed</Code></Error>", /another region or service/],
  ["<Error><Code>ExpiredToken</Code></Error>", /temporary keys have ended/],
])("a refusal such as %s is explained", (text, words) => {
  expect(kind.refused!({ status: 403, headers: {}, text }, {}, THEN.now)).toMatch(words);
});

test("a refusal that is not about the signature is not explained away", () => {
  expect(
    kind.refused!({ status: 403, headers: {}, text: "<Error><Code>AccessDenied</Code></Error>" }, {}, THEN.now),
  ).toBeUndefined();
});
