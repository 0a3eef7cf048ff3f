import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { World } from "../context.ts";
import { SignetError } from "../errors.ts";

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Origins that are this hub: the configured one, and its other loopback names while that is loopback too. */
export function ownOrigins(publicUrl: string): Set<string> {
  const url = new URL(publicUrl);
  if (!LOOPBACK.test(url.host)) return new Set([url.origin]);
  const port = url.port === "" ? "" : `:${url.port}`;
  return new Set(["localhost", "127.0.0.1", "[::1]"].map((name) => `${url.protocol}//${name}${port}`));
}

/**
 * Pages are served under the configured name only (statement W-15). Somebody who opens the hub's other loopback name
 * is sent to the configured one, because cookies and the callback address belong to that.
 */
export function hostGate(world: World): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  const configured = new URL(world.publicUrl);
  const known = new Set([...ownOrigins(world.publicUrl)].map((origin) => new URL(origin).host));
  return async (request, reply) => {
    const host = String(request.headers.host ?? "").toLowerCase();
    if (!known.has(host)) {
      throw new SignetError("not_found", `This hub answers to ${configured.host}. Open ${world.publicUrl} instead.`);
    }
    const navigation = request.method === "GET" && request.headers["sec-fetch-mode"] === "navigate";
    if (host !== configured.host && navigation) return reply.redirect(world.publicUrl + request.url, 307);
    return undefined;
  };
}

/** Of two Host headers Node takes the first, and a proxy before it perhaps the second (RFC 9112 section 3.2). */
export function requireOneHost({ rawHeaders }: IncomingMessage): void {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  if (hosts > 1) throw new SignetError("invalid", "A request has one Host header.");
}
