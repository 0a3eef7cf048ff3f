import { once } from "node:events";
import net from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { newEcho, newRawServer } from "../support/echo.ts";
import { closing, collect, request, transport } from "./collect.ts";

const clean = closing();
afterEach(clean.all);

const SECRET = "sk_live_never-to-be-seen";
const signed = (url: string) => request(url, { headers: [["authorization", `Bearer ${SECRET}`]] });

describe("where a request may go is judged by the socket's own address", () => {
  test("127.0.0.1 is refused until it is allowed", async () => {
    const echo = clean.later(await newEcho());
    const refused = await collect(transport(clean, []), signed(echo.url));
    expect(refused.events).toEqual(["fail"]);
    expect(refused.error?.code).toBe("address_denied");
    expect(echo.requests).toHaveLength(0);
    const allowed = await collect(transport(clean, [echo.host]), signed(echo.url));
    expect(allowed.status).toBe(200);
  });

  test("so is a name that turns out to be loopback, by whatever range is allowed", async () => {
    const echo = clean.later(await newEcho());
    const byName = signed(`http://localhost:${echo.port}/`);
    for (const allow of [[], ["10.0.0.0/8"], [`127.0.0.1:${echo.port + 1}`], ["169.254.0.0/16", "fd00::/8"]]) {
      const { error } = await collect(transport(clean, allow), byName);
      expect(error?.code, allow.join()).toBe("address_denied");
    }
    expect(echo.open).toBe(0);
    for (const allow of [["127.0.0.0/8"], [`localhost:${echo.port}`]]) {
      expect((await collect(transport(clean, allow), byName)).status, allow.join()).toBe(200);
    }
  });

  test.each(["http://2130706433", "http://0x7f.1", "http://[::ffff:127.0.0.1]", "http://127.0.0.1."])(
    "so is %s",
    async (origin) => {
      const echo = clean.later(await newEcho());
      const { error } = await collect(transport(clean, []), signed(`${origin}:${echo.port}/`));
      expect(error?.code).toBe("address_denied");
      expect(echo.open).toBe(0);
    },
  );

  test("a refusal at the head of the work throws the same", () => {
    expect(() => transport(clean, []).judge(new URL("https://10.0.0.1/"))).toThrow(/private or reserved/);
  });
});

describe("a provider that takes its time is given the time limit and no more", () => {
  const limit = { timeoutMs: 120 };

  test("when it says nothing", async () => {
    const server = clean.later(await newRawServer(() => undefined));
    const { events, error } = await collect(transport(clean), signed(server.url), limit);
    expect(events).toEqual(["fail"]);
    expect(error?.code).toBe("upstream_timeout");
  });

  test("when it sends its headers one by one", async () => {
    const server = clean.later(
      await newRawServer((socket) => drip(socket, "HTTP/1.1 200 OK\r\n", (count) => `x-${count}: y\r\n`)),
    );
    expect((await collect(transport(clean), signed(server.url), limit)).error?.code).toBe("upstream_timeout");
  });

  test("when it announces an answer for ever", async () => {
    const server = clean.later(await newRawServer((socket) => drip(socket, "", () => "HTTP/1.1 102 Wait\r\n\r\n")));
    const { events, error } = await collect(transport(clean), signed(server.url), limit);
    expect(events).toEqual(["fail"]);
    expect(error?.code).toBe("upstream_timeout");
  });

  test("when its body drips, though each drop is in time", async () => {
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const server = clean.later(await newRawServer((socket) => drip(socket, head, () => "1\r\nx\r\n")));
    const { events, error } = await collect(transport(clean), signed(server.url), limit);
    expect(events).toEqual(["head", "data", "fail"]);
    expect(error?.code).toBe("upstream_timeout");
  });
});

describe("an answer that is not HTTP is told apart from none", () => {
  const cases: [what: string, answer: string | null, code: string][] = [
    ["something else", "220 mail.example ESMTP ready\r\n", "upstream_invalid"],
    ["a status that is none", "HTTP/1.1 abc OK\r\n\r\n", "upstream_invalid"],
    ["a header with a line break in its name", "HTTP/1.1 200 OK\r\nbad\nname: x\r\n\r\n", "upstream_invalid"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "upstream_invalid"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "upstream_invalid",
    ],
    ["a chunk whose size is none", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "upstream_invalid"],
    [
      "more headers than anybody needs",
      `HTTP/1.1 200 OK\r\n${"x-pad: 0123456789abcdef\r\n".repeat(2000)}\r\n`,
      "upstream_invalid",
    ],
    [
      "a switch of protocols nobody asked for",
      "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      "upstream_unreachable",
    ],
    ["nothing before it closes", "", "upstream_unreachable"],
    ["a reset", null, "upstream_unreachable"],
    ["half a head", "HTTP/1.1 200 OK\r\ncontent-", "upstream_unreachable"],
  ];
  test.each(cases)("%s", async (_what, answer, code) => {
    const server = clean.later(
      await newRawServer((socket) => (answer === null ? socket.resetAndDestroy() : socket.end(answer))),
    );
    const { events, error } = await collect(transport(clean), signed(server.url));
    expect(events.at(-1)).toBe("fail");
    expect(error?.code).toBe(code);
  });

  test("a body that ends early fails after its head, whether its length was told or not", async () => {
    for (const head of ["content-length: 100", "transfer-encoding: chunked"]) {
      const server = clean.later(
        await newRawServer((socket) => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nhello\r\n`)),
      );
      const { events, error } = await collect(transport(clean), signed(server.url));
      expect(events).toEqual(["head", "data", "fail"]);
      expect(error?.status).toBe(502);
    }
  });

  test("a port where nobody listens is unreachable", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    server.close();
    await once(server, "close");
    const { error } = await collect(transport(clean), signed(`http://127.0.0.1:${port}/`));
    expect(error?.code).toBe("upstream_unreachable");
  });

  test("plain HTTP where TLS was expected is unreachable", async () => {
    const echo = clean.later(await newEcho());
    const { error } = await collect(transport(clean), signed(echo.url.replace("http:", "https:")));
    expect(error?.code).toBe("upstream_unreachable");
  });
});

test("a failure holds nothing of the request, in whatever depth it is looked at", async () => {
  const server = clean.later(await newRawServer((socket) => socket.end(`garbage ${SECRET}\r\n\r\n`)));
  const { error } = await collect(transport(clean), signed(`${server.url}/path-of-the-request`));
  for (const shown of [inspect(error, { depth: 20, showHidden: true, getters: true }), String(error), error!.stack!]) {
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain("path-of-the-request");
  }
});

test("a request that no client would send fails by the sink, too", async () => {
  const echo = clean.later(await newEcho());
  const headers: [string, string][] = [["x\r\ninjected", "1"]];
  const { events } = await collect(transport(clean), request(echo.url, { headers }));
  expect(events).toEqual(["fail"]);
  const split = await collect(transport(clean), request(echo.url, { headers: [["x", "1\r\ninjected: 1"]] }));
  expect(split.events).toEqual(["fail"]);
  expect(echo.requests).toHaveLength(0);
});

/** Sends `first`, then the next piece as soon as the one before has left, until the other side hangs up. */
function drip(socket: net.Socket, first: string, piece: (count: number) => string): void {
  socket.write(first);
  let count = 0;
  const timer = setInterval(() => socket.write(piece(count++)), 10);
  socket.on("close", () => clearInterval(timer));
}
