import { createServer, type RequestListener, type Server } from "node:http";
import type { Taker } from "./direct.ts";

const MAX_HEAD = 32_768;

/** The server itself: what one of the takers takes never reaches the framework. */
export function bareServer(handler: RequestListener, takers: Taker[]): Server {
  const limits = { maxHeaderSize: MAX_HEAD, headersTimeout: 10_000, requestTimeout: 120_000, keepAliveTimeout: 72_000 };
  const server = createServer(limits, (request, response) => {
    // A connection that would be kept open keeps a process that is about to end.
    if (!server.listening) response.shouldKeepAlive = false;
    for (const take of takers) if (take(request, response)) return;
    handler(request, response);
  });
  return server;
}
