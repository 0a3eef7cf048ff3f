import { createServer, request as open, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Ask } from "../../src/signer/kind.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";

/** A request as a provider of the catalog would get it: whatever host it was meant for. */
export interface Arrived {
  method: string;
  url: URL;
  headers: Headers;
  body: string;
}

export interface Reply {
  status?: number;
  json: unknown;
}

/** All hosts of the world in one local server; what goes to any of them arrives at `answer`. */
export interface Wire {
  ask: Ask;
  send(request: OutgoingRequest): Promise<{ status: number; text: string }>;
  answer(answer: (request: Arrived) => Reply): void;
  close(): Promise<void>;
}

export async function newWire(): Promise<Wire> {
  let answer: (request: Arrived) => Reply = () => ({ status: 500, json: {} });
  const server = createServer((message, response) => {
    void arrived(message).then((request) => {
      const { status = 200, json } = answer(request);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const carry = (method: string, url: URL, headers: Record<string, string>, body: string) =>
    new Promise<{ status: number; headers: Record<string, string>; text: string }>((resolve, reject) => {
      const length = { "content-length": String(Buffer.byteLength(body)) };
      const sent = open(
        {
          port,
          host: "127.0.0.1",
          method,
          path: url.pathname + url.search,
          headers: { ...headers, ...length, host: url.host },
        },
        (message) => {
          void text(message).then((body) =>
            resolve({ status: message.statusCode!, headers: { "content-type": "application/json" }, text: body }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  return {
    ask: ({ method, url, headers = {}, form, json, body }) => {
      const type = form ? "application/x-www-form-urlencoded" : json === undefined ? undefined : "application/json";
      const content = form
        ? new URLSearchParams(form).toString()
        : json === undefined
          ? (body ?? "")
          : JSON.stringify(json);
      return carry(method, new URL(url), { ...(type && { "content-type": type }), ...headers }, content);
    },
    send: ({ method, url, headers, body }) =>
      carry(method, url, Object.fromEntries(headers), body?.toString("utf8") ?? ""),
    answer: (next) => (answer = next),
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

async function arrived(message: IncomingMessage): Promise<Arrived> {
  const headers = new Headers(
    Object.entries(message.headers).map(([name, value]) => [name, String(value)] as [string, string]),
  );
  const url = new URL(`https://${message.headers.host}${message.url}`);
  return { method: message.method!, url, headers, body: await text(message) };
}

async function text(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
