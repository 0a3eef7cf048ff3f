import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";

/** One request as it arrived, complete. */
export interface Received {
  method: string;
  /** Path and query, exactly as sent. */
  path: string;
  /** In the order and case in which they were sent, repeats kept. */
  headers: [name: string, value: string][];
  body: Buffer;
  /** Which of the server's connections it came on; the first is 1. */
  connection: number;
  /** The value of the header called `name` in any case; repeats joined by ", ". */
  header(name: string): string | undefined;
}

/** Writes an answer; what it throws ends the test run, so it should not. */
export type Answer = (request: Received, response: ServerResponse) => unknown;

/** A real server on loopback that keeps what it receives and answers what it is told to. */
export interface Echo {
  /** Such as `http://127.0.0.1:34567`, without a final slash. */
  url: string;
  /** Host and port, as in URL.host. */
  host: string;
  port: number;
  requests: Received[];
  /** The newest request. Throws when there is none. */
  readonly last: Received;
  /** Answers like this from now on; without one, with what was received, as JSON. */
  answer(answer: Answer): void;
  /** How many connections are open now. */
  readonly open: number;
  close(): Promise<void>;
}

/** Starts an echo server on a free port of 127.0.0.1. */
export async function newEcho(first: Answer = echoed): Promise<Echo> {
  let answer = first;
  const requests: Received[] = [];
  const numbers = new WeakMap<Socket, number>();
  const live = new Set<Socket>();
  let connections = 0;
  const server = createServer((message, response) => {
    void received(message, numbers.get(message.socket)!).then(
      (request) => {
        requests.push(request);
        return answer(request, response);
      },
      () => undefined, // The client hung up before its request was complete.
    );
  });
  server.on("connection", (socket) => {
    numbers.set(socket, ++connections);
    track(live, socket);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    port,
    requests,
    get last() {
      const request = requests.at(-1);
      if (!request) throw new Error("The echo server received no request.");
      return request;
    },
    answer: (next) => (answer = next),
    get open() {
      return live.size;
    },
    close: () => close(server, live),
  };
}

/** A server of bare connections, for everything that is not HTTP, or not quite. */
export interface RawServer {
  url: string;
  host: string;
  port: number;
  close(): Promise<void>;
}

/** Hands each connection to `talk` once its first bytes have arrived. */
export async function newRawServer(talk: (socket: Socket, first: Buffer) => void): Promise<RawServer> {
  const live = new Set<Socket>();
  const server = net.createServer((socket) => {
    track(live, socket);
    socket.once("data", (first) => talk(socket, first));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, port, close: () => close(server, live) };
}

/** Answers with `status` and `body` as JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string | string[]> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** Answers with `status` and `body` as it is. */
export function text(body: string | Buffer, contentType: string, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { "content-type": contentType }).end(body);
  };
}

function echoed(request: Received, response: ServerResponse): void {
  const { method, path, headers } = request;
  json({ method, path, headers, body: request.body.toString("utf8") })(request, response);
}

/** The whole request; rejects when the client hangs up before its end. */
export async function received(message: IncomingMessage, connection: number): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const raw = message.rawHeaders;
  const headers: [string, string][] = [];
  for (let at = 0; at < raw.length; at += 2) headers.push([raw[at]!, raw[at + 1]!]);
  return {
    method: message.method!,
    path: message.url!,
    headers,
    body: Buffer.concat(chunks),
    connection,
    header: (name) => {
      const values = headers.filter(([other]) => other.toLowerCase() === name.toLowerCase());
      return values.length === 0 ? undefined : values.map(([, value]) => value).join(", ");
    },
  };
}

function track(live: Set<Socket>, socket: Socket): void {
  live.add(socket);
  socket.on("close", () => live.delete(socket));
  socket.on("error", () => undefined);
}

async function listen(server: Server | net.Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: Server | net.Server, live: Set<Socket>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  for (const socket of live) socket.destroy();
  await closed;
}
