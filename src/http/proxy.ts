import type { IncomingMessage, ServerResponse } from "node:http";
import { contextFor } from "../compose.ts";
import type { World } from "../context.ts";
import { SignetError } from "../errors.ts";
import { relay } from "../accounts/relay.ts";
import type { Relayed } from "../accounts/relay-attempt.ts";
import type { AnswerHeaders } from "../outbound/transport.ts";
import type { Header } from "../signer/request.ts";
import { answerProblem, type Report, type Taker } from "./direct.ts";
import { endTogether } from "./end-together.ts";
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
  "x-content-type-options",
  "content-security-policy",
]);
// On every answer that is passed on, in place of the provider's.
const OWN_HEADERS = ["x-content-type-options", "nosniff", "content-security-policy", "sandbox; default-src 'none'"];

/**
 * ANY /proxy/{account}/{path}: what an official SDK uses as its base URL. Streams both ways on the bare server, past the
 * framework, because that costs a third of the throughput (docs/performance.md). Returns false for other addresses.
 */
export function proxy(world: World, fixed: Record<string, string>, report: Report): Taker {
  return (request, response) => {
    const place = PREFIX.exec(request.url!);
    if (place === null) return false;
    const requestId = newId();
    const writer = new ResponseWriter(requestId, response, fixed);
    serve(world, request, place, requestId, writer).catch((cause: unknown) => {
      report(cause, requestId);
      writer.fail(cause);
    });
    return true;
  };
}

async function serve(
  world: World,
  request: IncomingMessage,
  [whole, account]: RegExpExecArray,
  requestId: string,
  writer: ResponseWriter,
): Promise<void> {
  requireOneHost(request);
  const { own, authorization, chosen, length, chunked, pairs } = readHead(request.rawHeaders);
  const known = actorOfToken(world, own ?? bearerToken(authorization));
  const actor = known instanceof Promise ? await known : known;
  requireScope(actor, "execute");
  const ctx = contextFor(world, actor, { requestId });
  const hasBody = chunked || Number(length ?? 0) > 0;
  const wish = {
    account: decoded(account!),
    method: request.method!,
    url: chosen ?? path(request.url!.slice(whole.length)),
    headers: pairs,
    stream: hasBody ? request : undefined,
    contentLength: length,
  };
  await relay(ctx, wish, () => writer);
}

/** What of a head matters here, read in one go. */
interface Head {
  own?: string;
  authorization?: string;
  /** A whole address in place of the path. */
  chosen?: string;
  length?: string;
  chunked: boolean;
  pairs: Header[];
}

function readHead(raw: string[]): Head {
  const head: Head = { chunked: false, pairs: [] };
  for (let at = 0; at < raw.length; at += 2) {
    const [name, value] = [raw[at]!, raw[at + 1]!];
    head.pairs.push([name, value]);
    switch (name.toLowerCase()) {
      case "signet-token":
        head.own ??= value;
        break;
      case "authorization":
        head.authorization ??= value;
        break;
      case "signet-url":
        head.chosen ??= value;
        break;
      case "content-length":
        head.length ??= value;
        break;
      case "transfer-encoding":
        head.chunked = true;
    }
  }
  return head;
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
    // It comes once by itself.
    else this.#response.on("close", gone);
  }

  whole(status: number, headers: AnswerHeaders, body: Buffer): void {
    this.#head(status, headers);
    endTogether(this.#response, body.length <= 16_384 ? body.toString("latin1") : body, "latin1");
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
    const head: string[] = [];
    for (const name in headers) {
      const value = headers[name]!;
      if (NOT_PASSED_BACK.has(name)) continue;
      if (typeof value === "string") head.push(name, value);
      else for (const one of value) head.push(name, one);
    }
    head.push("signet-request-id", this.#requestId, ...OWN_HEADERS);
    this.#response.writeHead(status, head);
  }
}

function decoded(account: string): string {
  try {
    return decodeURIComponent(account);
  } catch {
    throw new SignetError("invalid", "The address can not be read: one of its escapes is broken.");
  }
}

/** What stands behind the account, as it was written. */
function path(rest: string): string {
  return rest.startsWith("?") ? rest : `/${rest}`;
}
