import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addService } from "../../src/services/add.ts";
import { bodyOf, newScripted, newServed, open, type Scripted, type Served } from "../support/provider-hub.ts";
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

describe("a request body", () => {
  test.each([
    ["with its length", { "content-length": "10" }],
    ["without a length", {}],
  ])("arrives piece by piece, %s", async (_how, headers) => {
    const first = Promise.withResolvers<string>();
    const framing: unknown[] = [];
    provider.answer((request, response) => {
      framing.push(request.headers["content-length"], request.headers["transfer-encoding"]);
      request.once("data", (chunk: Buffer) => first.resolve(chunk.toString()));
      void bodyOf(request).then((whole) => response.end(whole));
    });
    const { sent, answer } = exchange(`${slug}/upload`, "POST", headers);
    sent.write("first");
    // The provider has it although the caller has not finished.
    expect(await first.promise).toBe("first");
    sent.end(" last");
    expect((await bodyOf(await answer)).toString()).toBe("first last");
    expect(framing).toEqual("content-length" in headers ? ["10", undefined] : [undefined, "chunked"]);
  });

  test("of several MiB is counted and returned whole", async () => {
    provider.answer((request, response) => void request.pipe(response));
    const body = Buffer.alloc(5 * 1024 * 1024, "signet ");
    const { sent, answer } = exchange(`${slug}/upload`, "PUT", { "content-type": "application/octet-stream" });
    sent.end(body);
    expect((await bodyOf(await answer)).equals(body)).toBe(true);
  });

  test("that waits for 100-continue is let in by Signet, which does not ask the provider", async () => {
    let expected: unknown = "nothing yet";
    provider.answer((request, response) => {
      expected = request.headers.expect;
      void bodyOf(request).then((whole) => response.end(whole));
    });
    const { sent, answer } = exchange(`${slug}/upload`, "POST", { expect: "100-continue", "content-length": "5" });
    sent.flushHeaders();
    await once(sent, "continue");
    sent.end("hello");
    expect((await bodyOf(await answer)).toString()).toBe("hello");
    expect(expected).toBeUndefined();
  });

  test("that breaks off reaches the provider as broken, and is recorded", async () => {
    const broken = Promise.withResolvers<void>();
    provider.answer((request) => {
      request.once("data", () => sent.destroy());
      request.once("error", () => broken.resolve()).once("aborted", () => broken.resolve());
      request.resume();
    });
    const { sent } = exchange(`${slug}/broken-upload`, "POST", { "content-length": "1000" });
    sent.on("error", () => undefined).write("some");
    await broken.promise;
    await served.failed("/broken-upload");
  });
});

test("a key that belongs into the body is written there, with the right length, up to 1 MiB", async () => {
  const { hub, people } = served;
  const settings = { in: "body", name: "api_key" };
  const service = await addService(hub.ctx(people.ada), {
    kind: "api_key",
    name: "Body key",
    settings,
    base_url: provider.url,
  });
  const account = await connected(hub, people.ben, service, { key: SECRET }, { name: "Body key" });
  const arrived: { length: string | undefined; body: string }[] = [];
  provider.answer((request, response) => {
    void bodyOf(request).then((body) => {
      arrived.push({ length: request.headers["content-length"], body: body.toString() });
      response.end(body);
    });
  });
  const ask = async (type: string, ...pieces: string[]) => {
    const { sent, answer } = exchange(`${account.slug}/x`, "POST", { "content-type": type });
    sent.on("error", () => undefined);
    for (const piece of pieces) sent.write(piece);
    sent.end();
    const message = await answer;
    return { status: message.statusCode, text: (await bodyOf(message)).toString() };
  };
  const json = await ask("application/json", '{"a":', "1}");
  expect(json.text).toBe(`{"a":1,"api_key":"${"*".repeat(SECRET.length)}"}`);
  const form = await ask("application/x-www-form-urlencoded", "a=1&api_key=mine");
  expect(form.text).toBe(`a=1&api_key=${"*".repeat(SECRET.length)}`);
  for (const one of arrived) expect(one.length).toBe(String(one.body.length));
  expect((await ask("text/plain", "neither")).status).toBe(400);
  expect((await ask("application/json", `{"a":"${"x".repeat(1024 * 1024)}"}`)).status).toBe(400);
  expect(arrived).toHaveLength(2);
});
