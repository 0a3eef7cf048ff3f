import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newEcho, type Echo } from "../support/echo.ts";
import { bodyOf, newServed, open, type Served } from "../support/provider-hub.ts";
import { bearerService, connected } from "../support/services.ts";

const SECRET = "tok-canary-5be01f7ac2d94e68";

let served: Served;
let echo: Echo;
let other: Echo;
let stranger: Echo;
let slug: string;

beforeAll(async () => {
  served = await newServed();
  [echo, other, stranger] = await Promise.all([newEcho(), newEcho(), newEcho()]);
  const { hub, people } = served;
  const service = await bearerService(hub, people.ada, `${echo.url}/api`, { hosts: [other.host] });
  slug = (await connected(hub, people.ben, service, { token: SECRET })).slug;
});

afterAll(async () => {
  await served?.close();
  await Promise.all([echo, other, stranger].map((one) => one?.close()));
});

beforeEach(() => {
  echo.answer((request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ headers: request.headers, body: request.body.toString("latin1") }));
  });
});

const bearer = () => ({ authorization: `Bearer ${served.tokens.ben}` });

/** A whole exchange by the proxy. */
async function proxied(
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
) {
  const { body, ...head } = options;
  const { sent, answer } = open(`${served.app.url}/proxy/${path}`, {
    ...head,
    headers: { ...bearer(), ...head.headers },
  });
  sent.end(body);
  const message = await answer;
  return {
    status: message.statusCode!,
    headers: message.headers,
    raw: message.rawHeaders,
    body: await bodyOf(message),
  };
}

describe("what passes to the provider", () => {
  test("path and query as they were written, under the account's base URL", async () => {
    await proxied(`${slug}/a%2Fb/c%20d/?q=1&q=%7e&empty=&x=a+b`);
    expect(echo.last.path).toBe("/api/a%2Fb/c%20d/?q=1&q=%7e&empty=&x=a+b");
    await proxied(`${slug}?only=query`);
    expect(echo.last.path).toBe("/api?only=query");
    await proxied(`${slug}/${"long/".repeat(1500)}?${"y".repeat(3000)}`);
    expect(echo.last.path).toBe(`/api/${"long/".repeat(1500)}?${"y".repeat(3000)}`);
  });

  test("end-to-end headers with their repeats, and nothing that concerns a connection or Signet", async () => {
    const headers = {
      "x-twice": ["one", "two"],
      connection: "close, x-named",
      "x-named": "hop",
      te: "trailers",
      "keep-alive": "timeout=5",
      "proxy-authorization": "Basic eDp5",
      "signet-anything": "own",
      "x-forwarded-for": "10.0.0.1",
      cookie: "session=1",
      "accept-encoding": "gzip, br",
      accept: "text/csv",
    };
    await proxied(`${slug}/x`, { headers });
    const names = echo.last.headers.map(([name]) => name.toLowerCase());
    for (const name of ["x-named", "te", "proxy-authorization", "signet-anything", "x-forwarded-for", "cookie"])
      expect(names).not.toContain(name);
    expect(echo.last.headers.filter(([name]) => name === "x-twice").map(([, value]) => value)).toEqual(["one", "two"]);
    expect(echo.last.header("accept")).toBe("text/csv");
    expect(echo.last.header("accept-encoding")).toBe("identity");
    expect(echo.last.header("host")).toBe(echo.host);
    expect(echo.last.header("authorization")).toBe(`Bearer ${SECRET}`);
    expect(JSON.stringify(echo.last.headers)).not.toContain(served.tokens.ben);
  });

  test("with Signet-Token, whatever Authorization an SDK insists on is replaced", async () => {
    const headers = { authorization: "Bearer sk-sdk-insists", "signet-token": served.tokens.ben };
    expect((await proxied(`${slug}/x`, { headers })).status).toBe(200);
    expect(echo.last.header("authorization")).toBe(`Bearer ${SECRET}`);
    expect(echo.last.header("signet-token")).toBeUndefined();
    const wrong = await proxied(`${slug}/x`, { headers: { "signet-token": "sgw_nobody" } });
    expect([wrong.status, wrong.headers["signet-error"]]).toEqual([401, "unauthenticated"]);
  });

  test("Signet-Url chooses another host of the service, and no foreign one", async () => {
    await proxied(slug, { headers: { "signet-url": `${other.url}/v2/items?x=1` } });
    expect([other.last.path, other.last.header("authorization")]).toEqual(["/v2/items?x=1", `Bearer ${SECRET}`]);
    expect(other.last.header("signet-url")).toBeUndefined();
    for (const url of [`${stranger.url}/`, "http://169.254.169.254/", `http://a:b@${other.host}/`, "//evil.example"]) {
      const refused = await proxied(slug, { headers: { "signet-url": url } });
      expect([400, 403], url).toContain(refused.status);
      expect(["host_not_allowed", "invalid"], url).toContain(refused.headers["signet-error"]);
    }
    expect(stranger.requests).toHaveLength(0);
  });
});

describe("what passes back", () => {
  test("every status and header with its repeats; errors of the provider are not Signet's", async () => {
    echo.answer((_request, response) =>
      response
        .writeHead(
          418,
          "I'm a teapot",
          [
            ["set-cookie", "a=1"],
            ["set-cookie", "b=2"],
            ["x-limit", "9"],
            ["connection", "x-hop"],
            ["x-hop", "1"],
            ["signet-error", "forged"],
            ["signet-request-id", "forged"],
            ["strict-transport-security", "max-age=1"],
            ["clear-site-data", '"*"'],
            ["content-security-policy", "default-src *"],
          ].flat(),
        )
        .end("short and stout"),
    );
    const answer = await proxied(`${slug}/pot`);
    expect([answer.status, answer.body.toString()]).toEqual([418, "short and stout"]);
    expect(answer.headers).toMatchObject({
      "set-cookie": ["a=1", "b=2"],
      "x-limit": "9",
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers["content-security-policy"]).toBe("sandbox; default-src 'none'");
    for (const name of ["x-hop", "signet-error", "strict-transport-security", "clear-site-data"])
      expect(answer.headers).not.toHaveProperty(name);
    expect(answer.headers["signet-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    const rows = await served.recorded(answer.headers["signet-request-id"] as string);
    expect(rows.map((row) => [row.outcome, row.facts.status, row.facts.via])).toEqual([
      ["ok", 418, "proxy"],
      ["pending", undefined, "proxy"],
    ]);
  });

  test.each([204, 304])("%i has no body", async (status) => {
    echo.answer((_request, response) => response.writeHead(status, { etag: '"1"', "content-encoding": "gzip" }).end());
    const answer = await proxied(`${slug}/nothing`);
    expect([answer.status, answer.body.length, answer.headers.etag]).toEqual([status, 0, '"1"']);
  });

  test("HEAD tells the length of what GET would give", async () => {
    echo.answer((_request, response) => response.writeHead(200, { "content-length": "1234", "x-made": "yes" }).end());
    const answer = await proxied(`${slug}/big`, { method: "HEAD" });
    expect(answer.headers).toMatchObject({ "content-length": "1234", "x-made": "yes" });
    expect([echo.last.method, answer.status, answer.body.length]).toEqual(["HEAD", 200, 0]);
  });

  test("the end of informational answers, not themselves", async () => {
    echo.answer((_request, response) => {
      response.writeEarlyHints({ link: "</x.css>; rel=preload" });
      response.writeProcessing();
      response.writeHead(200, { "content-type": "text/plain" }).end("real");
    });
    const answer = await proxied(`${slug}/hints`);
    expect([answer.status, answer.body.toString(), answer.headers.link]).toEqual([200, "real", undefined]);
  });

  test("a redirect as it is, its address cleaned, followed by nobody", async () => {
    echo.answer((_request, response) => response.writeHead(302, { location: `${stranger.url}/?t=${SECRET}` }).end());
    const answer = await proxied(`${slug}/away`);
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe(`${stranger.url}/?t=${"*".repeat(SECRET.length)}`);
    expect(stranger.requests).toHaveLength(0);
  });
});

describe("answers that are compressed although nobody asked", () => {
  const text = `the token is ${SECRET}, and that was it. `.repeat(50);
  const covered = text.replaceAll(SECRET, "*".repeat(SECRET.length));
  const packers = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

  test.each(Object.entries(packers))("%s is unpacked and cleaned, by proxy and execute alike", async (coding, pack) => {
    const packed = pack(text);
    const head = { "content-encoding": coding, "content-type": "text/plain", "content-length": packed.length };
    echo.answer((_request, response) => response.writeHead(200, head).end(packed));
    const answer = await proxied(`${slug}/packed`);
    expect(answer.body.toString()).toBe(covered);
    expect(answer.headers).not.toHaveProperty("content-encoding");
    const { body } = await served.call("POST", "/execute", served.tokens.ben, { account: slug, url: "/packed" });
    expect(body).toMatchObject({ status: 200, body: covered });
  });

  test("other codings, broken ones and bombs are refused", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const cases: [string, Buffer, string][] = [
      ["gzip, br", gzipSync(text), "upstream_invalid"],
      ["compress", Buffer.from("x"), "upstream_invalid"],
    ];
    for (const [coding, packed, code] of cases) {
      echo.answer((_request, response) => response.writeHead(200, { "content-encoding": coding }).end(packed));
      expect((await proxied(`${slug}/odd`)).headers["signet-error"], coding).toBe(code);
      const { body } = await served.call("POST", "/execute", served.tokens.ben, { account: slug, url: "/odd" });
      expect(body.code, coding).toBe(code);
    }
    for (const packed of [gzipSync(text).subarray(0, 40), Buffer.from(SECRET), bomb]) {
      echo.answer((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed));
      const answer = await proxied(`${slug}/broken`).catch(() => undefined);
      expect(answer?.headers["signet-error"] ?? "broken off").toMatch(/broken off|upstream_invalid|response_too_large/);
      expect(answer?.body.toString("latin1") ?? "").not.toContain(SECRET);
    }
  });
});

test("refusals are problems with a code, and are recorded", async () => {
  const missing = await proxied("nobody-has-this/x");
  const foreign = await proxied(`${slug}/x`, { headers: { authorization: `Bearer ${served.tokens.cleo}` } });
  expect([missing.status, foreign.status]).toEqual([404, 404]);
  expect(JSON.parse(foreign.body.toString())).toEqual({
    ...JSON.parse(missing.body.toString()),
    request_id: foreign.headers["signet-request-id"],
  });
  const none = await proxied(`${slug}/x`, { headers: { authorization: "" } });
  expect([none.status, none.headers["content-type"]]).toEqual([401, "application/problem+json; charset=utf-8"]);
  const scoped = await served.token(served.people.ben, ["read", "manage"]);
  expect((await proxied(`${slug}/x`, { headers: { authorization: `Bearer ${scoped}` } })).status).toBe(403);
  const malformed = await proxied("%ff/x");
  expect([malformed.status, malformed.headers["signet-error"]]).toEqual([400, "invalid"]);
  expect(malformed.headers).toHaveProperty("signet-request-id");
});

test("many at once get each their own answer", async () => {
  const asked = Array.from({ length: 150 }, (_, index) => String(index));
  const answers = await Promise.all(
    asked.map((index) => proxied(`${slug}/n`, { method: "POST", body: index.repeat(500) })),
  );
  expect(answers.map((answer) => JSON.parse(answer.body.toString()).body)).toEqual(
    asked.map((index) => index.repeat(500)),
  );
});
