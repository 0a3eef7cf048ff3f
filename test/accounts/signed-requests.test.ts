import { hash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditRows } from "../support/world.ts";
import { receivedBy } from "../support/aws-verifier.ts";
import { json, newEcho, text, type Echo, type Received } from "../support/echo.ts";
import { bodyOf, newServed, open, type Served } from "../support/provider-hub.ts";

// Whole requests through Signet to a store that keeps objects for whoever signs, and to nobody else.

const KEYS = { access_key_id: "AKIDSIGNETEXAMPLE", secret_access_key: "canary/4fJx0Vb9Qm2Zt7Rk5Yw8Np3Hs6Lc1Ad" };

let served: Served;
let store: Echo;
let objects: Map<string, Buffer>;
let slug: string;
const ben = () => served.tokens.ben;

/** Answers as an object store does: 403 for what is not signed by the keys' holder. */
function answer(request: Received, response: Parameters<Parameters<Echo["answer"]>[0]>[1]): void {
  const { verified, because } = receivedBy(KEYS, request);
  if (!verified)
    return void text(
      `<Error><Code>SignatureDoesNotMatch</Code>${because}</Error>`,
      "application/xml",
      403,
    )(request, response);
  const { pathname, searchParams } = new URL(request.path, store.url);
  const name = decodeURIComponent(pathname);
  if (request.method === "PUT") {
    objects.set(name, request.body);
    return void response.writeHead(200).end();
  }
  if (searchParams.get("list-type") === "2") {
    const prefix = `${pathname}${searchParams.get("prefix") ?? ""}`;
    return void json([...objects.keys()].filter((key) => key.startsWith(prefix)))(request, response);
  }
  const found = objects.get(name);
  if (pathname === "/moved") return void response.writeHead(307, { location: "/bucket/a%20b" }).end();
  if (pathname === "/") return void json([])(request, response);
  if (!found) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": "text/plain" }).end(found);
}

beforeAll(async () => {
  served = await newServed();
  store = await newEcho();
  const settings = { region: "eu-west-1", service: "s3" };
  const test = { method: "GET", url: "/" };
  const service = await served.call("POST", "/services", served.tokens.ada, {
    kind: "aws_sigv4",
    name: "Store",
    settings,
    base_url: store.url,
    test,
  });
  expect(service.status, service.text).toBe(201);
  store.answer(answer);
  const account = await served.call("POST", "/accounts", ben(), {
    service: service.body.id,
    name: "Objects",
    secret: KEYS,
  });
  expect(account.status, account.text).toBe(201);
  slug = account.body.slug;
});

afterAll(async () => {
  await served?.close();
  await store?.close();
});

beforeEach(() => {
  objects = new Map();
  store.answer(answer);
});

const execute = (request: object) => served.call("POST", "/execute", ben(), { account: slug, ...request });

async function proxied(path: string, options: { method?: string; headers?: Record<string, string>; body?: Buffer }) {
  const { body, headers, ...head } = options;
  const authorization = `Bearer ${ben()}`;
  const { sent, answer: incoming } = open(`${served.app.url}/proxy/${slug}${path}`, {
    ...head,
    headers: { authorization, ...headers },
  });
  sent.end(body);
  const message = await incoming;
  return { status: message.statusCode!, body: await bodyOf(message) };
}

describe("execute", () => {
  test("puts, gets and lists objects, whatever is in their names", async () => {
    for (const name of ["a%20b", "caf%C3%A9", "plus+and%2Bplus", "it's(here)!*", "a//b"]) {
      const url = `/bucket/${name}`;
      expect((await execute({ method: "PUT", url, body_text: `in ${name}` })).body).toMatchObject({ status: 200 });
      expect((await execute({ url })).body).toMatchObject({ status: 200, body: `in ${name}` });
    }
    const listed = await execute({ url: "/bucket/", query: { "list-type": 2, prefix: "a b" } });
    expect(listed.body).toMatchObject({ status: 200, body: ["/bucket/a b"] });
  });

  test("signs anew where the store redirects", async () => {
    await execute({ method: "PUT", url: "/bucket/a%20b", body_text: "here" });
    expect((await execute({ url: "/moved" })).body).toMatchObject({ status: 200, body: "here" });
  });

  test("puts nothing of the caller's own signature on the request", async () => {
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=theirs", "x-amz-date": "20000101T000000Z" };
    const found = await execute({ url: "/?X-Amz-Signature=theirs&x-id=ListBuckets", headers });
    expect(found.body.status).toBe(200);
    expect(store.last.path).toBe("/?x-id=ListBuckets");
  });

  test("keeps the query as it was written", async () => {
    await execute({ url: "/bucket/?acl&list-type=2&prefix=a%20b%2f" });
    expect(store.last.path).toBe("/bucket/?acl&list-type=2&prefix=a%20b%2f");
  });

  test("shows what would be signed without opening the key", async () => {
    const { body } = await execute({ url: "/bucket/a", simulate: true });
    expect(body.explain.canonical_request).toMatch(/^GET\n\/bucket\/a\n\naccept:\*\/\*\nhost:127\.0\.0\.1:\d+\n/);
    expect(body.explain.string_to_sign).toMatch(/^AWS4-HMAC-SHA256\n/);
    expect(body.request.headers.authorization).toMatch(
      /Credential=•••\/\d{8}\/eu-west-1\/s3\/aws4_request.*Signature=•••$/,
    );
  });
});

describe("the proxy", () => {
  test("reads a short body before it signs, where no TLS guards it", async () => {
    const put = await proxied("/bucket/streamed", { method: "PUT", body: Buffer.from("from a stream") });
    expect(put.status, put.body.toString()).toBe(200);
    expect((await proxied("/bucket/streamed", {})).body.toString()).toBe("from a stream");
  });

  test("streams a long one whose hash its caller gives, and lets the store compare", async () => {
    const body = Buffer.alloc(3_000_000, "x");
    const put = (hashed: Buffer) => {
      const headers = { "x-amz-content-sha256": hash("sha256", hashed) };
      return proxied("/bucket/long", { method: "PUT", headers, body });
    };
    expect((await put(body)).status).toBe(200);
    expect(objects.get("/bucket/long")!.equals(body)).toBe(true);
    expect((await put(Buffer.from("something else"))).status).toBe(403);
  });

  test("refuses a long one whose bytes it would have to sign", async () => {
    const before = store.requests.length;
    const body = Buffer.alloc(1_100_000, "x");
    expect((await proxied("/bucket/long", { method: "PUT", body })).status).toBe(400);
    expect(store.requests).toHaveLength(before);
  });
});

describe("a test of the account", () => {
  test("says what is wrong with a key", async () => {
    store.answer(text("<Error><Code>RequestTimeTooSkewed</Code></Error>", "application/xml", 403));
    const { body } = await served.call("POST", `/accounts/${slug}/test`, ben());
    expect(body).toMatchObject({ worked: false, message: expect.stringMatching(/^The clock of the machine/) });
  });
});

describe("a signed address", () => {
  const presign = (request: object, token = ben()) => served.call("POST", `/accounts/${slug}/presign`, token, request);

  test("is good for whoever has it, and for nothing else", async () => {
    await execute({ method: "PUT", url: "/bucket/a", body_text: "here" });
    const { status, body } = await presign({ url: "/bucket/a?x-id=1", expires_in: 60 });
    expect(status).toBe(200);
    expect(await (await fetch(body.url)).text()).toBe("here");
    expect((await fetch(body.url, { method: "PUT", body: "other" })).status).toBe(403);
    expect((await fetch(body.url.replace("/bucket/a", "/bucket/b"))).status).toBe(403);
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(body.url).not.toContain(KEYS.secret_access_key);
  });

  test("is recorded before the key is opened, with its end and without its query", async () => {
    const { headers } = await presign({ method: "PUT", url: "/bucket/new" });
    const rows = await served.recorded(headers.get("signet-request-id")!);
    expect(rows.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "execute.presigned ok",
      "execute.presigned pending",
    ]);
    expect(rows[0]!.facts).toMatchObject({
      method: "PUT",
      path: "/bucket/new",
      rule: "owner",
      until: expect.any(String),
    });
    expect(JSON.stringify(await auditRows(served.hub.world))).not.toContain("X-Amz-Signature");
  });

  test("is judged as a request is", async () => {
    expect((await presign({ url: "/bucket/a" }, served.tokens.cleo)).status).toBe(404);
    expect((await presign({ url: "https://elsewhere.example/a" })).body.code).toBe("host_not_allowed");
    expect((await presign({ url: "/bucket/a", expires_in: 604_801 })).body.code).toBe("invalid");
  });

  test("ends with the share by which it was allowed", async () => {
    const until = new Date(Date.now() + 30_000).toISOString();
    const cleo = { type: "worker", id: served.people.cleo.id };
    const share = await served.call("POST", `/accounts/${slug}/shares`, ben(), {
      with: cleo,
      rules: [{ methods: ["GET"] }],
      until,
    });
    expect(share.status, share.text).toBe(201);
    const { body } = await presign({ url: "/bucket/a", expires_in: 3600 }, served.tokens.cleo);
    expect(Date.parse(body.expires_at)).toBeLessThanOrEqual(Date.parse(until));
    expect((await presign({ method: "PUT", url: "/bucket/a" }, served.tokens.cleo)).body.code).toBe("rule_denied");
  });
});
