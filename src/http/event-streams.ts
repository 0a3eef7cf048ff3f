import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Context } from "../context.ts";
import type { Follow, PageEvent } from "./answer.ts";

/** Open at once in one session; the oldest makes room, so that no browser holds more and more of them. */
const MAX_OPEN = 12;
/** How soon a browser comes back to a stream that broke off. */
const RETRY_MS = 2_000;

/** The pages that look for news just now: server-sent events, ended when the process stops. */
export class EventStreams {
  readonly #open = new Set<{ session: string | null; abort: AbortController }>();

  /** Answers with events until there are no more, the browser leaves or the session ends. */
  open(
    reply: FastifyReply,
    session: string | null,
    follow: Follow,
    again: () => Promise<Context | undefined>,
  ): FastifyReply {
    const mine = [...this.#open].filter((one) => one.session === session);
    if (mine.length >= MAX_OPEN) mine[0]!.abort.abort();
    const abort = new AbortController();
    const entry = { session, abort };
    this.#open.add(entry);
    reply.raw.once("close", () => {
      this.#open.delete(entry);
      abort.abort();
    });
    const lines = Readable.from(written(follow(again, abort.signal)));
    return reply.type("text/event-stream; charset=utf-8").header("x-accel-buffering", "no").send(lines);
  }

  /** Ends all of them; browsers come back to whoever serves then. */
  close(): void {
    for (const { abort } of this.#open) abort.abort();
  }
}

async function* written(events: AsyncIterable<PageEvent>): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`;
  for await (const { event, data } of events) yield `event: ${event}\ndata: ${data}\n\n`;
}
