import type { IncomingMessage, ServerResponse } from "node:http";
import { contextFor } from "../compose.ts";
import type { World } from "../context.ts";
import { SignetError } from "../errors.ts";
import { relay } from "../accounts/relay.ts";
import type { Relayed } from "../accounts/relay-attempt.ts";
import type { AnswerHeaders } from "../outbound/transport.ts";
import type { Header } from "../signer/request.ts";
import { answerProblem, type Report, type Taker } from "./direct.ts";
import { requireOneHost } from "./host-gate.ts";
import { newId } from "../storage/id.ts";
import { actorOfToken, bearerToken, requireScope } from "./gate.ts";

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
 * ANY /proxy/{account}/{path}: what an official SDK uses as its base URL. Streams both ways on the bare server, past the
 * framework, because that costs a third of the throughput (docs/performance.md). Returns false for other addresses.
 */
export function proxy(world: World, fixed: Record<string, string>, report: Report): Taker {
  return (request, response) => {
    if (!PREFIX.test(request.url!)) return false;
    const requestId = newId();
    const writer = new ResponseWriter(requestId, response, fixed);
    serve(world, request, requestId, writer).catch((cause: unknown) => {
      report(cause, requestId);
      writer.fail(cause);
    });
    return true;
  };
}

async function serve(world: World, request: IncomingMessage, requestId: string, writer: ResponseWriter): Promise<void> {
  requireOneHost(request);
  const { headers } = request;
  const own = headers["signet-token"];
  const actor = await actorOfToken(world, typeof own === "string" ? own : bearerToken(headers.authorization));
  requireScope(actor, "execute");
  const ctx = contextFor(world, actor, { requestId });
  const wish = {
    account: decodeAccount(request.url!),
    method: request.method!,
    url: target(request),
    headers: pairs(request),
    stream: hasBody(request) ? request : undefined,
    contentLength: headers["content-length"],
  };
  return relay(ctx, wish, () => writer);
}

/** Writes an answer to the caller's socket as it comes. */
class ResponseWriter implements Relayed {
  readonly #requestId: string;
  readonly #response: ServerResponse;
  readonly #fixed: Record<string, string>;
  /** Somebody is told already when there is room again. */
  #waiting = false;

  /** @param fixed headers of what Signet itself answers. */
  constructor(requestId: string, response: ServerResponse, fixed: Record<string, string>) {
    this.#fixed = fixed;
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
    answerProblem(this.#response, this.#fixed, error, this.#requestId);
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
    throw new SignetError("invalid", "The address can not be read: one of its escapes is broken.");
  }
}

/** The rest of the address as it was written, or the whole one in Signet-Url. */
function target(request: IncomingMessage): string {
  const chosen = request.headers["signet-url"];
  return typeof chosen === "string" ? chosen : `/${request.url!.replace(PREFIX, "")}`.replace(/^\/\?/, "?");
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
