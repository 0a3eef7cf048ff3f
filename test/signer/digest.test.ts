import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "../../src/signer/digest/auth-header.ts";
import { digest } from "../../src/signer/kinds/digest.ts";
import type { Challenge, Circumstances } from "../../src/signer/kind.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";

// The published examples, and what servers write in headers. That the digests are right for a server is shown in
// test/accounts/digest.test.ts, against one that was written from the RFC.

interface Vector {
  source: string;
  secret: { username: string; password: string };
  request: { method: string; url: string };
  challenge: string;
  cnonce: string;
  count: number;
  authorization: string;
}

const FOLDER = join(import.meta.dirname, "../vectors/digest");
const vectors = readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Vector);

function circumstances(cnonce: string, challenge?: Challenge): Circumstances {
  return { now: new Date("2026-11-05T12:00:00Z"), nonce: () => cnonce, challenge };
}

function asked(header: string | string[], status = 401, cnonce = "0a4f113b") {
  return digest.challenged!({ status, headers: { "www-authenticate": header } }, {}, circumstances(cnonce));
}

function request(url: string, method = "GET"): OutgoingRequest {
  return { method, url: new URL(url), headers: [], body: null };
}

function signed(header: string, secret: { username: string; password: string }, url = "https://a.example/x"): string {
  const challenge = { asked: asked(header)!, count: 1 };
  return digest.sign(request(url), secret, {}, circumstances("", challenge)).headers[0]![1];
}

test.each(vectors)("the example of $source", (vector) => {
  const challenge = { asked: asked(vector.challenge, 401, vector.cnonce)!, count: vector.count };
  const plain = request(vector.request.url, vector.request.method);
  const now = circumstances("", challenge);
  expect(digest.sign(plain, vector.secret, {}, now).headers).toEqual([["Authorization", vector.authorization]]);
});

test("without a challenge a request goes out as it is", () => {
  const plain = request("https://a.example/x");
  expect(digest.sign(plain, { username: "a", password: "b" }, {}, circumstances(""))).toBe(plain);
});

describe("of several challenges", () => {
  const one = (algorithm: string, nonce = algorithm) => `Digest realm="r", nonce="${nonce}", algorithm=${algorithm}`;

  test("the strongest is answered, in one header or in many, among other schemes", () => {
    const all = [one("MD5"), one("SHA-512-256"), one("SHA-256")];
    for (const header of [all, all.join(", "), `Negotiate, Basic realm="Digest x", ${all.join(",")}, Bearer`]) {
      expect(asked(header)).toMatchObject({ algorithm: "SHA-512-256" });
    }
  });

  test("the first of equals, and the one that can be answered", () => {
    expect(asked([one("SHA-256-sess", "1"), one("SHA-256", "2")])).toMatchObject({ nonce: "1" });
    expect(asked([one("MD5"), `${one("SHA-256")}, qop="auth-int"`])).toMatchObject({ algorithm: "MD5" });
    expect(asked([one("SHA-999"), one("md5")])).toMatchObject({ algorithm: "md5" });
  });

  test.each([one("SHA-999"), `${one("MD5")}, qop="auth-int"`, 'Digest realm="r"', 'Digest nonce="n"', "Digest"])(
    "%s alone can not be answered, which is told",
    (header) => {
      expect(() => asked(header)).toThrow(expect.objectContaining({ code: "upstream_invalid" }));
    },
  );

  test("nothing is answered when no digest is asked for, or when it is no 401", () => {
    for (const header of ['Basic realm="r"', "Bearer", "", "Negotiate YWJj=, NTLM"]) {
      expect(asked(header)).toBeUndefined();
    }
    expect(asked(one("MD5"), 403)).toBeUndefined();
    expect(digest.challenged!({ status: 401, headers: {} }, {}, circumstances(""))).toBeUndefined();
  });
});

describe("a challenge", () => {
  test("is read with its escapes, and they are written again", () => {
    const header = 'Digest realm="a \\"b\\" \\\\c", nonce="n,=\\"", opaque=""';
    expect(asked(header)).toMatchObject({ realm: 'a "b" \\c', nonce: 'n,="', opaque: "" });
    const value = signed(header, { username: 'x"y', password: "" });
    expect(value).toContain('realm="a \\"b\\" \\\\c", ');
    expect(value).toContain('nonce="n,=\\""');
    expect(value).toContain('username="x\\"y"');
  });

  test.each([
    ['DIGEST Realm = "r" ,,  NONCE="n",', [["digest", { realm: "r", nonce: "n" }]]],
    ['Digest realm="r", realm="s"', [["digest", { realm: "r" }]]],
    [
      "Bearer, Digest nonce=n",
      [
        ["bearer", {}],
        ["digest", { nonce: "n" }],
      ],
    ],
    [
      "Negotiate abc/+==, Digest realm=r",
      [
        ["negotiate", {}],
        ["digest", { realm: "r" }],
      ],
    ],
    ['Digest realm="never closed', [["digest", {}]]],
    ['Digest realm="r" "odd", nonce="n"', [["digest", { realm: "r" }]]],
    ["Bearer, Basic", ["bearer", "basic"].map((scheme) => [scheme, {}])],
    [" , ", []],
  ])("written as %j is read as far as it can be read", (header, expected) => {
    const read = parseChallenges([header]).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    expect(read).toEqual(expected);
  });

  test("of great length is read quickly", () => {
    for (const text of ['"', '\\"', "a=", "a, ", 'a="']) {
      expect(parseChallenges([`Digest ${text.repeat(8_000)}`]).length).toBeGreaterThan(0);
    }
  });
});

describe("a user name", () => {
  const plain = 'Digest realm="r", nonce="n"';

  test("beyond ASCII is sent in the extended notation, composed where the server reads UTF-8", () => {
    const name = "Ja\u0308søn 'D' (e)*";
    expect(signed(`${plain}, charset=UTF-8`, { username: name, password: "p" })).toContain(
      "username*=UTF-8''J%C3%A4s%C3%B8n%20%27D%27%20%28e%29%2A, ",
    );
    expect(signed(plain, { username: name, password: "p" })).toContain("username*=UTF-8''Ja%CC%88s");
  });

  test("is hashed where the server asks for that, and then not sent itself", () => {
    const value = signed(`${plain}, userhash=true, algorithm=SHA-256`, { username: "Jäsøn", password: "p" });
    expect(value).toMatch(/username="[0-9a-f]{64}", .*, userhash=true$/);
    expect(value).not.toContain("username*");
  });
});

test("the count has eight digits, whatever it is", () => {
  const question = asked('Digest realm="r", nonce="n", qop=auth')!;
  for (const [count, digits] of [
    [1, "00000001"],
    [255, "000000ff"],
    [2 ** 32 - 1, "ffffffff"],
  ] as const) {
    const now = circumstances("", { asked: question, count });
    const value = digest.sign(request("https://a.example/"), { username: "u", password: "p" }, {}, now).headers[0]![1];
    expect(value).toContain(`nc=${digits}, `);
  }
});

test("the next nonce takes the place of the present one, and the session goes on", () => {
  const first = asked('Digest realm="r", nonce="one", qop="auth", algorithm=MD5-sess, opaque="o"')!;
  const answer = (info: string | undefined) =>
    digest.challenged!(
      { status: 200, headers: { "authentication-info": info } },
      {},
      circumstances("another", { asked: first, count: 1 }),
    );
  expect(answer('rspauth="00", nextnonce="two", nc=00000001')).toEqual({ ...first, nonce: "two" });
  expect(answer('nextnonce="a\\"b"')).toEqual({ ...first, nonce: 'a"b' });
  for (const info of [undefined, "", 'nextnonce=""', 'rspauth="00"']) expect(answer(info)).toBeUndefined();
});

test("what would be signed is explained without the secret", () => {
  const plain = request("https://a.example/x?y=1", "POST");
  expect(digest.explain!(plain, {}, circumstances(""))).toHaveProperty("challenge");
  const challenge = { asked: asked('Digest realm="r", nonce="n", qop=auth')!, count: 3 };
  expect(digest.explain!(plain, {}, circumstances("", challenge))).toEqual({
    digest_of: "•••:n:00000003:0a4f113b:auth:H(POST:/x?y=1)",
  });
});
