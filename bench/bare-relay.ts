import { createServer, type ServerResponse } from "node:http";
import { Pool, type Dispatcher } from "undici";

// The yardstick: the least that a relay in Node can do. No authentication, no rule, no audit, one fixed header.
const [port, upstream] = process.argv.slice(2);
const pool = new Pool(upstream!, { connections: 64, pipelining: 1 });

class Handler implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  #chunks: Buffer[] = [];

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {
    // undici takes a handler for one of its present form by this method.
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#response.writeHead(status, {
      "content-type": String(headers["content-type"]),
      "content-length": String(headers["content-length"]),
    });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#response.end(body.toString("latin1"), "latin1");
  }

  onResponseError(): void {
    this.#response.destroy();
  }
}

createServer((request, response) => {
  const headers = { accept: request.headers.accept ?? "*/*", authorization: "Bearer a-fixed-token" };
  pool.dispatch({ path: request.url!, method: request.method as "GET", headers }, new Handler(response));
}).listen(Number(port), "127.0.0.1", 1024, () => process.stdout.write("ready\n"));
