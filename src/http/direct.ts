import type { IncomingMessage, ServerResponse } from "node:http";
import type { World } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { serveApi } from "./api.ts";
import { endTogether } from "./end-together.ts";
import { asSignetError, problem } from "./failure.ts";
import { bearerToken } from "./gate.ts";
import { refuseLongNumbers } from "./long-numbers.ts";
import { requireOneHost } from "./host-gate.ts";
import { readBody } from "./read-body.ts";
import { Text, type ApiRoute } from "./route.ts";

const TOO_LARGE = "The request is larger than Signet takes here.";

/** Takes a request on the bare server; false leaves it to the framework. */
export type Taker = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Told of what failed; logs it. */
export type Report = (cause: unknown, requestId: string) => void;

/** Reads JSON without keys that could change an object's nature. Throws for what is not JSON. */
export type ReadJson = (text: string) => unknown;

// Stricter than a page's, and a tenth as long.
const NO_PAGE = { "content-security-policy": "default-src 'none'; frame-ancestors 'none'" };

/**
 * One API route past the framework: what bots call all day is spared everything that other routes need of it, which is
 * a fifth of its time (docs/performance.md). Checks, answers and errors are those of every other route.
 */
export function direct(
  world: World,
  route: ApiRoute,
  options: { path: string; fixed: Record<string, string>; readJson: ReadJson; report: Report },
): Taker {
  const { path, fixed, readJson, report } = options;
  const head = Object.entries({ ...fixed, ...NO_PAGE, "content-type": "application/json; charset=utf-8" }).flat();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const requestId = newId();
    try {
      const result = await serve(world, route, readJson, request, requestId);
      // What is direct answers JSON, also where it is a text already.
      const text = result instanceof Text ? result.text : JSON.stringify(result);
      answerJson(response, [...head, "signet-request-id", requestId], text);
    } catch (cause) {
      report(cause, requestId);
      answerProblem(response, fixed, cause, requestId);
    }
  };
  return (request, response) => {
    if (request.method !== route.method || !isAt(path, request.url!)) return false;
    void answer(request, response);
    return true;
  };
}

/** With a slash or a query behind it, the address is the same. */
function isAt(path: string, url: string): boolean {
  return url === path || (url.startsWith(path) && /^\/?(\?|$)/.test(url.slice(path.length)));
}

function serve(
  world: World,
  route: ApiRoute,
  readJson: ReadJson,
  request: IncomingMessage,
  requestId: string,
): Promise<unknown> {
  requireOneHost(request);
  const { headers } = request;
  const token = bearerToken(headers.authorization) ?? (headers["signet-token"] as string | undefined);
  return serveApi(world, route, {
    token,
    requestId,
    params: {},
    query: {},
    body: async () => parse(request, await readBody(request, route.bodyLimit!, TOO_LARGE), readJson),
  });
}

/** The error answer of a request that never met the framework. Does nothing once an answer has begun. */
export function answerProblem(
  response: ServerResponse,
  fixed: Record<string, string>,
  cause: unknown,
  requestId: string,
): void {
  if (response.headersSent) return;
  const error = asSignetError(cause);
  const body = problem(error, requestId);
  response.writeHead(body.status, {
    ...fixed,
    "content-type": "application/problem+json; charset=utf-8",
    "signet-request-id": requestId,
    "signet-error": body.code,
    ...(error?.retryAfter === undefined ? {} : { "retry-after": String(error.retryAfter) }),
  });
  response.end(JSON.stringify(body));
}

/** Plain ASCII, as most answers are, leaves in one write with its head. */
function answerJson(response: ServerResponse, head: string[], text: string): void {
  const length = Buffer.byteLength(text);
  const ascii = length === text.length;
  response.writeHead(200, [...head, "content-length", String(length)]);
  endTogether(response, text, ascii ? "latin1" : "utf8");
}

function parse(request: IncomingMessage, body: Buffer, readJson: ReadJson): unknown {
  if (body.length === 0) return {};
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? ""))
    throw new SignetError("invalid", "Send JSON with Content-Type: application/json.");
  try {
    const text = body.toString("utf8");
    const read = readJson(text);
    refuseLongNumbers(text);
    return read;
  } catch (error) {
    if (isSignetError(error)) throw error;
    throw new SignetError("invalid", "The request can not be read.");
  }
}
