import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { SignetError } from "../../src/errors.ts";
import { parseAllowList } from "../../src/outbound/address-guard.ts";
import { Control } from "../../src/outbound/control.ts";
import type { Ask } from "../../src/signer/kind.ts";
import { json, newEcho, newRawServer, text } from "../support/echo.ts";
import { closing } from "./collect.ts";

const clean = closing();
afterEach(clean.all);

const SECRET = "client-secret-never-to-be-seen";

/** An Ask for `hosts` that may reach what `allow` says. */
function asking(hosts: string[], allow: string[]): Ask {
  return new Control(parseAllowList(allow)).to(hosts);
}

async function refusal(answer: Promise<unknown>): Promise<SignetError> {
  const error: unknown = await answer.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(SignetError);
  return error as SignetError;
}

describe("a provider's own endpoint", () => {
  test("gets a form as it was given, under Signet's name", async () => {
    const echo = clean.later(await newEcho(json({ access_token: "t" })));
    const answer = await asking(
      [echo.host],
      [echo.host],
    )({
      method: "POST",
      url: `${echo.url}/token?tenant=1`,
      headers: { authorization: "Basic abc" },
      form: { grant_type: "authorization_code", code: "a b&c=d+é" },
    });
    expect(answer).toMatchObject({ status: 200, text: '{"access_token":"t"}' });
    expect(echo.last.method).toBe("POST");
    expect(echo.last.path).toBe("/token?tenant=1");
    expect(echo.last.header("authorization")).toBe("Basic abc");
    expect(echo.last.header("user-agent")).toBe("Signet");
    expect(echo.last.header("content-type")).toBe("application/x-www-form-urlencoded");
    expect([...new URLSearchParams(echo.last.body.toString())]).toEqual([
      ["grant_type", "authorization_code"],
      ["code", "a b&c=d+é"],
    ]);
  });

  test("gets JSON, or nothing at all", async () => {
    const echo = clean.later(await newEcho());
    const ask = asking([echo.host], [echo.host]);
    await ask({ method: "POST", url: echo.url, json: { a: [1, null] } });
    expect(echo.last.body.toString()).toBe('{"a":[1,null]}');
    await ask({ method: "DELETE", url: `${echo.url}/grant` });
    expect([echo.last.method, echo.last.body.length]).toEqual(["DELETE", 0]);
    await ask({ method: "DELETE", url: `${echo.url}/grant`, json: { access_token: "t" } });
    expect([echo.last.method, echo.last.body.toString()]).toEqual(["DELETE", '{"access_token":"t"}']);
    await ask({ method: "DELETE", url: `${echo.url}/grant`, form: { token: "t" } });
    expect([echo.last.method, echo.last.body.toString()]).toEqual(["DELETE", "token=t"]);
    await ask({ method: "GET", url: `${echo.url}/exchange?a=b%20c`, headers: { "User-Agent": "acme/1.0" } });
    expect([echo.last.path, echo.last.header("user-agent")]).toEqual(["/exchange?a=b%20c", "acme/1.0"]);
  });

  test("gets the bytes that somebody signed as they are", async () => {
    const echo = clean.later(await newEcho());
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await asking([echo.host], [echo.host])({ method: "PUT", url: echo.url, headers, body: "b=%7e&a=1+%20" });
    expect([echo.last.method, echo.last.body.toString()]).toEqual(["PUT", "b=%7e&a=1+%20"]);
    expect(echo.last.header("content-type")).toBe("application/x-www-form-urlencoded");
  });

  test.each([400, 401, 404, 500, 503])("may answer %i, which is an answer, asked for once", async (status) => {
    const echo = clean.later(await newEcho(json({ error: "x" }, status)));
    expect(await asking([echo.host], [echo.host])({ method: "GET", url: echo.url })).toMatchObject({ status });
    expect(echo.requests).toHaveLength(1);
  });

  test.each([301, 302, 307, 308])("is not followed elsewhere when it answers %i", async (status) => {
    const other = clean.later(await newEcho());
    const echo = clean.later(await newEcho(json({}, status, { location: other.url })));
    const ask = asking([echo.host, other.host], [echo.host, other.host]);
    expect(await ask({ method: "POST", url: echo.url, form: { client_secret: SECRET } })).toMatchObject({ status });
    expect(other.requests).toHaveLength(0);
  });
});

describe("no request goes", () => {
  test("to a host that is not one of the service's own", async () => {
    const echo = clean.later(await newEcho());
    for (const hosts of [
      [],
      ["provider.example"],
      ["127.0.0.1"],
      [`127.0.0.1:${echo.port + 1}`],
      [`localhost:${echo.port}`],
    ]) {
      const error = await refusal(asking(hosts, ["127.0.0.0/8"])({ method: "GET", url: echo.url }));
      expect(error.code).toBe("host_not_allowed");
    }
    expect(echo.open).toBe(0);
  });

  test("over plain http where the operator has not allowed the address", async () => {
    const echo = clean.later(await newEcho());
    const ask = (url: string, allow: string[]) => refusal(asking([new URL(url).host], allow)({ method: "GET", url }));
    expect((await ask(echo.url, [])).code).toBe("address_denied");
    expect((await ask(`http://localhost:${echo.port}/`, ["10.0.0.0/8"])).code).toBe("address_denied");
    expect((await ask("http://8.8.8.8/token", ["127.0.0.0/8"])).code).toBe("address_denied");
    expect(echo.open).toBe(0);
  });

  test("to a private address over https either", async () => {
    const echo = clean.later(await newEcho());
    const url = echo.url.replace("http:", "https:");
    expect((await refusal(asking([echo.host], [])({ method: "GET", url }))).code).toBe("address_denied");
    const byName = `https://localhost:${echo.port}/`;
    const error = await refusal(asking([new URL(byName).host], ["10.0.0.0/8"])({ method: "GET", url: byName }));
    expect(error.code).toBe("address_denied");
    expect(echo.open).toBe(0);
  });

  test("where the name alone is allowed but another port is meant", async () => {
    const echo = clean.later(await newEcho());
    const error = await refusal(asking([echo.host], [`127.0.0.1:${echo.port + 1}`])({ method: "GET", url: echo.url }));
    expect(error.code).toBe("address_denied");
  });
});

describe("an answer is refused", () => {
  const ask = (host: string) => asking([host], [host])({ method: "GET", url: `http://${host}/` });

  test("when it is larger than 1 MiB, also when it never ends and says nothing of its length", async () => {
    const large = clean.later(await newEcho(text(Buffer.alloc(1_048_577, 97), "text/plain")));
    expect((await refusal(ask(large.host))).code).toBe("response_too_large");
    const endless = clean.later(
      await newRawServer((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        const more = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 97)));
        };
        socket.on("drain", more);
        more();
      }),
    );
    expect((await refusal(ask(endless.host))).code).toBe("response_too_large");
  });

  test("and one of exactly 1 MiB is not", async () => {
    const echo = clean.later(await newEcho(text(Buffer.alloc(1_048_576, 97), "text/plain")));
    expect((await ask(echo.host)).text.length).toBe(1_048_576);
  });

  test("and one that is packed is not unpacked, however large it would become", async () => {
    const packed = gzipSync(Buffer.alloc(50_000_000));
    const echo = clean.later(
      await newEcho((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed)),
    );
    expect((await ask(echo.host)).text.length).toBeLessThan(packed.length + 1);
  });

  const broken: [what: string, answer: string, code: string][] = [
    ["when it is not HTTP", "garbage\r\n\r\n", "upstream_invalid"],
    [
      "when it has two lengths",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
      "upstream_invalid",
    ],
    ["when it closes without a word", "", "upstream_unreachable"],
    ["when it closes early", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello", "upstream_unreachable"],
  ];
  test.each(broken)("%s", async (_what, answer, code) => {
    const server = clean.later(await newRawServer((socket) => socket.end(answer)));
    expect((await refusal(ask(server.host))).code).toBe(code);
  });

  test("when the name does not exist", async () => {
    const error = await refusal(ask("no-such-name.invalid:443"));
    expect(error.code).toBe("upstream_unreachable");
  });

  test("when the certificate can not be verified, because there is none", async () => {
    const echo = clean.later(await newEcho());
    const url = echo.url.replace("http:", "https:");
    expect((await refusal(asking([echo.host], [echo.host])({ method: "GET", url }))).code).toBe("upstream_unreachable");
  });
});

test("a failure holds nothing of the request, in whatever depth it is looked at", async () => {
  const server = clean.later(await newRawServer((socket) => socket.end("garbage\r\n\r\n")));
  const ask = asking([server.host], [server.host]);
  for (const request of [
    {
      method: "POST",
      url: `${server.url}/token`,
      headers: { authorization: `Basic ${SECRET}` },
      form: { client_secret: SECRET, code: "the-code" },
    },
    // Some providers want it there.
    { method: "GET", url: `${server.url}/exchange?client_secret=${SECRET}&code=the-code` },
  ] as const) {
    const error = await refusal(ask(request));
    for (const shown of [inspect(error, { depth: 20, showHidden: true, getters: true }), String(error), error.stack!]) {
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toContain("the-code");
    }
  }
});
