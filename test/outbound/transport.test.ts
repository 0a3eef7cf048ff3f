import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { newEcho, newRawServer, text } from "../support/echo.ts";
import { collect, closing, request, transport } from "./collect.ts";

const clean = closing();
afterEach(clean.all);

describe("a request leaves", () => {
  test("as it is: method, path, query, headers with their repeats, and body", async () => {
    const echo = clean.later(await newEcho());
    const sent = request(`${echo.url}/a%20b/../c;d?x=1&x=2&e=%2F`, {
      method: "PATCH",
      headers: [
        ["X-Tag", "one"],
        ["X-Tag", "two"],
        ["content-type", "text/plain"],
      ],
      body: Buffer.from("grüße"),
    });
    const answer = await collect(transport(clean), sent);
    expect(answer.status).toBe(200);
    expect(echo.last.method).toBe("PATCH");
    expect(echo.last.path).toBe("/c;d?x=1&x=2&e=%2F");
    expect(echo.last.header("x-tag")).toBe("one, two");
    expect(echo.last.header("content-length")).toBe("7");
    expect(echo.last.header("host")).toBe(echo.host);
    expect(echo.last.body.toString()).toBe("grüße");
  });

  test("with nothing added that tells about the hub", async () => {
    const echo = clean.later(await newEcho());
    await collect(transport(clean), request(echo.url));
    expect(echo.last.headers.map(([name]) => name.toLowerCase()).sort()).toEqual(["connection", "host"]);
  });

  test("with a stream as its body, as long as it is", async () => {
    const echo = clean.later(await newEcho());
    const stream = Readable.from(
      (function* () {
        for (let at = 0; at < 64; at++) yield Buffer.alloc(16_384, at);
      })(),
    );
    await collect(transport(clean), request(echo.url, { method: "POST" }), { stream });
    expect(echo.last.body.length).toBe(64 * 16_384);
    expect(echo.last.body.at(-1)).toBe(63);
  });
});

describe("an answer arrives", () => {
  test("head first, then in pieces, before it has ended", async () => {
    let finish = (): unknown => undefined;
    const echo = clean.later(
      await newEcho((_request, response) => {
        response.writeHead(201, { "x-kind": "stream" }).write("first");
        finish = () => response.end("second");
      }),
    );
    const answer = await collect(transport(clean), request(echo.url), {
      onData: (chunk) => chunk.toString() === "first" && finish(),
    });
    expect(answer.events).toEqual(["head", "data", "data", "end"]);
    expect(answer.status).toBe(201);
    expect(answer.body.toString()).toBe("firstsecond");
  });

  test("with each value of a repeated header, names in lower case", async () => {
    const echo = clean.later(
      await newEcho((_request, response) => {
        response
          .writeHead(
            200,
            [
              ["Set-Cookie", "a=1"],
              ["Set-Cookie", "b=2"],
              ["X-One", "1"],
            ].flat(),
          )
          .end();
      }),
    );
    const { headers } = await collect(transport(clean), request(echo.url));
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(headers["x-one"]).toBe("1");
  });

  test.each([301, 302, 303, 307, 308])("as it is when it is a redirect: %i is not followed", async (status) => {
    const echo = clean.later(
      await newEcho((_request, response) => response.writeHead(status, { location: "http://127.0.0.1:1/" }).end()),
    );
    const answer = await collect(transport(clean), request(echo.url));
    expect(answer.status).toBe(status);
    expect(echo.requests).toHaveLength(1);
  });

  test("without the ones before it that only say that it will come", async () => {
    const server = clean.later(
      await newRawServer((socket) => {
        socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      }),
    );
    const answer = await collect(transport(clean), request(server.url));
    expect(answer.events).toEqual(["head", "data", "end"]);
    expect(answer.status).toBe(200);
  });

  test("coded as the provider sent it", async () => {
    const echo = clean.later(
      await newEcho((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip")),
    );
    expect((await collect(transport(clean), request(echo.url))).body.toString()).toBe("not gzip");
  });

  test("no faster than its reader takes it", async () => {
    const echo = clean.later(await newEcho(text(Buffer.alloc(4_000_000, 7), "text/plain")));
    const answer = await collect(transport(clean), request(echo.url), {
      onData: (_chunk, flow) => {
        flow.pause();
        setImmediate(() => flow.resume());
      },
    });
    expect(answer.events.at(-1)).toBe("end");
    expect(answer.body.length).toBe(4_000_000);
  });
});

describe("a reader that has enough", () => {
  test("ends the exchange, and hears no more of it than that", async () => {
    const echo = clean.later(
      await newEcho((_request, response) => {
        const more = (): unknown => response.write(Buffer.alloc(65_536)) && setImmediate(more);
        response.on("drain", more);
        more();
      }),
    );
    const answer = await collect(transport(clean), request(echo.url), { onData: (_chunk, flow) => flow.abort() });
    expect(answer.events).toEqual(["head", "data", "fail"]);
    expect(answer.error?.code).toBe("upstream_unreachable");
  });

  test("may say so at the head", async () => {
    const echo = clean.later(await newEcho(text("x", "text/plain")));
    const answer = await collect(transport(clean), request(echo.url), { onHead: (flow) => flow.abort() });
    expect(answer.events).toEqual(["head", "fail"]);
  });
});

describe("sockets", () => {
  test("are used again within a partition, and never by another one", async () => {
    const echo = clean.later(await newEcho());
    const outbound = transport(clean);
    const turns = [..."111222112212"].map((number) => `account ${number}`);
    for (const partition of turns) {
      await collect(outbound, request(`${echo.url}/${encodeURIComponent(partition)}`), { partition });
    }
    const used = Map.groupBy(echo.requests, (request) => request.path);
    const first = new Set(used.get("/account%201")!.map(({ connection }) => connection));
    const second = new Set(used.get("/account%202")!.map(({ connection }) => connection));
    expect(first.size + second.size).toBeLessThan(turns.length);
    expect([...first].filter((connection) => second.has(connection))).toEqual([]);
  });

  test("are all closed when the transport closes", async () => {
    const closed = Promise.withResolvers<void>();
    const echo = clean.later(
      await newEcho((request, response) => {
        response.socket!.once("close", () => closed.resolve());
        response.end(request.path);
      }),
    );
    const outbound = transport(clean);
    await collect(outbound, request(echo.url));
    await outbound.close();
    await closed.promise;
    expect(echo.open).toBe(0);
  });

  test("carry nothing to a sink twice: an exchange that runs when the transport closes fails once", async () => {
    const arrived = Promise.withResolvers<void>();
    const echo = clean.later(await newEcho(() => arrived.resolve()));
    const outbound = transport(clean);
    const running = collect(outbound, request(echo.url));
    await arrived.promise;
    await outbound.close();
    expect((await running).events).toEqual(["fail"]);
  });
});
