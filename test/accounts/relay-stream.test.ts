import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bodyOf,
  eventually,
  newScripted,
  newServed,
  open,
  type Scripted,
  type Served,
} from "../support/provider-hub.ts";
import { bearerService, connected } from "../support/services.ts";

const SECRET = "tok-canary-c1d7e3904bb8a265";

let served: Served;
let provider: Scripted;
let slug: string;

beforeAll(async () => {
  served = await newServed();
  provider = await newScripted();
  const service = await bearerService(served.hub, served.people.ada, provider.url);
  slug = (await connected(served.hub, served.people.ben, service, { token: SECRET })).slug;
});

afterAll(async () => {
  await served?.close();
  await provider?.close();
});

function exchange(path: string, method = "GET", headers: Record<string, string> = {}) {
  const authorization = `Bearer ${served.tokens.ben}`;
  return open(`${served.app.url}/proxy/${path}`, { method, headers: { authorization, ...headers } });
}

const outcomesOf = async (requestId: unknown) =>
  (await served.recorded(String(requestId))).map((row) => [row.outcome, row.facts.code ?? row.facts.status ?? null]);

describe("an answer", () => {
  test("arrives event by event, each before the next is written", async () => {
    const next: (() => void)[] = [];
    provider.answer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      next.push(
        () => response.write("data: 2\n\n"),
        () => response.end("data: 3\n\n"),
      );
    });
    const { sent, answer } = exchange(`${slug}/events`);
    sent.end();
    const message = await answer;
    let number = 0;
    for await (const chunk of message) {
      expect(String(chunk)).toBe(`data: ${++number}\n\n`);
      next.shift()?.();
    }
    expect(number).toBe(3);
  });

  test("is cleaned of a secret that is cut into pieces, and only of that", async () => {
    provider.answer((_request, response) => {
      void (async () => {
        for (const piece of ["<", ...SECRET, "> tok-canary-c1d7 ", SECRET.slice(0, 20)]) {
          response.write(piece);
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      })();
    });
    const { sent, answer } = exchange(`${slug}/pieces`);
    sent.end();
    const text = (await bodyOf(await answer)).toString();
    expect(text).toBe(`<${"*".repeat(SECRET.length)}> tok-canary-c1d7 ${SECRET.slice(0, 20)}`);
  });

  test("comes no faster than it is read", async () => {
    const total = 96 * 1024 * 1024;
    const chunk = Buffer.alloc(256 * 1024, "x");
    let written = 0;
    provider.answer((_request, response) => {
      const pump = () => {
        while (written < total) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", pump);
        }
        response.end();
      };
      pump();
    });
    const { sent, answer } = exchange(`${slug}/huge`);
    sent.end();
    const message = await answer;
    // Nobody reads. What the buffers on the way hold is all that leaves the provider.
    let before = -1;
    const stuck = await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const same = before === written;
      before = written;
      return same ? written : undefined;
    }, "the provider waits");
    expect(stuck).toBeLessThan(total / 2);
    let read = 0;
    for await (const part of message) read += (part as Buffer).length;
    expect(read).toBe(total);
  });

  test("that breaks off is seen to be broken, and recorded as such in a second row", async () => {
    provider.answer((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setImmediate(() => response.socket!.resetAndDestroy());
    });
    const { sent, answer } = exchange(`${slug}/reset`);
    sent.end();
    const message = await answer.catch(() => undefined);
    // Whether the head was out before the connection broke is a matter of luck; a whole answer it is in no case.
    if (message?.statusCode === 200) await expect(bodyOf(message)).rejects.toThrow();
    else expect(message?.statusCode ?? 502).toBe(502);
    expect(await served.failed("/reset")).toMatch(/^upstream_/);
  });

  test("whose reader hangs up in the middle ends at the provider, and is recorded", async () => {
    const gone = Promise.withResolvers<void>();
    provider.answer((_request, response) => {
      response.writeHead(200).write("on and on");
      response.once("close", () => gone.resolve());
    });
    const { sent, answer } = exchange(`${slug}/endless`);
    sent.end();
    const message = await answer;
    await once(message, "data");
    const id = message.headers["signet-request-id"];
    message.on("error", () => undefined);
    sent.destroy();
    await gone.promise;
    await eventually(async () => ((await outcomesOf(id)).length === 3 ? true : undefined), "the end is recorded");
    expect((await outcomesOf(id)).map(([outcome]) => outcome)).toEqual(["failed", "ok", "pending"]);
  });

  test("that nobody waits for any more is not waited for at the provider either", async () => {
    const gone = Promise.withResolvers<void>();
    provider.answer((request) => {
      request.socket.once("close", () => gone.resolve());
      sent.destroy();
    });
    const { sent } = exchange(`${slug}/never`);
    sent.on("error", () => undefined).end();
    await gone.promise;
    await served.failed("/never");
  });
});
