import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { contextFor } from "../compose.ts";
import type { World } from "../context.ts";
import { SignetError } from "../errors.ts";
import { relay } from "../accounts/relay.ts";
import type { Relayed } from "../accounts/relay-attempt.ts";
import type { AnswerHeaders } from "../outbound/transport.ts";
import type { Header } from "../signer/request.ts";
import { asSignetError, problem } from "./failure.ts";
import { requireOneHost } from "./host-gate.ts";
import { actorOfToken, bearerToken, requireScope } from "./gate.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const PREFIX = /^\/proxy\/([^/?]+)\/?/;

// Orders to the browser about this hub's own origin; an API's answer has no business giving them (statement E-12).
const NOT_PASSED_BACK = new Set([
  "strict-transport-security",
  "clear-site-data",
  "alt-svc",
  "public-key-pins",
  "content-security-policy-report-only",
  "report-to",
  "nel",
]);

/**
 * ANY /proxy/{account}/{path}: what an official SDK uses as its base URL. Streams both ways past the framework's
 * reply, because that costs half of the throughput (docs/performance.md).
 */
export function registerProxy(scope: FastifyInstance, world: World): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
  for (const url of ["/proxy/:account", "/proxy/:account/*"]) {
    scope.route({
      method: METHODS,
      url,
      bodyLimit: Number.MAX_SAFE_INTEGER,
      handler: (request, reply) => serve(world, request, reply),
    });
  }
}

async function serve(world: World, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  requireOneHost(request.raw);
  const own = request.headers["signet-token"];
  const token = typeof own === "string" ? own : bearerToken(request.headers.authorization);
  const actor = await actorOfToken(world, token);
  requireScope(actor, "execute");
  const ctx = contextFor(world, actor, { requestId: request.id });
  const wish = {
    account: decodeAccount(request.raw.url!),
    method: request.method,
    url: target(request),
    headers: pairs(request.raw),
    stream: hasBody(request.raw) ? request.raw : undefined,
    contentLength: request.headers["content-length"],
  };
  const answer = await relay(ctx, wish, () => {
    reply.hijack();
    return new ResponseWriter(request.id, reply.raw);
  });
  return answer;
}

/** Writes an answer to the caller's socket as it comes. */
class ResponseWriter implements Relayed {
  readonly #requestId: string;
  readonly #response: ServerResponse;
  /** Somebody is told already when there is room again. */
  #waiting = false;

  constructor(requestId: string, response: ServerResponse) {
    this.#requestId = requestId;
    this.#response = response;
  }

  whenGone(gone: () => void): void {
    if (this.#response.closed) gone();
    else this.#response.once("close", gone);
  }

  whole(status: number, headers: AnswerHeaders, body: Buffer): void {
    this.#head(status, headers);
    // One latin1 string leaves in the same write as the head; a buffer needs a second one.
    if (body.length <= 16_384) this.#response.end(body.toString("latin1"), "latin1");
    else this.#response.end(body);
  }

  begin(status: number, headers: AnswerHeaders): void {
    this.#head(status, headers);
    this.#response.flushHeaders();
  }

  write(chunk: Buffer, drained: () => void): boolean {
    const room = this.#response.write(chunk);
    if (room || this.#waiting) return room;
    this.#waiting = true;
    this.#response.once("drain", () => {
      this.#waiting = false;
      drained();
    });
    return false;
  }

  end(): void {
    this.#response.end();
  }

  fail(error: unknown): void {
    if (this.#response.headersSent) {
      // The caller must see that the answer is not whole.
      this.#response.destroy();
      return;
    }
    const known = asSignetError(error);
    const body = problem(known, this.#requestId);
    this.#response.writeHead(body.status, {
      "content-type": "application/problem+json; charset=utf-8",
      "signet-request-id": this.#requestId,
      "signet-error": body.code,
      "cache-control": "no-store",
      ...(known?.retryAfter === undefined ? {} : { "retry-after": String(known.retryAfter) }),
    });
    this.#response.end(JSON.stringify(body));
  }

  #head(status: number, headers: AnswerHeaders): void {
    const passing: Record<string, string | string[]> = {};
    for (const name in headers) if (!NOT_PASSED_BACK.has(name)) passing[name] = headers[name]!;
    passing["signet-request-id"] = this.#requestId;
    passing["x-content-type-options"] = "nosniff";
    passing["content-security-policy"] = "sandbox; default-src 'none'";
    this.#response.writeHead(status, passing);
  }
}

function decodeAccount(url: string): string {
  try {
    return decodeURIComponent(PREFIX.exec(url)![1]!);
  } catch {
    throw new SignetError("not_found", "There is no such account, or it is not visible to you.");
  }
}

/** The rest of the address as it was written, or the whole one in Signet-Url. */
function target(request: FastifyRequest): string {
  const chosen = request.headers["signet-url"];
  return typeof chosen === "string" ? chosen : `/${request.raw.url!.replace(PREFIX, "")}`.replace(/^\/\?/, "?");
}

function pairs(message: IncomingMessage): Header[] {
  const raw = message.rawHeaders;
  const headers: Header[] = [];
  for (let at = 0; at < raw.length; at += 2) headers.push([raw[at]!, raw[at + 1]!]);
  return headers;
}

function hasBody(message: IncomingMessage): boolean {
  return message.headers["transfer-encoding"] !== undefined || Number(message.headers["content-length"] ?? 0) > 0;
}
