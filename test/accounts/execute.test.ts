import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BotActor } from "../../src/access/actor.ts";
import type { Account } from "../../src/accounts/account.ts";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import { executeAsText } from "../../src/accounts/execute-as-text.ts";
import type { Preview } from "../../src/accounts/preview.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { pauseAccount, resumeAccount } from "../../src/accounts/pause.ts";
import { listAudit } from "../../src/audit/browse.ts";
import { verify } from "../../src/audit/verify.ts";
import { addBot } from "../../src/bots/add.ts";
import { botActor } from "../../src/bots/browse.ts";
import type { ExecuteInput } from "../../src/accounts/request-input.ts";
import { editService } from "../../src/services/edit.ts";
import type { Service } from "../../src/services/service.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

const SECRET = "tok-canary-4f9a1c77e2b34d58";

let hub: TestWorld;
let people: Cast;
let echo: Echo;
let stranger: Echo;
let service: Service;
let account: Account;
let bot: BotActor;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  people = await cast(hub.world);
  echo = await newEcho();
  stranger = await newEcho();
  service = await bearerService(hub, people.ada, `${echo.url}/api`);
  account = await connected(hub, people.ben, service, { token: SECRET });
  const made = await addBot(hub.ctx(people.ben), { name: "Ben's helper" });
  bot = (await botActor(hub.world, made.id, ["execute", "read"]))!;
});

afterAll(async () => {
  await hub.close();
  await echo.close();
  await stranger.close();
});

beforeEach(() => {
  echo.answer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ path: request.path, authorization: request.header("authorization") ?? null }));
  });
});

const send = (input: Omit<ExecuteInput, "account"> & { account?: string }, actor = bot as never) =>
  execute(hub.ctx(actor), { account: account.slug, ...input }) as Promise<Executed>;

describe("a request by Ben's bot", () => {
  it("arrives signed, and its answer comes back parsed and without the secret", async () => {
    const answer = await send({ url: "/tickets", query: { state: "open", tag: ["a", "b"] } });
    expect(echo.last.header("authorization")).toBe(`Bearer ${SECRET}`);
    expect(echo.last.path).toBe("/api/tickets?state=open&tag=a&tag=b");
    expect(answer).toMatchObject({ status: 200, attempts: 1, truncated: false, account: { slug: account.slug } });
    expect(answer.body).toEqual({ path: echo.last.path, authorization: `Bearer ${"*".repeat(SECRET.length)}` });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });

  it.each([
    ["long numbers", "application/json", '{ "id": 9007199254740993, "sum": 1.10, "next": null }'],
    ["text that calls itself JSON", "application/json", "{oops"],
    ["plain text", "text/plain", 'he said "}"'],
    ["nothing", "application/json", ""],
  ])("whose answer is %s gets as text what it gets as values", async (_, type, body) => {
    echo.answer((_request, response) => response.setHeader("content-type", type).end(body));
    const text = await executeAsText(hub.ctx(bot), { account: account.slug, url: "/tickets" });
    const own = { duration_ms: expect.any(Number), headers: expect.anything(), request_id: expect.any(String) };
    expect(JSON.parse(text)).toEqual({ ...(await send({ url: "/tickets" })), ...own });
  });

  it("gets numbers with all their digits, although JavaScript holds fewer", async () => {
    const body = '{ "id": 12345678901234567890, "sum": 1.10 }';
    echo.answer((_, response) => response.setHeader("content-type", "application/json").end(body));
    const text = await executeAsText(hub.ctx(bot), { account: account.slug, url: "/tickets" });
    expect(text).toContain(`"body":${body},"body_base64":null`);
  });

  it("can not put its own credential or framing headers in place of the account's", async () => {
    await send({
      url: "/x",
      headers: {
        AUTHORIZATION: "Bearer mine",
        Host: "evil.example",
        connection: "x-drop",
        "x-drop": "1",
        Cookie: "a=b",
        "X-Keep": "yes",
      },
    });
    expect(echo.last.header("authorization")).toBe(`Bearer ${SECRET}`);
    expect(echo.last.header("host")).toBe(echo.host);
    expect(echo.last.header("x-drop")).toBeUndefined();
    expect(echo.last.header("cookie")).toBeUndefined();
    expect(echo.last.header("x-keep")).toBe("yes");
  });

  it("is refused, with the secret unopened, for a foreign host, a private address and a bad address", async () => {
    const before = stranger.requests.length;
    await expect(send({ url: `${stranger.url}/steal` })).rejects.toMatchObject({ code: "host_not_allowed" });
    for (const url of ["http://169.254.169.254/latest", "http://[::ffff:127.0.0.1]/", "https://evil.example/"]) {
      await expect(send({ url })).rejects.toMatchObject({ code: "host_not_allowed" });
    }
    for (const url of [
      "http:127.0.0.1",
      "//evil.example",
      "\\\\evil",
      " /x",
      "/a\r\nb",
      "https://u:p@evil.example/",
      "ftp://x/y",
    ]) {
      await expect(send({ url })).rejects.toMatchObject({ code: "invalid" });
    }
    expect(stranger.requests.length).toBe(before);
    const { items } = await listAudit(hub.ctx(people.ada), { action: "execute", outcome: "denied" });
    expect(items.length).toBeGreaterThanOrEqual(11);
  });

  it("sends each kind of body as what it is, and refuses two at once", async () => {
    await send({ method: "post", url: "/j", body: { a: 1 } });
    expect([echo.last.header("content-type"), echo.last.body.toString()]).toEqual(["application/json", '{"a":1}']);
    await send({ method: "POST", url: "/f", form: { a: "ü &", b: [1, 2] } });
    expect([echo.last.header("content-type"), echo.last.body.toString()]).toEqual([
      "application/x-www-form-urlencoded",
      "a=%C3%BC+%26&b=1&b=2",
    ]);
    await send({ method: "POST", url: "/b", body_base64: "AAEC" });
    expect([...echo.last.body]).toEqual([0, 1, 2]);
    await send({ method: "PUT", url: "/t", body_text: "plain" });
    expect(echo.last.header("content-type")).toBe("text/plain; charset=utf-8");
    await expect(send({ method: "POST", url: "/x", body: {}, form: {} })).rejects.toMatchObject({
      code: "invalid",
      issues: [{ path: "form" }],
    });
  });

  it("gets every answer as it is: errors, repeats of headers, bytes, other charsets", async () => {
    echo.answer((_request, response) =>
      response
        .writeHead(503, { "set-cookie": ["a=1", "b=2"], "content-type": "text/plain; charset=iso-8859-1" })
        .end(Buffer.from([0xe9])),
    );
    expect(await send({ url: "/e" })).toMatchObject({
      status: 503,
      headers: { "set-cookie": ["a=1", "b=2"] },
      body: "é",
    });
    echo.answer((_request, response) =>
      response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from([0x89, 0xff])),
    );
    expect(await send({ url: "/png" })).toMatchObject({ body: null, body_base64: "if8=" });
    echo.answer((_request, response) => response.writeHead(204).end());
    expect(await send({ method: "DELETE", url: "/gone" })).toMatchObject({
      status: 204,
      body: null,
      body_base64: null,
    });
  });

  it("says when an answer was cut at the limit, and ends the exchange", async () => {
    echo.answer((_request, response) =>
      response.writeHead(200, { "content-type": "text/plain" }).end("x".repeat(100_000)),
    );
    expect(await send({ url: "/long", max_response_bytes: 1000 })).toMatchObject({
      status: 200,
      truncated: true,
      body: "x".repeat(1000),
    });
  });

  it("follows redirects among the hosts only, judging each hop", async () => {
    echo.answer((request, response) => {
      if (request.path === "/api/old") response.writeHead(302, { location: "/api/new" }).end();
      else if (request.path === "/api/out") response.writeHead(307, { location: `${stranger.url}/steal` }).end();
      else response.end("arrived");
    });
    expect(await send({ url: "/old" })).toMatchObject({ status: 200, body: "arrived", url: `${echo.url}/api/new` });
    expect(await send({ url: "/out", follow_redirects: false })).toMatchObject({ status: 307 });
    const before = stranger.requests.length;
    await expect(send({ method: "POST", url: "/out", body: {} })).rejects.toMatchObject({ code: "host_not_allowed" });
    expect(stranger.requests.length).toBe(before);
  });

  it("is repeated only where that is safe and asked for", async () => {
    let calls = 0;
    echo.answer((_request, response) => response.writeHead(++calls < 3 ? 503 : 200, { "retry-after": "0" }).end());
    expect(await send({ url: "/flaky", retries: 2 })).toMatchObject({ status: 200, attempts: 3 });
    calls = 0;
    expect(await send({ method: "POST", url: "/flaky", retries: 2, body: {} })).toMatchObject({
      status: 503,
      attempts: 1,
    });
  });

  it("is only shown, masked and with its rule, when simulated", async () => {
    const before = echo.requests.length;
    const shown = (await execute(hub.ctx(bot), { account: account.slug, url: "/tickets", simulate: true })) as Preview;
    expect(shown).toMatchObject({ simulated: true, allowed: true, rule: { because: "owner" } });
    expect(shown.request).toMatchObject({
      method: "GET",
      url: `${echo.url}/api/tickets`,
      headers: { authorization: "Bearer •••" },
    });
    expect(echo.requests.length).toBe(before);
  });
});

describe("who may", () => {
  it("is refused to a colleague until Ben shares it, and then only as far as the rule goes", async () => {
    await expect(send({ url: "/tickets" }, people.cleo as never)).rejects.toMatchObject({ code: "not_found" });
    await expect(send({ url: "/tickets" }, people.ada as never)).rejects.toMatchObject({ code: "forbidden" });
    const rules = [{ methods: ["GET"], paths: ["/api/tickets/**"] }];
    await shareAccount(hub.ctx(people.ben), account.slug, { with: { type: "worker", id: people.cleo.id }, rules });
    expect(await eventually(() => send({ url: "/tickets/1" }, people.cleo as never))).toMatchObject({ status: 200 });
    await expect(send({ method: "POST", url: "/tickets/1", body: {} }, people.cleo as never)).rejects.toMatchObject({
      code: "rule_denied",
    });
    await expect(send({ url: "/users" }, people.cleo as never)).rejects.toMatchObject({ code: "rule_denied" });
  });

  it("ends within a second when the account is paused, and when the service loses the host", async () => {
    await pauseAccount(hub.ctx(people.ben), account.slug);
    await expect(eventuallyFails(() => send({ url: "/x" }))).resolves.toBe("paused");
    await resumeAccount(hub.ctx(people.ben), account.slug);
    expect(await eventually(() => send({ url: "/x" }))).toMatchObject({ status: 200 });
    await editService(hub.ctx(people.ada), service.id, { base_url: stranger.url, hosts: [] });
    await expect(eventuallyFails(() => send({ url: `${echo.url}/api/x` }))).resolves.toBe("host_not_allowed");
    await expect(send({ url: "/x" })).rejects.toMatchObject({ code: "host_not_allowed" });
    await editService(hub.ctx(people.ada), service.id, { base_url: `${echo.url}/api`, hosts: [] });
    expect(await eventually(() => send({ url: "/x" }))).toMatchObject({ status: 200 });
  });
});

describe("the record", () => {
  it("holds intent and outcome of each request, in an unbroken chain, and no secret", async () => {
    const answer = await send({ url: "/tickets?secret=in-the-query" });
    const { items } = await listAudit(hub.ctx(people.ada), { q: answer.request_id });
    expect(items.map((row) => [row.action, row.outcome])).toEqual([
      ["execute", "ok"],
      ["execute", "pending"],
    ]);
    expect(items[0]!.facts).toMatchObject({
      method: "GET",
      host: echo.host,
      path: "/api/tickets",
      status: 200,
      rule: "owner",
    });
    expect(JSON.stringify(items)).not.toContain("in-the-query");
    expect(await verify(hub.world.database, hub.world.audit)).toMatchObject({ ok: true });
  });
});

/** What becomes true within a second, as notices travel. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 1000; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function eventuallyFails(work: () => Promise<unknown>): Promise<string> {
  return eventually(async () => {
    const code = await work().then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
    if (code === undefined) throw new Error("still allowed");
    return code;
  });
}
