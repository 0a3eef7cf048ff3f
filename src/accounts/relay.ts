import type { Readable } from "node:stream";
import type { Context } from "../context.ts";
import { invalid, isSignetError, SignetError, type Code } from "../errors.ts";
import { withHeader, type Header } from "../signer/request.ts";
import { InFlight } from "./in-flight.ts";
import { executeEvent, plan, renewed, type Plan } from "./plan.ts";
import { freshCredential, refusedByProvider, renewAfterRefusal } from "./refresh.ts";
import { Attempt, type Relayed } from "./relay-attempt.ts";
import { parseMethod } from "./request-input.ts";
import { send, usable } from "./send.ts";
import { touch } from "./usage.ts";

export interface RelayWish {
  account: string;
  method: string;
  url: string;
  headers: Header[];
  stream: Readable | undefined;
  contentLength: string | undefined;
}

/** Streams may be long; five minutes are longer than any answer that is still wanted. */
const TOTAL_TIMEOUT = 300_000;
const MAX_BUFFERED_BODY = 1_048_576;

/**
 * Sends one request with an account and streams the answer back: the same path as execute, in the same order.
 * Refusals before anything is sent are thrown; `open` is called once it is certain that there will be an exchange.
 */
export async function relay(ctx: Context, wish: RelayWish, open: () => Relayed): Promise<void> {
  const method = parseMethod(wish.method);
  const planned = await plan(ctx, { account: wish.account, method, url: wish.url, via: "proxy" }, () => ({
    headers: wish.headers,
    body: null,
  }));
  const whole = wish.stream !== undefined && needsWholeBody(planned);
  const body = whole ? await readWhole(wish.stream!) : null;
  const exchange = new Relay(ctx, withBody(planned, wish, body), whole ? undefined : wish.stream);
  const leave = InFlight.of(ctx).enter(ctx.actor);
  try {
    await exchange.recordIntent();
    await exchange.run(open());
  } finally {
    leave();
  }
}

/** One streamed exchange. */
class Relay {
  readonly #ctx: Context;
  #plan: Plan;
  readonly #stream: Readable | undefined;
  readonly #started = performance.now();
  #attempts = 0;

  constructor(ctx: Context, planned: Plan, stream: Readable | undefined) {
    this.#ctx = ctx;
    this.#plan = planned;
    this.#stream = stream;
  }

  async run(out: Relayed): Promise<void> {
    try {
      this.#plan = renewed(this.#ctx, this.#plan, await freshCredential(this.#ctx, this.#plan.ready));
      const { ready } = this.#plan;
      const first = new Attempt(
        this,
        out,
        this.#stream === undefined && ready.account.refreshable
          ? (status) => refusedByProvider(ready, status)
          : () => false,
      );
      if ((await this.#attempt(ready, first)) === "renew") {
        this.#plan = renewed(this.#ctx, this.#plan, await renewAfterRefusal(this.#ctx, ready));
        await this.#attempt(this.#plan.ready, new Attempt(this, out, () => false));
      }
      touch(this.#ctx, ready.account.id);
    } catch (error) {
      const known = isSignetError(error)
        ? error
        : new SignetError("unavailable", "The request could not be relayed.", { cause: error });
      this.recordOutcome({ code: known.code });
      out.fail(known);
    }
  }

  async #attempt(ready: Plan["ready"], attempt: Attempt): Promise<"done" | "renew"> {
    this.#attempts++;
    await send(
      this.#ctx,
      usable(this.#ctx, ready),
      this.#plan.request,
      { timeoutMs: TOTAL_TIMEOUT, stream: this.#stream, stop: attempt.stop },
      attempt,
    );
    return attempt.finished;
  }

  recordIntent(): Promise<number> {
    return this.#ctx.audit.append(this.#ctx, executeEvent("pending", this.#plan, "proxy"));
  }

  recordOutcome({ status, code }: { status?: number; code?: Code }): void {
    const duration = Math.round(performance.now() - this.#started);
    const seen = { attempts: this.#attempts, code, duration_ms: duration, status };
    this.#ctx.audit.conclude(this.#ctx, executeEvent(code === undefined ? "ok" : "failed", this.#plan, "proxy", seen));
  }
}

function withBody(planned: Plan, wish: RelayWish, body: Buffer | null): Plan {
  if (body !== null) return { ...planned, request: { ...planned.request, body } };
  if (wish.stream === undefined || wish.contentLength === undefined) return planned;
  return { ...planned, request: withHeader(planned.request, "content-length", wish.contentLength) };
}

/** A body streams, unless the kind writes into it or signs its bytes. */
function needsWholeBody({ ready, request }: Plan): boolean {
  const { settings } = ready.service;
  return ready.kind.slots(settings).body.length > 0 || ready.kind.coversBody?.(settings, request) === true;
}

async function readWhole(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BUFFERED_BODY)
      throw invalid("body", "A body that is signed or gets the key written into it is at most 1 MiB.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
