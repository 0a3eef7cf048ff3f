import { describe, expect, test } from "vitest";
import { readCurl, writeCurl } from "../../src/http/curl.ts";

const read = (command: string) => readCurl(command).request;

describe("a curl command is read", () => {
  test("as a GET, with https where no scheme is", () => {
    expect(read("curl api.example.com/items")).toEqual({
      method: "GET",
      url: "https://api.example.com/items",
      headers: [],
      body: null,
    });
  });

  test("with quotes, line ends and options in one word, as a shell does", () => {
    const command = `$ curl -sSL -XPATCH \\
      -H'Accept: application/json' --header "X-Note: it's \\"here\\"" \\
      --url $'https://api.example.com/a\\u0062c' --data-raw '{"a": "b c"}' --compressed`;
    expect(read(command)).toEqual({
      method: "PATCH",
      url: "https://api.example.com/abc",
      headers: [
        ["Accept", "application/json"],
        ["X-Note", `it's "here"`],
        ["content-type", "application/x-www-form-urlencoded"],
      ],
      body: '{"a": "b c"}',
    });
  });

  test("as POST when there is data, which is joined", () => {
    const { method, body, headers } = read("curl https://a.example -d a=1 --data-urlencode 'b=x y&z'");
    expect([method, body]).toEqual(["POST", "a=1&b=x%20y%26z"]);
    expect(headers).toEqual([["content-type", "application/x-www-form-urlencoded"]]);
    expect(read(`curl --json '{"a":1}' https://a.example`).headers).toEqual([["content-type", "application/json"]]);
  });

  test("with data in the query after -G, and as HEAD after -I", () => {
    expect(read("curl -G https://a.example/s?x=1 -d q=1")).toMatchObject({
      method: "GET",
      url: "https://a.example/s?x=1&q=1",
      body: null,
    });
    expect(read("curl -I https://a.example").method).toBe("HEAD");
  });

  test.each([
    ["-H 'Authorization: Bearer abcdef'", "Authorization"],
    ["-H 'aUTHORIZATION: Basic abcdef'", "aUTHORIZATION"],
    ["-H 'Cookie: s=abcdef'", "Cookie"],
    ["-b s=abcdef", "Cookie"],
    ["-u me:abcdef", "-u"],
    ["-ume:abcdef", "-u"],
    ["--user=me:abcdef", "--user"],
    ["--oauth2-bearer abcdef", "--oauth2-bearer"],
  ])("without credentials, which is said: %s", (option, name) => {
    const result = readCurl(`curl https://a.example/x ${option}`);
    expect(JSON.stringify(result)).not.toContain("abcdef");
    expect(result.notes).toEqual([`Left out: ${name}. The account has its own credential.`]);
  });

  test("without the user and password of an address", () => {
    const result = readCurl("curl https://me:abcdef@a.example/x@y");
    expect(result.request.url).toBe("https://a.example/x@y");
    expect(result.notes[0]).toContain("the user name and password in the address");
  });

  test.each([
    ["wget https://a.example", "begin with curl"],
    ["curl", "no address"],
    ["curl https://a.example https://b.example", "more than one address"],
    ["curl 'https://a.example", "quotation mark"],
    ["curl https://a.example -d @secrets.json", "from a file"],
    ["curl https://a.example -F file=@x", "-F"],
    ["curl https://a.example -H", "lacks its value"],
  ])("or refused in words: %s", (command, words) => {
    expect(() => readCurl(command)).toThrow(words);
  });

  test("in a moment, also when it is long and crooked", () => {
    for (const piece of ["'", '"', "\\", "$'", "a$", "$", '"\\', "-"]) {
      try {
        readCurl(`curl ${piece.repeat(600_000)}`);
      } catch {
        // Most of these are no commands.
      }
    }
  });
});

describe("a curl command is written", () => {
  const request = {
    method: "POST",
    url: "/a b?q='x'",
    headers: [["X-A", "it's"]] as [string, string][],
    body: "{'a': 1}",
  };

  test("so that it goes through Signet and reads back the same", () => {
    const command = writeCurl("https://hub.example", "crm", request);
    expect(command).toContain('Authorization: Bearer $SIGNET_TOKEN"');
    const back = readCurl(command).request;
    expect(back).toMatchObject({ method: "POST", url: "https://hub.example/proxy/crm/a b?q='x'", body: request.body });
    expect(back.headers).toContainEqual(["X-A", "it's"]);
  });

  test("with the whole address in a header", () => {
    const command = writeCurl("https://hub.example", "crm", { ...request, url: "https://a.example/x?y=1" });
    expect(command).toContain("'Signet-Url: https://a.example/x?y=1'");
  });
});
