import { describe, expect, test } from "vitest";
import { maskedCommand } from "../../src/http/curl-mask.ts";
import { readServiceExample } from "../../src/http/service-example.ts";

const KEY = "canary-s3cret";

/** What a command makes of a form, without the fields that are as in an empty one. */
function read(command: string) {
  const { kind, typed, settings, notes } = readServiceExample(command);
  return { kind: kind.id, ...typed, settings, notes };
}

describe("the kind of a documented request", () => {
  test.each<[command: string, kind: string, settings: object]>([
    [`curl https://api.x.example/v1/me -H "Authorization: Bearer ${KEY}"`, "bearer", {}],
    [`curl https://api.x.example/v1/me -H 'authorization: bearer $TOKEN'`, "bearer", {}],
    [`curl https://api.x.example/v1/me --oauth2-bearer ${KEY}`, "bearer", {}],
    [
      `curl https://api.x.example/me -H "Authorization: Token ${KEY}"`,
      "api_key",
      { name: "Authorization", format: "Token {key}" },
    ],
    [
      `curl https://api.x.example/me -H "Authorization: ${KEY}"`,
      "api_key",
      { in: "header", name: "Authorization", format: "{key}" },
    ],
    [`curl https://api.x.example/me -H "X-Api-Key: ${KEY}"`, "api_key", { in: "header", name: "X-Api-Key" }],
    [`curl https://api.x.example/me -H "PRIVATE-TOKEN: ${KEY}"`, "api_key", { in: "header", name: "PRIVATE-TOKEN" }],
    [
      `curl https://api.x.example/me -H "X-Auth-Token: ${KEY}" -H "Idempotency-Key: 7"`,
      "api_key",
      { name: "X-Auth-Token" },
    ],
    [`curl "https://api.x.example/me?api_key=${KEY}"`, "api_key", { in: "query", name: "api_key" }],
    [`curl "https://api.x.example/me?lang=en&appid={API key}"`, "api_key", { in: "query", name: "appid" }],
    [`curl -G https://api.x.example/me -d access_token=${KEY}`, "api_key", { in: "query", name: "access_token" }],
    [`curl https://api.x.example/me -b session=${KEY}`, "api_key", { in: "cookie", name: "session" }],
    [`curl -u user:${KEY} https://api.x.example/me`, "basic", { username_label: "" }],
    [`curl https://api.x.example/me -u ${KEY}:`, "basic", { username_label: "Key" }],
    [`curl https://api.x.example/me -u user:pass -H 'X-Api-Key: ${KEY}'`, "basic", {}],
    [`curl https://user:${KEY}@api.x.example/me`, "basic", {}],
    [`curl https://api.x.example/me -H 'Authorization: Basic ${KEY}'`, "basic", {}],
    [
      `curl https://api.x.example/me -H "DD-API-KEY: ${KEY}" -H "DD-APPLICATION-KEY: ${KEY}" -H "X-App-Id: 7"`,
      "api_key",
      {
        name: "DD-API-KEY",
        headers: "DD-APPLICATION-KEY={dd_application_key}\nX-App-Id={app_id}",
        open_parts: "app_id",
      },
    ],
    [
      `curl 'https://api.x.example/me?key=${KEY}&token=${KEY}&lang=en'`,
      "api_key",
      { in: "query", name: "key", query: "token={token}" },
    ],
    [
      `curl https://s3.eu-central-1.amazonaws.com/ --aws-sigv4 "aws:amz:eu-central-1:s3" -u AKIA:${KEY}`,
      "aws_sigv4",
      { region: "eu-central-1", service: "s3" },
    ],
    [`curl --digest -u user:${KEY} https://api.x.example/me`, "digest", {}],
  ])("%s", (command, kind, settings) => {
    const found = read(command);
    expect(found.kind).toBe(kind);
    expect(found.settings).toMatchObject(settings);
    expect(JSON.stringify(found)).not.toContain(KEY);
  });
});

describe("the addresses of a documented request", () => {
  const bearer = `-H "Authorization: Bearer $TOKEN"`;

  test.each<[url: string, base: string, test: string]>([
    ["https://api.acme.example/v1/me", "https://api.acme.example/v1", "/me"],
    ["https://acme.example/api/v2.1/users?limit=1", "https://acme.example/api/v2.1", "/users?limit=1"],
    ["https://acme.example/api/users", "https://acme.example/api", "/users"],
    ["https://acme.example:8443/whoami", "https://acme.example:8443", "/whoami"],
    ["https://api.acme.example/2024-01/me", "https://api.acme.example/2024-01", "/me"],
    ["https://api.acme.example", "https://api.acme.example", "/"],
    ["api.acme.example/v3", "https://api.acme.example/v3", "/"],
  ])("%s", (url, base, path) => {
    const found = read(`curl '${url}' ${bearer}`);
    expect([found.base_url, found["test.url"], found["test.method"]]).toEqual([base, path, "GET"]);
    expect(found.hosts).toBe(new URL(base).host);
  });

  test("the key is no part of the test request", () => {
    const found = read(`curl 'https://api.acme.example/v1/me?key=${KEY}&fields=id'`);
    expect(found["test.url"]).toBe("/me?fields=id");
  });

  test.each([
    ["changes something", `curl -X POST https://api.acme.example/v1/things ${bearer} -d '{}'`],
    ["has a blank in its path", `curl https://api.acme.example/v1/things/{id} ${bearer}`],
    ["has a blank in its query", `curl 'https://api.acme.example/v1/things?project=<project>' ${bearer}`],
  ])("a request that %s is no test request, which is said", (_name, command) => {
    const found = read(command);
    expect(found["test.url"]).toBe("");
    expect(found.notes.join(" ")).toContain("test request yourself");
  });

  test("what belongs to the key is no header of the service", () => {
    const found = read("curl https://api.acme.example/v1/me -H 'X-App-Id: 7' -H 'X-App-Key: $KEY' -H 'Accept: x/y'");
    expect(found.headers).toBe("Accept: x/y");
    expect(found.notes).toEqual([]);
  });

  test("headers that the service wants are kept; those of the one request, and what may be secret, are not", () => {
    const command = `curl https://api.acme.example/v1/me ${bearer} -H 'Acme-Version: 2024-06-01' -H 'Accept: application/json'
      -H 'Content-Type: application/json' -H 'X-Client-Secret: ${KEY}' -H 'X-Workspace: {workspace}' -A me/1.0`;
    const found = read(command);
    expect(found.headers).toBe("Acme-Version: 2024-06-01\nAccept: application/json");
    expect(found.notes.join(" ")).toMatch(/X-Client-Secret was left out.*X-Workspace was left out/);
    expect(JSON.stringify(found)).not.toContain(KEY);
  });

  test.each([
    ["https://api.acme.example/x", "Acme"],
    ["https://acme.co.uk/x", "Acme"],
    ["https://eu.api.acme.io/x", "Acme"],
    ["http://127.0.0.1:8080/x", ""],
  ])("%s proposes the name %j", (url, name) => {
    expect(read(`curl ${url} ${bearer}`).name).toBe(name);
  });
});

describe("a command is not taken", () => {
  test.each([
    ["without a credential", "curl https://api.acme.example/v1/me", "no credential"],
    ["with a blank for a host", `curl https://{subdomain}.acme.example/me -u a:b`, "real host"],
    ["with a variable for a host", `curl https://$HOST/me -u a:b`, "real host"],
    ["to another scheme", "curl ftp://acme.example/me -u a:b", "real host"],
    ["that is none", "wget https://acme.example", "does not begin with curl"],
    ["that is not closed", "curl 'https://acme.example", "not closed"],
  ])("%s", (_name, command, sentence) => {
    expect(() => readServiceExample(command)).toThrow(sentence);
  });
});

test("what can not be read is shown again without what looks like a credential", () => {
  for (const command of [
    `curl 'https://x.example/?a=1&api_key=${KEY}' -H "X-Api-Key: ${KEY}" -H 'Authorization: Token ${KEY}' --odd`,
    `curl -u 'me:${KEY}' https://me:${KEY}@x.example --cookie "s=${KEY}" -b s=${KEY}`,
    `curl --oauth2-bearer ${KEY} -H 'Cookie: a=${KEY}' -d 'client_secret=${KEY}' -U me:${KEY}`,
  ]) {
    expect(maskedCommand(command)).not.toContain(KEY);
    expect(maskedCommand(command)).toContain("•••");
  }
  expect(maskedCommand("curl https://x.example/a?b=c -H 'Accept: x'")).toBe(
    "curl https://x.example/a?b=c -H 'Accept: x'",
  );
});
