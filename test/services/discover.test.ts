import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listAudit } from "../../src/audit/browse.ts";
import { SignetError } from "../../src/errors.ts";
import { discover, type Discovered } from "../../src/services/discover.ts";
import { newAuthorizationServer, type AuthorizationServer } from "../support/authorization-server.ts";
import { json, newEcho, text, type Answer, type Echo } from "../support/echo.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let people: Cast;
let server: AuthorizationServer;
let tenant: AuthorizationServer;
let echo: Echo;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"] });
  people = await cast(hub.world);
  server = await newAuthorizationServer();
  tenant = await newAuthorizationServer({ path: "/tenant/7" });
  echo = await newEcho();
});

afterAll(async () => {
  await Promise.all([server, tenant, echo].map((one) => one?.close()));
  await hub?.close();
});

const look = (url: string): Promise<Discovered> => discover(hub.ctx(people.ada), { url });

async function refusal(work: Promise<unknown>): Promise<SignetError> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(SignetError);
  return error as SignetError;
}

/** The echo server answers these paths, and 404 to all others. */
function serve(documents: Record<string, object | Answer>): void {
  echo.requests.splice(0);
  echo.answer((request, response) => {
    const document = documents[request.path];
    const answer = typeof document === "function" ? document : document ? json(document) : json({}, 404);
    return (answer as Answer)(request, response);
  });
}

const OAUTH = "/.well-known/oauth-authorization-server";
const OPENID = "/.well-known/openid-configuration";
const RESOURCE = "/.well-known/oauth-protected-resource";

/** Metadata of a server with nothing unusual. */
function plain(issuer = echo.url, more: object = {}): Record<string, unknown> {
  const addresses = { authorization_endpoint: `${echo.url}/authorize`, token_endpoint: `${echo.url}/token` };
  return { issuer, ...addresses, response_types_supported: ["code"], ...more };
}

describe("an issuer's address", () => {
  test("fills in what a certified server says of itself", async () => {
    const found = await look(server.issuer);
    expect(found.settings).toEqual({
      authorize_url: `${server.issuer}/auth`,
      token_url: `${server.issuer}/token`,
      revoke_url: `${server.issuer}/token/revocation`,
      device_url: `${server.issuer}/device/auth`,
      issuer: server.issuer,
      token_auth: "basic",
    });
    expect(found.server).toMatchObject({
      issuer: server.issuer,
      registration: `${server.issuer}/reg`,
      renews: true,
      notes: [],
    });
    expect(found.scopes).toEqual(["openid", "offline_access", "tickets:read", "tickets:write"]);
    expect([found.otherHosts, found.issuers, found.baseUrl]).toEqual([[], [], null]);
    expect(found.source).toEqual({ url: `${server.issuer}${OAUTH}`, standard: "RFC 8414" });
  });

  test("may have a path, below which OpenID Connect puts its document", async () => {
    const found = await look(`${tenant.issuer}/`);
    expect(found.source).toEqual({ url: `${tenant.issuer}${OPENID}`, standard: "OpenID Connect Discovery" });
    expect(found.settings.token_url).toBe(`${tenant.issuer}/token`);
    const host = new URL(tenant.issuer).origin;
    expect(tenant.asked.toSorted()).toEqual(
      [
        `GET ${OAUTH}/tenant/7`,
        `GET /tenant/7${OPENID}`,
        `GET ${OPENID}/tenant/7`,
        `GET ${RESOURCE}/tenant/7`,
        `GET ${OAUTH}`,
        `GET ${OPENID}`,
        `GET ${RESOURCE}`,
      ].toSorted(),
    );
    expect((await refusal(look(`${host}/tenant`))).code).toBe("upstream_invalid");
  });

  test.each([
    ["RFC 8414's insertion", `${OAUTH}/a/b`],
    ["RFC 8414's insertion of OpenID Connect", `${OPENID}/a/b`],
    ["OpenID Connect's suffix", `/a/b${OPENID}`],
  ])("with a path is found by %s", async (_name, path) => {
    serve({ [path]: plain(`${echo.url}/a/b`) });
    expect((await look(`${echo.url}/a/b`)).source.url).toBe(echo.url + path);
  });

  test("may be the address of its document", async () => {
    serve({ [`${OAUTH}/a`]: plain(`${echo.url}/a`) });
    expect((await look(`${echo.url}${OAUTH}/a`)).server!.issuer).toBe(`${echo.url}/a`);
    expect((await look(`${tenant.issuer}${OPENID}`)).server!.issuer).toBe(tenant.issuer);
  });

  test("may be any address of a host whose server speaks for the whole of it", async () => {
    serve({ [OAUTH]: plain() });
    expect((await look(`${echo.url}/api/v4`)).server!.issuer).toBe(echo.url);
  });

  test("may end with a slash where the issuer does or does not", async () => {
    for (const [typed, issuer] of [
      [`${echo.url}/x/`, `${echo.url}/x`],
      [`${echo.url}/x`, `${echo.url}/x/`],
      [echo.url, `${echo.url}/`],
    ] as const) {
      const path = new URL(typed).pathname.replace(/\/$/, "");
      serve({ [`${OAUTH}${path}`]: plain(issuer, { authorization_response_iss_parameter_supported: true }) });
      expect((await look(typed)).settings.issuer, typed).toBe(issuer);
    }
  });
});

describe("what a server can do becomes settings", () => {
  const settings = async (more: object) => {
    serve({ [OAUTH]: plain(echo.url, more) });
    return look(echo.url);
  };

  test.each([
    [undefined, "basic"],
    [["client_secret_post", "client_secret_basic"], "basic"],
    [["private_key_jwt", "client_secret_post"], "body"],
    [["none"], "none"],
    [["private_key_jwt", "none"], "none"],
    [["client_secret_jwt", "private_key_jwt"], "client_secret_jwt"],
    [["private_key_jwt"], "private_key_jwt"],
  ])("its clients sign in by %j", async (methods, expected) => {
    const found = await settings({ token_endpoint_auth_methods_supported: methods });
    expect(found.settings.token_auth).toBe(expected);
  });

  test("but not where no way to sign in is known", async () => {
    const found = await settings({ token_endpoint_auth_methods_supported: ["tls_client_auth"] });
    expect(found.settings).not.toHaveProperty("token_auth");
    expect(found.server!.notes.join(" ")).toContain("in ways that this kind does not know");
  });

  test("PKCE is never switched off by what a server does not say", async () => {
    for (const methods of [undefined, [], ["plain"]]) {
      const found = await settings({ code_challenge_methods_supported: methods });
      expect(found.settings).not.toHaveProperty("pkce");
      expect(found.server!.notes.join(" ")).toContain("PKCE stays on");
    }
  });

  test("an issuer in the callback is demanded only of who promises it", async () => {
    expect((await settings({})).settings).not.toHaveProperty("issuer");
    expect((await settings({ authorization_response_iss_parameter_supported: "yes" })).settings).not.toHaveProperty(
      "issuer",
    );
  });

  test.each([
    [["authorization_code", "client_credentials"], undefined],
    [["client_credentials"], "client_credentials"],
    [["refresh_token", "urn:ietf:params:oauth:grant-type:device_code"], "device_code"],
    [["urn:ietf:params:oauth:grant-type:jwt-bearer"], "jwt_bearer"],
  ])("access is won as %j allow", async (grants, expected) => {
    const found = await settings({
      grant_types_supported: grants,
      device_authorization_endpoint: `${echo.url}/device`,
      ...(expected && { authorization_endpoint: undefined }),
    });
    expect(found.settings.grant).toBe(expected);
    expect(found.server!.notes.join(" ").includes("does not let people allow access")).toBe(expected !== undefined);
  });

  test("what accounts can not be linked with is said", async () => {
    const found = await settings({ response_types_supported: ["token"], grant_types_supported: ["implicit"] });
    expect(found.server!.notes.join(" ")).toMatch(/authorization code that.*code grant/);
    expect(found.server!.renews).toBe(false);
  });

  test("scopes are those that can be scopes, each once", async () => {
    const scopes = ["read", "read", "", 7, null, 'say "hi"', "a b", "x".repeat(201), "write"];
    expect((await settings({ scopes_supported: scopes })).scopes).toEqual(["read", "write"]);
    expect((await settings({ scopes_supported: "read" })).scopes).toEqual([]);
    const many = Array.from({ length: 5_000 }, (_, at) => `s${at}`);
    expect((await settings({ scopes_supported: many })).scopes).toHaveLength(200);
  });

  test("hosts besides the one that was asked are named", async () => {
    const found = await settings({
      token_endpoint: "https://tokens.elsewhere.example/token",
      registration_endpoint: "https://clients.elsewhere.example:8443/reg",
    });
    expect(found.otherHosts).toEqual(["tokens.elsewhere.example", "clients.elsewhere.example:8443"]);
  });
});

describe("an API's address", () => {
  test("leads to the authorization server on the same origin, and names the API in its tokens", async () => {
    serve({
      [`${RESOURCE}/mcp`]: {
        resource: `${echo.url}/mcp`,
        authorization_servers: [`${echo.url}/login`],
        scopes_supported: ["tools"],
      },
      [`${OAUTH}/login`]: plain(`${echo.url}/login`, { scopes_supported: ["tools", "admin"] }),
    });
    const found = await look(`${echo.url}/mcp`);
    expect(found.settings).toMatchObject({ resource: `${echo.url}/mcp`, token_url: `${echo.url}/token` });
    expect(found.scopes).toEqual(["tools"]);
    expect(found.baseUrl).toBe(`${echo.url}/mcp`);
    expect(found.server!.issuer).toBe(`${echo.url}/login`);
  });

  test("tells of authorization servers elsewhere, and asks none of them", async () => {
    const resource = {
      resource: echo.url,
      authorization_servers: ["https://login.example", "https://other.example/x"],
    };
    serve({ [RESOURCE]: { ...resource, scopes_supported: ["read"] } });
    server.asked.splice(0);
    const found = await look(echo.url);
    expect(found).toMatchObject({
      server: null,
      settings: { resource: echo.url },
      scopes: ["read"],
      baseUrl: echo.url,
      issuers: ["https://login.example", "https://other.example/x"],
    });
    expect(new Set(echo.requests.map(({ header }) => header("host")))).toEqual(new Set([echo.host]));
  });

  test.each([
    ["of another API", { resource: "https://other.example" }, "is https://other.example/, not"],
    ["of a part of it", { resource: "${url}/part" }, "/part, not"],
    ["without a name", {}, "is nobody, not"],
    ["without a server", { resource: "${url}" }, "names no authorization server"],
    [
      "with servers that are none",
      { resource: "${url}", authorization_servers: ["javascript:alert(1)", 7] },
      "names no",
    ],
    ["with servers over plain http", { resource: "${url}", authorization_servers: ["http://as.example"] }, "names no"],
    [
      "with a server of somebody's",
      { resource: "${url}", authorization_servers: ["https://a@as.example"] },
      "names no",
    ],
  ])("is not taken from a document %s", async (_name, document, sentence) => {
    serve({ [RESOURCE]: JSON.parse(JSON.stringify(document).replaceAll("${url}", echo.url)) as object });
    const error = await refusal(look(echo.url));
    expect([error.code, error.message]).toEqual(["upstream_invalid", expect.stringContaining(sentence)]);
  });
});

describe("a hostile document is not taken", () => {
  const cases: [name: string, document: () => object | Answer, sentence: string][] = [
    ["of another issuer", () => plain("https://accounts.bank.example"), "is https://accounts.bank.example/, not"],
    ["of an issuer with other letters", () => plain(echo.url.toUpperCase()), "so nothing of it was taken"],
    ["without an issuer", () => plain(undefined, { issuer: undefined }), "is nobody, not"],
    ["whose issuer is no text", () => plain(undefined, { issuer: [echo.url] }), "is nobody, not"],
    ["whose issuer is endless", () => plain(`${echo.url}/${"x".repeat(5000)}`), "is nobody, not"],
    [
      "with a token endpoint over plain http",
      () => plain(echo.url, { token_endpoint: "http://as.example/t" }),
      "Token URL",
    ],
    [
      "with a script for an endpoint",
      () => plain(echo.url, { authorization_endpoint: "javascript:alert(1)" }),
      "names one that",
    ],
    [
      "with a password in an endpoint",
      () => plain(echo.url, { token_endpoint: "https://a:b@as.example/t" }),
      "Token URL",
    ],
    [
      "with a fragment in an endpoint",
      () => plain(echo.url, { token_endpoint: "https://as.example/t#x" }),
      "Token URL",
    ],
    ["without a token endpoint", () => plain(echo.url, { token_endpoint: undefined }), "Token URL it names none"],
    [
      "without the endpoint that its only grant needs",
      () => plain(echo.url, { grant_types_supported: ["urn:ietf:params:oauth:grant-type:device_code"] }),
      "Device authorization URL it names none",
    ],
    ["that is a list", () => json([plain()]), "Nothing at"],
    ["that is a page", () => text("<!doctype html><title>Sign in</title>", "text/html"), "Nothing at"],
    [
      "that sends on",
      () => json({}, 302, { location: "https://elsewhere.example/x?y" }),
      "sends on to https://elsewhere.example.",
    ],
    ["that fails", () => json({}, 503), "answered 503"],
  ];
  test.each(cases)("%s", async (_name, document, sentence) => {
    serve({ [OAUTH]: document() });
    const error = await refusal(look(echo.url));
    expect([error.code, error.message]).toEqual(["upstream_invalid", expect.stringContaining(sentence)]);
    expect(error.issues).toEqual([{ path: "url", message: error.message }]);
  });

  test("that is huge", async () => {
    serve({ [OAUTH]: text(JSON.stringify(plain(echo.url, { padding: "x".repeat(1_100_000) })), "application/json") });
    expect((await refusal(look(echo.url))).code).toBe("response_too_large");
  });

  test("with an endpoint on a private address", async () => {
    const strict = await newWorld({ outboundAllow: [echo.host] });
    const { ada } = await cast(strict.world);
    for (const address of ["https://10.1.2.3/token", "https://169.254.169.254/latest", "https://localhost/token"]) {
      for (const member of ["token_endpoint", "revocation_endpoint", "registration_endpoint"]) {
        serve({ [OAUTH]: plain(echo.url, { [member]: address }) });
        expect((await refusal(discover(strict.ctx(ada), { url: echo.url }))).code, address).toBe("address_denied");
      }
    }
    await strict.close();
  });

  test("while another document at the same address is", async () => {
    serve({ [OAUTH]: plain("https://evil.example"), [OPENID]: plain() });
    expect((await look(echo.url)).source.url).toBe(`${echo.url}${OPENID}`);
  });

  test("and what only could have been of use is left out, and said", async () => {
    serve({ [OAUTH]: plain(echo.url, { revocation_endpoint: "http://as.example/r", registration_endpoint: "/reg" }) });
    const found = await look(echo.url);
    expect(found.settings).not.toHaveProperty("revoke_url");
    expect(found.server!.registration).toBeUndefined();
    expect(found.server!.notes.join(" ")).toContain("Its Revocation URL is left out");
  });
});

describe("nobody is asked", () => {
  afterEach(() => expect(echo.requests).toEqual([]));

  test("for somebody who is no admin", async () => {
    serve({});
    expect((await refusal(discover(hub.ctx(people.ben), { url: echo.url }))).code).toBe("forbidden");
  });

  test.each([
    "",
    "   ",
    "ftp://as.example",
    "file:///etc/passwd",
    "https://user:pass@as.example",
    "https://as.example/?x=1",
    "https://as.example/#x",
    "https://",
    "not an address at all",
  ])("at %j, which is no address", async (typed) => {
    serve({});
    const error = await refusal(look(typed));
    expect([error.code, error.issues[0]!.path]).toEqual(["invalid", "url"]);
  });

  test("on a private network that the operator has not allowed", async () => {
    serve({});
    const strict = await newWorld();
    const { ada } = await cast(strict.world);
    for (const url of [
      echo.url.replace("http:", "https:"),
      "https://169.254.169.254/latest/meta-data",
      "https://[::1]/",
    ]) {
      expect((await refusal(discover(strict.ctx(ada), { url }))).code, url).toBe("address_denied");
    }
    const overHttp = await refusal(discover(strict.ctx(ada), { url: "http://8.8.8.8/" }));
    expect([overHttp.code, overHttp.message]).toEqual([
      "address_denied",
      expect.stringContaining("Enter an https address"),
    ]);
    await strict.close();
  });
});

test("each attempt is recorded before it is made, with what came of it", async () => {
  serve({});
  await refusal(look(echo.url));
  await look(server.issuer);
  const { items } = await listAudit(hub.ctx(people.ada), { action: "service.discovered", limit: 4 });
  expect(items.map(({ outcome, facts }) => [outcome, facts])).toEqual([
    ["ok", { host: server.host }],
    ["pending", { host: server.host }],
    ["failed", { host: echo.host, code: "upstream_invalid" }],
    ["pending", { host: echo.host }],
  ]);
});
