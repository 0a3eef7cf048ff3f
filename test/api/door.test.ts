import net from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiRoutes } from "../../src/http/api.ts";
import { Browser } from "../support/app.ts";
import { newServed, type Served } from "../support/provider-hub.ts";
import { PASSWORDS } from "../support/world.ts";

let served: Served;

beforeAll(async () => {
  served = await newServed();
});

afterAll(() => served?.close());

const routes = await apiRoutes();
const send = (path: string, init: RequestInit = {}) => fetch(served.app.url + path, { redirect: "manual", ...init });
const bearer = (token = served.tokens.ada) => ({ authorization: `Bearer ${token}` });

async function expectProblem(answer: Response, status: number, code: string): Promise<Record<string, unknown>> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(answer.headers.get("signet-error")).toBe(code);
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, code, request_id: answer.headers.get("signet-request-id") });
  for (const name of ["type", "title", "detail"]) expect(problem[name]).toMatch(/\S/);
  return problem;
}

describe("who is not known", () => {
  test("is refused on every route that is not public", async () => {
    for (const { method, path, scope } of routes.filter((route) => route.scope !== "public")) {
      const where = `/api/v1${path.replace(/\{\w+\}/g, "x")}`;
      await expectProblem(await send(where, { method }), 401, "unauthenticated");
      expect(scope).toMatch(/^(execute|manage|read)$/);
    }
  });

  test.each([
    "Basic eDp5",
    "Bearer",
    "Bearer sgw_short",
    "bearer",
    "Token x",
    `Bearer sgb_${"A".repeat(43)}`,
    "Bearer a b",
  ])(
    "with %s",
    async (authorization) =>
      void (await expectProblem(await send("/api/v1/me", { headers: { authorization } }), 401, "unauthenticated")),
  );

  test("a session cookie is nobody to the API, and a token nobody to the pages", async () => {
    const browser = await new Browser(served.app).signIn("ada@example.com", PASSWORDS.ada);
    const cookie = `signet=${browser.cookie("signet")}`;
    await expectProblem(await send("/api/v1/me", { headers: { cookie } }), 401, "unauthenticated");
    const page = await send("/people", { headers: bearer() });
    expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in?next=%2Fpeople"]);
  });
});

test("a token does what its scopes say", async () => {
  const scopes = ["execute", "manage", "read"] as const;
  for (const scope of scopes) {
    const token = await served.token(served.people.ada, [scope]);
    for (const route of routes.filter((one) => one.scope !== "public" && one.scope !== scope)) {
      const where = `/api/v1${route.path.replace(/\{\w+\}/g, "x")}`;
      const problem = await expectProblem(
        await send(where, { method: route.method, headers: bearer(token) }),
        403,
        "forbidden",
      );
      expect(problem.detail).toContain(`"${route.scope}"`);
    }
  }
});

describe("what is sent", () => {
  const post = (body: string, type?: string, path = "/api/v1/teams") =>
    send(path, {
      method: "POST",
      body,
      headers: { ...bearer(), ...(type === undefined ? {} : { "content-type": type }) },
    });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "text/json",
  ])(
    "as %s is refused",
    async (type) => void (await expectProblem(await post('{"name":"Sales"}', type), 400, "invalid")),
  );

  test.each([
    ['{"account":"x","url":"/","body":[1,{"id":12345678901234567890}]}', "body.1.id", "body_text"],
    ['{"account":"x","url":"/","query":{"id":-99999999999999999}}', "query.id", "in quotes"],
  ])("to be sent on is refused before a number of it would lose digits: %s", async (body, path, remedy) => {
    const problem = await expectProblem(await post(body, "application/json", "/api/v1/execute"), 400, "invalid");
    expect(problem.issues).toMatchObject([{ path, message: expect.stringContaining(remedy) }]);
  });

  test("to be sent on is refused when it is nested too deep to be looked at", async () => {
    const deep = `${"[".repeat(50_000)}12345678901234567890${"]".repeat(50_000)}`;
    const body = `{"account":"x","url":"/","body":${deep}}`;
    await expectProblem(await post(body, "application/json", "/api/v1/execute"), 400, "invalid");
  });

  test("to be sent on may have long numbers in its texts, and fractions of any length", async () => {
    const body = '{"account":"nobody","url":"/","body":{"id":"12345678901234567890","pi":3.14159265358979323846}}';
    await expectProblem(await post(body, "application/json", "/api/v1/execute"), 404, "not_found");
  });

  test.each([
    "{",
    "[1",
    "nope",
    '{"__proto__":{"a":1},"name":"x"}',
    '{"constructor":{"prototype":{}},"name":"x"}',
    "7",
    "[]",
    "null",
    '"x"',
  ])(
    "malformed or unfit: %s",
    async (body) => void (await expectProblem(await post(body, "application/json"), 400, "invalid")),
  );

  test("fields that do not exist are named, whatever power they promise", async () => {
    for (const [path, body] of [
      ["/teams", { name: "X", id: "1", created_at: 1 }],
      ["/workers", { name: "X", email: "x@example.com", state: "active", password_hash: "x" }],
      ["/me/tokens", { holder_id: served.people.ben.id, name: "X" }],
      ["/bots", { name: "X", owner_id: "1", token: "x" }],
    ] as const) {
      const problem = await expectProblem(
        await post(JSON.stringify(body), "application/json", `/api/v1${path}`),
        400,
        "invalid",
      );
      const named = (problem.issues as { path: string }[]).map((issue) => issue.path);
      expect(named.length, path).toBeGreaterThan(0);
      for (const name of named) expect(Object.keys(body)).toContain(name);
    }
    expect((await served.call("GET", "/teams", served.tokens.ada)).body.items).toHaveLength(1);
  });

  test("too much is refused", async () => {
    await expectProblem(await post(JSON.stringify({ name: "x".repeat(300_000) }), "application/json"), 400, "invalid");
    await expectProblem(
      await send("/sign-in", { method: "POST", body: "x" }).then(async (answer) => {
        expect(answer.status).toBe(400);
        return send("/api/v1/nothing", { headers: bearer() });
      }),
      404,
      "not_found",
    );
  });

  test("announced JSON without a body is none", async () => {
    const { body } = await served.call("POST", "/me/tokens", served.tokens.ada, {});
    const answer = await send(`/api/v1/me/tokens/${body.id}`, {
      method: "DELETE",
      headers: { ...bearer(), "content-type": "application/json" },
    });
    expect(answer.status).toBe(204);
  });
});

test("every answer has its id and the headers that protect a browser", async () => {
  for (const path of [
    "/healthz",
    "/readyz",
    "/api/v1/openapi.json",
    "/api/v1/me",
    "/api/v1/nothing",
    "/sign-in",
    "/nothing",
    "/assets/nothing",
    "/api/v1/%ff",
    "/%",
  ]) {
    const { headers, status } = await send(path);
    expect(headers.get("signet-request-id"), path).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("content-security-policy"), path).toContain("default-src 'none'");
    expect(headers.get("access-control-allow-origin"), path).toBeNull();
    expect(headers.has("signet-error"), path).toBe(status >= 400);
  }
});

test("methods that nobody offers change nothing, and HEAD is there for health checks", async () => {
  expect([
    (await send("/healthz", { method: "HEAD" })).status,
    (await send("/readyz", { method: "HEAD" })).status,
  ]).toEqual([200, 200]);
  for (const method of ["HEAD", "OPTIONS", "PUT"]) {
    for (const path of ["/api/v1/me", "/sign-in", "/oauth/callback?code=a&state=b"]) {
      const answer = await send(path, { method, headers: { ...bearer(), origin: "https://evil.example" } });
      expect(answer.status, `${method} ${path}`).toBe(404);
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  }
});

test.each([
  ["two hosts", ["Host: {host}", "Host: evil.example"]],
  ["a broken header", ["Host: {host}", "bad header"]],
  ["two lengths", ["Host: {host}", "Content-Length: 1", "Content-Length: 2"]],
  ["length and chunks", ["Host: {host}", "Content-Length: 1", "Transfer-Encoding: chunked"]],
  ["a head of 40 KiB", ["Host: {host}", `X-Long: ${"x".repeat(40_000)}`]],
])("%s are refused as a problem", async (_what, lines) => {
  for (const path of ["/api/v1/openapi.json", "/sign-in", "/proxy/x/y"]) {
    const text = await raw(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`);
    expect(text.split("\r\n")[0]).toBe("HTTP/1.1 400 Bad Request");
    expect(text.toLowerCase()).toMatch(/^signet-request-id: [0-9a-f-]{36}\r$/m);
    expect(text.toLowerCase()).toMatch(/^signet-error: invalid\r$/m);
  }
});

/** What the server says to these bytes. */
function raw(text: string): Promise<string> {
  const { host, hostname, port } = new URL(served.app.url);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(text.replaceAll("{host}", host)));
    let said = "";
    socket.on("data", (chunk) => (said += String(chunk)));
    socket.on("close", () => resolve(said)).on("error", reject);
  });
}
