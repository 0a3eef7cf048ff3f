import type { IncomingMessage, ServerResponse } from "node:http";
import type { World } from "../context.ts";
import { newId } from "../storage/id.ts";
import { calledWebhook, receive } from "../triggers/receive.ts";
import type { Answered } from "../triggers/answer.ts";
import { answerProblem, type Report, type Taker } from "./direct.ts";
import { requireOneHost } from "./host-gate.ts";
import { readBody } from "./read-body.ts";

const ADDRESS = /^\/hooks\/([A-Za-z0-9_-]{1,100})\/?(?:\?(.*))?$/s;
const MAX_BODY = 1_048_576;

/**
 * ANY /hooks/{token}: where other services deliver. Past the framework, because a signature covers a body byte by byte as
 * it was sent. Nobody is signed in here and no cookie is looked at, so it does not matter which site sends a browser here.
 */
export function hooks(world: World, fixed: Record<string, string>, report: Report): Taker {
  return (request, response) => {
    if (!request.url!.startsWith("/hooks/")) return false;
    const requestId = newId();
    serve(world, request, requestId)
      .then((answer) => reply(request, response, answer, { ...fixed, "signet-request-id": requestId }))
      .catch((cause: unknown) => {
        report(cause, requestId);
        answerProblem(response, fixed, cause, requestId);
      });
    return true;
  };
}

async function serve(world: World, request: IncomingMessage, requestId: string): Promise<Answered> {
  requireOneHost(request);
  const [, token = "", query = ""] = ADDRESS.exec(request.url!) ?? [];
  const called = await calledWebhook(world, token, requestId);
  const body = await readBody(request, MAX_BODY, "A delivery is at most 1 MiB.");
  return receive(called, {
    method: request.method!,
    query: new URLSearchParams(query),
    headers: request.headers,
    body,
  });
}

function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answered,
  headers: Record<string, string>,
): void {
  const body = Buffer.from(answer.body, "utf8");
  const bare = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    ...headers,
    // Whatever it is, no browser runs it as a page of this hub.
    "content-security-policy": "sandbox; default-src 'none'",
    ...(!bare && { "content-type": `${answer.contentType}; charset=utf-8`, "content-length": String(body.length) }),
  });
  response.end(bare || request.method === "HEAD" ? undefined : body);
}
