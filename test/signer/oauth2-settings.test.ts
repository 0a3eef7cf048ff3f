import { describe, expect, test } from "vitest";
import { oauth2 } from "../../src/signer/kinds/oauth2.ts";
import { settingsFields, settingsSchema } from "../../src/signer/oauth2/settings.ts";

const LEAST = {
  authorize_url: "https://provider.example/authorize",
  token_url: "https://provider.example/token",
  client_id: "client",
};

function issues(more: object): string[] {
  const result = settingsSchema.safeParse({ ...LEAST, ...more });
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("the settings of an OAuth 2.0 service", () => {
  test("are few, and safe where nothing is said", () => {
    expect(settingsSchema.parse(LEAST)).toMatchObject({
      pkce: true,
      scopes: [],
      scope_delimiter: " ",
      auth_failure_statuses: [401],
      header: "Authorization",
      prefix: "Bearer",
      repeat_redirect_uri_on_refresh: false,
    });
  });

  test("come as a form or as JSON", () => {
    const form = {
      scopes: " read,write\n admin ",
      pkce: "off",
      authorize_params: "a=1\r\nb=x=y\n\n",
      repeat_redirect_uri_on_refresh: "on",
      lifetime_seconds: "3600",
    };
    const data = {
      scopes: ["read", "write", "admin"],
      pkce: false,
      authorize_params: { a: "1", b: "x=y" },
      repeat_redirect_uri_on_refresh: true,
      lifetime_seconds: 3600,
    };
    expect(settingsSchema.parse({ ...LEAST, ...form })).toEqual(settingsSchema.parse({ ...LEAST, ...data }));
  });

  const bad: [more: object, message: string][] = [
    [{ authorize_url: "provider.example/authorize" }, "authorize_url: Enter a full address"],
    [{ authorize_url: "javascript:alert(1)" }, "authorize_url: Enter a full address"],
    [{ authorize_url: "ftp://provider.example/" }, "authorize_url: Enter a full address"],
    [{ authorize_url: "https:provider.example/" }, "authorize_url: Enter a full address"],
    [{ authorize_url: "" }, "authorize_url: Enter a full address"],
    [{ token_url: undefined }, "token_url: "],
    [{ token_url: "https://provider.example/token#x" }, "token_url: An endpoint has no fragment"],
    [{ token_url: "https://user@provider.example/token" }, "token_url: An endpoint has no user name"],
    [{ token_url: "https://:password@provider.example/token" }, "token_url: An endpoint has no user name"],
    [{ revoke_url: "revoke" }, "revoke_url: Enter a full address"],
    [{ metadata_url: "https://" }, "metadata_url: Enter a full address"],
    [{ client_id: "" }, "client_id: Enter the client id."],
    [{ client_id: "x".repeat(1001) }, "client_id: "],
    [{ client_secret: "" }, "client_secret: "],
    [{ token_auth: "query" }, "token_auth: "],
    [{ scope_delimiter: ";" }, "scope_delimiter: "],
    [{ scopes: Array.from({ length: 201 }, () => "x") }, "scopes: "],
    [{ scopes: [7] }, "scopes.0: "],
    [{ pkce: "maybe" }, "pkce: "],
    [{ authorize_params: "not a pair" }, "authorize_params: "],
    [{ authorize_params: { a: 1 } }, "authorize_params.a: "],
    [{ token_path: "a b" }, "token_path: "],
    [{ lifetime_seconds: 5 }, "lifetime_seconds: "],
    [{ header: "X\r\nHost" }, "header: "],
    [{ prefix: "Bearer\r\nHost: x" }, "prefix: "],
    [{ resource: "not an address" }, "resource: "],
    [{ response_type: "token" }, ": Unrecognized key"],
    [{ pkce: false, pkce_required: true }, "pkce: This provider takes nobody without PKCE"],
    [{ authorize_omit: "state" }, "authorize_omit.0: Only client_id, redirect_uri, response_type and scope"],
    [{ token_omit: "code" }, "token_omit.0: Only client_id, grant_type and redirect_uri"],
    [{ code_param: "a b" }, "code_param: A parameter's name has no spaces"],
    [{ client_id_param: "" }, "client_id_param: Enter the parameter's name."],
    [{ token_in_callback: "access_token" }, "token_in_callback: Tokens of the implicit grant are never taken."],
    [{ callback_metadata: { "a.b": "realm" } }, "callback_metadata: A name is lower-case letters"],
    [{ callback_metadata: { realm: "realm no-star" } }, "callback_metadata: Write the parameter's name"],
    [{ callback_metadata: { realm: "realm a*b*" } }, "callback_metadata: Write the parameter's name"],
    [{ token_metadata: { "token.access": "x" } }, "token_metadata: A name is lower-case letters"],
    [{ metadata: { "client.secret": "x" } }, "metadata: A name is lower-case letters"],
    [{ token_host_from: "server" }, "token_hosts: Name the hosts that the callback may choose from."],
    [{ token_host_from: "server", token_hosts: "*.example" }, "token_hosts.0: Name each host exactly"],
    [{ client_hash_param: "hash" }, "client_hash_of: Say what is hashed."],
    [{ token_body: "xml" }, "token_body: "],
    [{ exchange_method: "PUT" }, "exchange_method: "],
    [{ refresh_with: "code" }, "refresh_with: "],
    [{ refresh_margin_seconds: 0 }, "refresh_margin_seconds: "],
    [{ request_headers: { "X Y": "1" } }, "request_headers: The name of a header"],
    [{ revoke_auth: "digest" }, "revoke_auth: "],
  ];
  test.each(bad)("are refused with %j, in words", (more, message) => {
    expect(issues(more).join("\n")).toContain(message);
  });

  test("need no token URL where the callback brings the token itself", () => {
    expect(issues({ token_url: undefined, token_in_callback: "token" })).toEqual([]);
  });

  test("say nothing of themselves where nothing is out of the ordinary", () => {
    expect(Object.keys(settingsSchema.parse(LEAST)).length).toBeLessThan(16);
  });

  test("take no name for an object's own", () => {
    const parsed = settingsSchema.parse({ ...LEAST, authorize_params: "__proto__=x\nconstructor=y" });
    expect(Object.getPrototypeOf(parsed.authorize_params)).toBe(Object.prototype);
    expect(parsed.authorize_params.constructor).toBe("y");
  });

  test("have a field for each that a form can set, and no field twice or unknown", () => {
    const names = settingsFields.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !(name in settingsSchema.shape))).toEqual([]);
    expect(Object.keys(settingsSchema.shape).filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe("an imported grant", () => {
  const problem = (secret: object) => oauth2.secretSchema.safeParse(secret).error?.issues[0]?.message;

  test("is an access token, and what else is known", () => {
    expect(problem({ access_token: "at" })).toBeUndefined();
    const whole = { access_token: "at", refresh_token: "rt", expires_in: "3600", scope: "a b" };
    expect(oauth2.secretSchema.parse(whole)).toMatchObject({ expires_in: 3600 });
    expect(problem({ access_token: "at", expires_at: "2026-11-05T12:00:00+01:00" })).toBeUndefined();
  });

  test("of the code grant needs an access token", () => {
    const settings = oauth2.settingsSchema.parse(LEAST);
    expect(() => oauth2.renewal!(settings)!.accept({}, settings)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  test.each([
    { access_token: "" },
    { access_token: "a b" },
    { access_token: "a\nb" },
    { access_token: "at", refresh_token: "" },
    { access_token: "at", expires_in: -1 },
    { access_token: "at", expires_in: "soon" },
    { access_token: "at", expires_at: "tomorrow" },
    { access_token: "at", metadata: { a: 1 } },
    { access_token: "at", id_token: "x" },
  ])("is refused as %j", (secret) => {
    expect(problem(secret)).not.toBeUndefined();
  });
});
