import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import { pauseAccount, resumeAccount } from "../../src/accounts/pause.ts";
import type { Preview } from "../../src/accounts/preview.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { testAccount } from "../../src/accounts/test.ts";
import type { ExecuteInput } from "../../src/accounts/request-input.ts";
import { addService } from "../../src/services/add.ts";
import type { Service } from "../../src/services/service.ts";
import { newDigestServer, type DigestRules, type DigestServer } from "../support/digest-server.ts";
import { text } from "../support/echo.ts";
import { newServed, type Served } from "../support/provider-hub.ts";
import { connected } from "../support/services.ts";

// Requests of an account whose password is never sent, by execute and by the proxy, to a server that counts.

const SECRET = { username: "Mufasa", password: "Circle of Life" };

let served: Served;
let server: DigestServer;
let service: Service;
let slug: string;
let number = 0;

beforeAll(async () => {
  served = await newServed();
  server = await newDigestServer();
  service = await addService(served.hub.ctx(served.people.ada), {
    kind: "digest",
    name: "Savanna",
    settings: {},
    base_url: server.echo.url,
    test: { method: "GET", url: "/me", identity: { id: "user" } },
  });
});

afterAll(async () => {
  await served?.close();
  await server?.close();
});

beforeEach(async () => {
  await starting({});
});

/** An account of which nothing is remembered, at a server that was just started. */
async function starting(rules: Partial<DigestRules>, secret = SECRET): Promise<void> {
  server.reset(rules);
  const { memory } = served.hub.world;
  const before = memory.version;
  slug = (await connected(served.hub, served.people.ben, service, secret, { name: `Savanna ${++number}` })).slug;
  // A change is forgotten twice: when it commits, and when the notice of it comes back.
  while (memory.version < before + 2) await new Promise((resolve) => setImmediate(resolve));
}

const send = (input: Partial<ExecuteInput> = {}) =>
  execute(served.hub.ctx(served.people.ben), { account: slug, url: "/lions", ...input }) as Promise<Executed>;

const proxied = (init: RequestInit = {}, path = "/lions") =>
  fetch(`${served.app.url}/proxy/${slug}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${served.tokens.ben}`, ...init.headers },
  });

/** Facts of the outcome that the audit holds of a request. */
async function outcome(requestId: string): Promise<object> {
  return (await served.recorded(requestId))[0]!.facts;
}

test("the first request asks, is answered, and what it learned signs all that follow", async () => {
  const first = await send({ query: { q: "a b/c", x: "ü" } });
  expect(first).toMatchObject({ status: 200, attempts: 2 });
  expect(await outcome(first.request_id)).toMatchObject({ status: 200, attempts: 2 });
  for (const method of ["GET", "POST", "DELETE"]) expect(await send({ method })).toMatchObject({ attempts: 1 });
  expect(server.refusals).toEqual(["unsigned"]);
  expect(server.accepted.map(({ count }) => count)).toEqual([1, 2, 3, 4]);
  expect(new Set(server.accepted.map(({ nonce }) => nonce)).size).toBe(1);
  expect(server.echo.requests.every(({ headers }) => !headers.flat().join().includes(SECRET.password))).toBe(true);
});

test.each<[string, Partial<DigestRules>?]>([
  ["MD5"],
  ["MD5-sess"],
  ["SHA-256"],
  ["SHA-256-sess"],
  ["SHA-512-256"],
  ["SHA-512-256-sess"],
  ["MD5", { qop: undefined }],
  ["MD5-sess", { qop: undefined }],
  ["", { qop: undefined, opaque: undefined, charset: undefined }],
  ["SHA-256", { userhash: true }],
  ["SHA-256", { qop: "auth-int, auth" }],
])("%s, asked for with %j, is what the server computes too", async (algorithm, more: Partial<DigestRules> = {}) => {
  await starting({ algorithms: [algorithm], ...more });
  for (const round of [1, 2, 3]) expect((await send({ url: `/lions/${round}?a=%2F` })).status).toBe(200);
  expect(server.refusals).toEqual(["unsigned"]);
});

test("a name and a password that are not ASCII, and hold quotes, are right for the server", async () => {
  const secret = { username: 'Jäsøn "Doe" \\ 獅子', password: 'Secret: "ö" or\\not?' };
  for (const userhash of [false, true]) {
    await starting({ ...secret, userhash }, secret);
    expect((await send()).status).toBe(200);
  }
});

test("the strongest of several challenges is answered", async () => {
  await starting({ algorithms: ["MD5", "SHA-512-256", "SHA-256"] });
  await send();
  expect(server.accepted.map(({ algorithm }) => algorithm)).toEqual(["SHA-512-256"]);
});

test("a nonce that ended is told apart from a wrong password, and the request goes out once more", async () => {
  await starting({ uses: 2 });
  const attempts = [];
  for (let round = 0; round < 6; round++) attempts.push((await send({ method: "POST", body: { round } })).attempts);
  expect(attempts).toEqual([2, 1, 2, 1, 2, 1]);
  server.expire();
  expect(await send()).toMatchObject({ status: 200, attempts: 2 });
  expect(server.refusals).toEqual(["unsigned", "stale", "stale", "stale"]);
});

test("a nonce that is announced is used in time, in the same session", async () => {
  await starting({ uses: 2, announcesAt: 0, algorithms: ["SHA-256-sess"] });
  for (let round = 0; round < 6; round++) expect((await send()).status).toBe(200);
  expect(server.refusals).toEqual(["unsigned"]);
  expect(server.accepted.map(({ count }) => count)).toEqual([1, 2, 1, 2, 1, 2]);
  expect(new Set(server.accepted.map(({ nonce }) => nonce)).size).toBe(3);
  expect(new Set(server.accepted.map(({ cnonce }) => cnonce)).size).toBe(1);
});

test("a nonce that is announced with every answer is used once", async () => {
  await starting({ uses: 1, announcesAt: 0 });
  for (let round = 0; round < 3; round++) expect((await send()).status).toBe(200);
  expect(server.refusals).toEqual(["unsigned"]);
  expect(server.accepted.map(({ count }) => count)).toEqual([1, 1, 1]);
});

test("requests side by side are all answered, and no count is used twice", async () => {
  const burst = () => Promise.all(Array.from({ length: 20 }, () => send()));
  for (const answer of [...(await burst()), ...(await burst())]) expect(answer.status).toBe(200);
  const used = server.accepted.map(({ nonce, count }) => `${nonce} ${count}`);
  expect(new Set(used).size).toBe(used.length);
});

test("a wrong password is tried once for each request, and its refusal is the answer", async () => {
  await starting({}, { ...SECRET, password: "Circle of Death" });
  for (const round of [1, 2]) {
    server.refusals.length = 0;
    expect(await send(), String(round)).toMatchObject({ status: 401, attempts: 2, body: "refused" });
    expect(server.refusals).toEqual(["unsigned", "response"]);
  }
});

test("a password that is changed at the provider is noticed, and nothing goes round in circles", async () => {
  await send();
  server.rules.password = "Hakuna Matata";
  expect(await send()).toMatchObject({ status: 401, attempts: 2 });
  server.rules.password = SECRET.password;
  expect(await send()).toMatchObject({ status: 200, attempts: 2 });
});

test("a digest that is not spoken here is refused with a sentence, by both ways", async () => {
  await starting({ qop: "auth-int" });
  await expect(send()).rejects.toMatchObject({
    code: "upstream_invalid",
    message: expect.stringContaining("auth-int"),
  });
  const answer = await proxied();
  expect([answer.status, answer.headers.get("signet-error")]).toEqual([502, "upstream_invalid"]);
});

test("a 401 that asks for something else is the answer", async () => {
  server.instead = text("basic only", "text/plain", 401);
  expect(await send()).toMatchObject({ status: 401, body: "basic only", attempts: 1 });
  expect(await (await proxied()).text()).toBe("basic only");
});

describe("a body that is relayed", () => {
  const SHORT = Buffer.alloc(1_048_576, "a lion ");
  const LONG = Buffer.alloc(3_000_000, "a longer lion ");
  /** In pieces, without a length. */
  const inPieces = (body: Buffer): RequestInit => {
    const pieces = Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]);
    return { body: Readable.toWeb(pieces), duplex: "half" } as unknown as RequestInit;
  };

  test.each([
    ["short", SHORT, () => ({ body: SHORT }), ["POST", "POST"]],
    ["short and of unknown length", SHORT, () => inPieces(SHORT), ["POST", "POST"]],
    ["long", LONG, () => ({ body: LONG }), ["HEAD", "POST"]],
    ["long and of unknown length", LONG, () => inPieces(LONG), ["HEAD", "POST"]],
  ])("and is %s arrives whole, once it is known what to sign", async (_which, body, init, methods) => {
    const answer = await proxied({ method: "POST", ...init() });
    expect(answer.status).toBe(200);
    expect(server.echo.last.body.equals(body)).toBe(true);
    expect(server.echo.requests.map(({ method }) => method)).toEqual(methods);
    expect(server.refusals).toEqual(["unsigned"]);
    expect(await outcome(answer.headers.get("signet-request-id")!)).toMatchObject({
      via: "proxy",
      status: 200,
      attempts: 2,
    });
  });

  test("and is long is asked about each time, because it can not be sent twice", async () => {
    await starting({ uses: 1 });
    for (const round of [1, 2, 3]) {
      expect((await proxied({ method: "PUT", body: LONG })).status, String(round)).toBe(200);
    }
    expect(server.accepted.map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(
      server.echo.requests.filter(({ method }) => method === "HEAD").map((one) => one.header("authorization")),
    ).toEqual([undefined, undefined, undefined]);
  });

  test("and is short goes out once where the challenge is known, and again when its nonce has ended", async () => {
    await send();
    for (const stale of [false, true]) {
      if (stale) server.expire();
      server.echo.requests.length = 0;
      expect((await proxied({ method: "PUT", body: SHORT })).status).toBe(200);
      expect(server.echo.requests.map(({ body }) => body.length)).toEqual(Array(stale ? 2 : 1).fill(SHORT.length));
    }
  });

  test("and is refused for its password is told so", async () => {
    await starting({}, { ...SECRET, password: "Circle of Death" });
    for (const body of [SHORT, LONG]) {
      const answer = await proxied({ method: "PUT", body });
      expect([answer.status, await answer.text()]).toEqual([401, "refused"]);
    }
  });
});

test("a share for one method is enough, because asking uses no credential", async () => {
  const { hub, people, tokens } = served;
  const rules = [{ methods: ["POST"], paths: ["/lions"] }];
  await shareAccount(hub.ctx(people.ben), slug, { with: { type: "worker", id: people.cleo.id }, rules });
  const headers = { authorization: `Bearer ${tokens.cleo}` };
  expect((await proxied({ method: "POST", body: Buffer.alloc(2_000_000), headers })).status).toBe(200);
  expect((await proxied({ method: "GET", headers })).status).toBe(403);
});

test("each address of a redirect may ask for itself", async () => {
  await starting({ uses: 1 });
  server.redirects = { "/old": "/lions" };
  expect(await send({ url: "/old" })).toMatchObject({ status: 200, attempts: 4, url: `${server.echo.url}/lions` });
  expect(server.refusals).toEqual(["unsigned", "stale"]);
});

test("an account is tried, and tested, with what it is asked to answer", async () => {
  const { hub, people } = served;
  const wish = { service: service.id, name: "Tried", secret: SECRET, try: true };
  expect(await connectAccount(hub.ctx(people.ben), wish)).toMatchObject({ identity: { id: "Mufasa" } });
  const wrong = { ...wish, secret: { ...SECRET, password: "wrong" } };
  await expect(connectAccount(hub.ctx(people.ben), wrong)).rejects.toMatchObject({ code: "invalid" });
  expect(await testAccount(hub.ctx(people.ben), slug)).toMatchObject({ worked: true, identity: { id: "Mufasa" } });
  await send();
  expect(await testAccount(hub.ctx(people.ben), slug)).toMatchObject({ worked: true });
});

test("what is simulated says what would be hashed, and uses no count up", async () => {
  const simulated = () => send({ simulate: true, url: "/lions?q=1" }) as unknown as Promise<Preview>;
  expect((await simulated()).explain).toMatchObject({ challenge: expect.stringContaining("first request") });
  await send();
  for (const round of [1, 2]) {
    const { explain, request } = await simulated();
    expect(explain.digest_of, String(round)).toMatch(/^•••:[^:]+:00000002:[0-9a-f]{32}:auth:H\(GET:\/lions\?q=1\)$/);
    expect(request.headers.authorization).toBe("Digest •••");
  }
});

test("what was learned is forgotten with the account's other memory", async () => {
  await send();
  await pauseAccount(served.hub.ctx(served.people.ben), slug);
  await resumeAccount(served.hub.ctx(served.people.ben), slug);
  expect(await send()).toMatchObject({ status: 200, attempts: 2 });
});
