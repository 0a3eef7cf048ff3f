import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiRoutes } from "../../src/http/api.ts";
import { newServed, type Called, type Served } from "../support/provider-hub.ts";

const SECRET = "write-only-canary-8841";

let served: Served;

beforeAll(async () => {
  served = await newServed();
});

afterAll(() => served?.close());

type Person = "ada" | "ben" | "cleo";
const as = (who: Person, method: string, path: string, body?: unknown) =>
  served.call(method, path, served.tokens[who], body);

async function made(who: Person, path: string, body: unknown): Promise<Called["body"]> {
  const answer = await as(who, "POST", path, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

const KINDS: [kind: string, settings: object, secret: object][] = [
  ["bearer", {}, { token: SECRET }],
  ["basic", {}, { username: "signet", password: SECRET }],
  ["api_key", { in: "header", name: "X-Key" }, { key: SECRET }],
  ["none", {}, {}],
  [
    "oauth2",
    {
      authorize_url: "https://a.example.com/a",
      token_url: "https://a.example.com/t",
      client_id: "id",
      client_secret: SECRET,
    },
    { access_token: SECRET, refresh_token: `${SECRET}-refresh`, expires_in: 3600, scope: "a b" },
  ],
];

describe.each(KINDS)("a service and an account of kind %s", (kind, settings, secret) => {
  test("are made, shown without secrets, changed and deleted", async () => {
    const service = await made("ada", "/services", {
      kind,
      name: `S ${kind}`,
      settings,
      base_url: "https://api.example.com",
    });
    expect(service).toMatchObject({ kind, hosts: ["api.example.com"], catalog: null });
    const account = await made("ben", "/accounts", { service: service.id, name: `A ${kind}`, secret });
    expect(Object.keys(account).sort()).toEqual(
      "base_url created_at expires hosts id identity last_used_at name owner scopes service slug state state_reason".split(
        " ",
      ),
    );
    expect(account).toMatchObject({ state: "active", owner: { type: "worker", id: served.people.ben.id } });
    if (kind === "oauth2") expect(account.scopes.granted).toEqual(["a", "b"]);
    const views = [
      as("ada", "GET", `/services/${service.id}`),
      as("ben", "GET", `/accounts/${account.slug}`),
      as("ada", "GET", "/audit"),
    ];
    for (const { status, text } of await Promise.all(views)) {
      expect(status).toBe(200);
      expect(text).not.toContain(SECRET);
    }
    expect((await as("ben", "PATCH", `/accounts/${account.id}`, { name: "Renamed" })).body.name).toBe("Renamed");
    expect((await as("ben", "POST", `/accounts/${account.id}/pause`)).body.state).toBe("paused");
    expect((await as("ben", "POST", "/execute", { account: account.id, url: "/" })).body.code).toBe("paused");
    expect((await as("ben", "POST", `/accounts/${account.id}/resume`)).body.state).toBe("active");
    expect((await as("ben", "POST", `/accounts/${account.id}/resume`)).status).toBe(409);
    expect((await as("ben", "DELETE", `/services/${service.id}`)).status).toBe(403);
    expect((await as("ada", "DELETE", `/services/${service.id}`)).body.accounts).toBe(1);
    expect((await as("ben", "GET", `/accounts/${account.id}`)).status).toBe(404);
  });
});

test("shares begin and end what somebody may see", async () => {
  const service = await made("ada", "/services", { kind: "none", name: "Shared", base_url: "https://api.example.com" });
  const account = await made("ben", "/accounts", { service: service.id, name: "Shared" });
  const path = `/accounts/${account.id}`;
  const body = { with: { type: "worker", id: served.people.cleo.id }, rules: [{ methods: ["get"], paths: ["/x/**"] }] };
  const share = await made("ben", `${path}/shares`, body);
  expect((await as("ben", "POST", `${path}/shares`, body)).body.code).toBe("conflict");
  expect((await as("cleo", "GET", path)).status).toBe(200);
  const denied = await as("cleo", "POST", "/execute", { account: account.id, url: "/y" });
  expect([denied.status, denied.body.code]).toEqual([403, "rule_denied"]);
  expect((await as("ben", "DELETE", `${path}/shares/${share.id}`)).status).toBe(204);
  expect((await as("cleo", "GET", path)).status).toBe(404);
  for (const wrong of [
    { with: { type: "worker", id: "x" } },
    { with: { type: "nobody" } },
    {},
    { ...body, until: "soon" },
  ])
    expect((await as("ben", "POST", `${path}/shares`, wrong)).body.code).toBe("invalid");
});

test("lists search, and go on where a page ended without repeating anything", async () => {
  for (let index = 0; index < 7; index++) await made("ada", "/teams", { name: `Team ${index}` });
  const service = await made("ada", "/services", { kind: "none", name: "Listed", base_url: "https://api.example.com" });
  for (let index = 0; index < 5; index++)
    await made("ben", "/accounts", { service: service.id, name: `Team account ${index}` });
  for (const list of ["/teams", "/accounts", "/services", "/workers", "/bots", "/audit", "/me/tokens"]) {
    const whole = (await as("ada", "GET", list)).body;
    expect(Object.keys(whole)).toEqual(["items", "next_cursor"]);
    expect((await as("ada", "GET", `${list}?nonsense=1`)).body.code, list).toBe("invalid");
    const ids: string[] = [];
    for (let cursor = ""; ;) {
      const { body } = await as("ada", "GET", `${list}?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      ids.push(...body.items.map((item: { id?: string; seq?: number }) => String(item.id ?? item.seq)));
      if (body.next_cursor === null) break;
      cursor = body.next_cursor;
    }
    expect(new Set(ids).size, list).toBe(ids.length);
    if (whole.next_cursor === null) expect(ids, list).toHaveLength(whole.items.length);
    for (const wrong of ["limit=0", "limit=1000", "limit=x", "cursor=garbage", "cursor=WyJ4Il0"])
      expect((await as("ada", "GET", `${list}?${wrong}`)).status, `${list} ${wrong}`).toBe(400);
  }
  const found = (await as("ada", "GET", "/teams?q=am%204")).body.items;
  expect(found.map((team: { name: string }) => team.name)).toEqual(["Team 4"]);
  expect((await as("ada", "GET", "/teams?q=%25")).body.items).toEqual([]);
});

test("tokens are shown once and end at once", async () => {
  const issued = await made("ben", "/me/tokens", {
    name: "Once",
    scopes: ["read"],
    expires_at: "2099-01-02T03:04:05Z",
  });
  expect(issued.token).toMatch(/^sgw_[\w-]{43}$/);
  expect(issued.expires_at).toBe("2099-01-02T03:04:05.000Z");
  expect((await as("ben", "GET", "/me/tokens")).text).not.toContain(issued.token);
  expect((await served.call("GET", "/me", issued.token)).body).toMatchObject({ type: "worker", scopes: ["read"] });
  expect((await served.call("POST", "/me/tokens", issued.token, {})).status).toBe(403);
  expect((await as("cleo", "DELETE", `/me/tokens/${issued.id}`)).status).toBe(404);
  expect((await as("ben", "DELETE", `/me/tokens/${issued.id}`)).status).toBe(204);
  expect((await served.call("GET", "/me", issued.token)).status).toBe(401);
});

test("only admins manage services, workers and teams, and verify the audit", async () => {
  const attempts: [string, string, object?][] = [
    ["POST", "/services", { kind: "none", name: "Mine", base_url: "https://api.example.com" }],
    ["POST", "/workers", { email: "x@example.com", name: "X", role: "admin" }],
    ["PATCH", `/workers/${served.people.cleo.id}`, { role: "admin" }],
    ["POST", "/teams", { name: "Mine" }],
    ["GET", "/audit/verify"],
  ];
  for (const [method, path, body] of attempts)
    expect((await as("cleo", method, path, body)).body.code, `${method} ${path}`).toBe("forbidden");
  expect((await as("ada", "GET", "/audit/verify")).body).toMatchObject({ ok: true, checked: expect.any(Number) });
});

test("the catalog and the shares come whole, or page by page where that is asked", async () => {
  const whole = (await as("ben", "GET", "/catalog")).body;
  expect(whole.next_cursor).toBeNull();
  const first = (await as("ben", "GET", "/catalog?limit=3")).body;
  const second = (await as("ben", "GET", `/catalog?limit=3&cursor=${first.next_cursor}`)).body;
  const keys = [...first.items, ...second.items].map(({ key }: { key: string }) => key);
  expect(keys).toEqual(whole.items.slice(0, 6).map(({ key }: { key: string }) => key));
  expect((await as("ben", "GET", "/catalog?cursor=WyJub25lIl0")).body.code).toBe("invalid");
});

test("the catalog is there, and a service comes from it", async () => {
  const { items } = (await as("ben", "GET", "/catalog?q=github")).body;
  expect(items.map((entry: { key: string }) => entry.key)).toContain("github");
  const service = await made("ada", "/services", { catalog: "github-token", settings: {} });
  expect(service).toMatchObject({ catalog: "github-token", hosts: expect.arrayContaining(["api.github.com"]) });
  expect((await as("ada", "GET", "/catalog/none-such")).status).toBe(404);
});

test("openapi.json is OpenAPI 3.1 and knows every route", async () => {
  const { body } = await served.call("GET", "/openapi.json");
  expect(body.openapi).toMatch(/^3\.1\.\d$/);
  for (const { method, path, scope } of await apiRoutes()) {
    const operation = body.paths[path]?.[method.toLowerCase()];
    expect(operation, `${method} ${path}`).toBeDefined();
    expect(operation.summary).toMatch(/^\S/);
    expect(Object.keys(operation.responses).length).toBeGreaterThan(1);
    const named = operation.parameters.filter((one: { in: string }) => one.in === "path");
    expect(named.map((one: { name: string }) => `{${one.name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    if (scope !== "public") expect(operation.security).toBeUndefined();
  }
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!.split("/"));
  for (const path of references) {
    const target = path.reduce((at: Record<string, unknown> | undefined, name) => at?.[name] as never, body);
    expect(target, path.join("/")).toBeDefined();
  }
});
