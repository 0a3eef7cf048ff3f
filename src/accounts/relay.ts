import type { Readable } from "node:stream";
import type { Context } from "../context.ts";
import { invalid, isSignetError, SignetError, type Code } from "../errors.ts";
import type { AnswerHeaders, AnswerSink, Flow } from "../outbound/transport.ts";
import { withHeader, type Header } from "../signer/request.ts";
import { InFlight } from "./in-flight.ts";
import { plan, type Plan } from "./plan.ts";
import { freshCredential, refusedByProvider, renewAfterRefusal } from "./refresh.ts";
import { HOP_BY_HOP, parseMethod } from "./request-input.ts";
import { send, usable } from "./send.ts";
import { touch } from "./usage.ts";

/** Where a streamed answer goes. Exactly one of whole, begin or fail is called first. */
export interface Relayed {
  whenGone(gone: () => void): void;
  /** A complete answer at once. */
  whole(status: number, headers: AnswerHeaders, body: Buffer): void;
  begin(status: number, headers: AnswerHeaders): void;
  /** False when the caller is slow; `drained` is then called when there is room. */
  write(chunk: Buffer, drained: () => void): boolean;
  end(): void;
  fail(error: SignetError): void;
}

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
/** What may gather while the outcome is being recorded. */
const MAX_PENDING = 1_048_576;
const MAX_BUFFERED_BODY = 1_048_576;

/**
 * Sends one request with an account and streams the answer back: the same path as execute, in the same order.
 * Refusals before anything is sent are thrown; `open` is called once it is certain that there will be an exchange.
 */
export async function relay(ctx: Context, wish: RelayWish, open: () => Relayed): Promise<void> {
  const method = parseMethod(wish.method);
  const buffered: { body: Buffer | null } = { body: null };
  const planned = await plan(ctx, { account: wish.account, method, url: wish.url, via: "proxy" }, () => ({
    headers: wish.headers,
    body: null,
  }));
  const keyInBody =
    wish.stream !== undefined && planned.ready.kind.slots(planned.ready.service.settings).body.length > 0;
  if (keyInBody) buffered.body = await readWhole(wish.stream!);
  const exchange = new Relay(ctx, withBody(planned, wish, buffered.body), keyInBody ? undefined : wish.stream);
  const leave = InFlight.of(ctx).enter(ctx.actor);
  try {
    await exchange.recordIntent();
    await exchange.run(open());
  } finally {
    leave();
  }
}

/** One streamed exchange. The head waits for the outcome's record; the body gathers meanwhile. */
class Relay {
  readonly #ctx: Context;
  readonly #plan: Plan;
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
      let ready = await freshCredential(this.#ctx, this.#plan.ready);
      const first = new Attempt(
        this,
        out,
        this.#stream === undefined && ready.account.refreshable
          ? (status) => refusedByProvider(ready, status)
          : () => false,
      );
      if ((await this.#attempt(ready, first)) === "renew") {
        ready = await renewAfterRefusal(this.#ctx, ready);
        await this.#attempt(ready, new Attempt(this, out, () => false));
      }
      touch(this.#ctx, ready.account.id);
    } catch (error) {
      const known = isSignetError(error)
        ? error
        : new SignetError("unavailable", "The request could not be relayed.", { cause: error });
      await this.recordOutcome({ code: known.code }).catch(() => undefined);
      out.fail(known);
    }
  }

  async #attempt(ready: Plan["ready"], attempt: Attempt): Promise<"done" | "renew"> {
    this.#attempts++;
    await send(
      this.#ctx,
      usable(this.#ctx, ready),
      this.#plan.request,
      { timeoutMs: TOTAL_TIMEOUT, stream: this.#stream, signal: attempt.signal },
      attempt,
    );
    return attempt.finished;
  }

  recordIntent(): Promise<number> {
    return this.#append("pending", {});
  }

  recordOutcome(seen: { status?: number; code?: Code }): Promise<number> {
    const facts = { ...seen, attempts: this.#attempts, duration_ms: Math.round(performance.now() - this.#started) };
    return this.#append(seen.code === undefined ? "ok" : "failed", facts);
  }

  #append(outcome: "pending" | "ok" | "failed", seen: object): Promise<number> {
    const { ready, request, verdict } = this.#plan;
    const rule = verdict.share === null ? verdict.because : `${verdict.because}:${verdict.share}`;
    const where = {
      account: ready.account.name,
      method: request.method,
      host: request.url.host,
      path: request.url.pathname,
      rule,
      via: "proxy",
    };
    return this.#ctx.audit.append(this.#ctx, {
      action: "execute",
      outcome,
      account: ready.account.id,
      facts: { ...where, ...seen },
    });
  }
}

/** Receives one answer and passes it on once its outcome is recorded. */
class Attempt implements AnswerSink {
  readonly finished: Promise<"done" | "renew">;
  readonly #relay: Relay;
  readonly #out: Relayed;
  readonly #refused: (status: number) => boolean;
  readonly #stop = new AbortController();
  readonly #pending: Buffer[] = [];
  #pendingBytes = 0;
  #flow: Flow | undefined;
  #released = false;
  #ended = false;
  #abandoned = false;
  #gone = false;
  #resolve!: (how: "done" | "renew") => void;
  #reject!: (error: SignetError) => void;

  constructor(relayed: Relay, out: Relayed, refused: (status: number) => boolean) {
    this.#relay = relayed;
    this.#out = out;
    this.#refused = refused;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    out.whenGone(() => {
      this.#gone = true;
      if (this.#ended) return;
      // Before the answer begins there is no flow yet.
      this.#stop.abort();
      this.#flow?.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  head(status: number, headers: AnswerHeaders, flow: Flow): void {
    this.#flow = flow;
    if (this.#gone) return flow.abort();
    if (this.#refused(status)) {
      this.#abandoned = true;
      flow.abort();
      return this.#resolve("renew");
    }
    this.#relay.recordOutcome({ status }).then(
      () => this.#release(status, endToEnd(headers)),
      (error: SignetError) => {
        this.#abandoned = true;
        flow.abort();
        this.#reject(error);
      },
    );
  }

  data(chunk: Buffer): void {
    if (this.#released) return this.#write(chunk);
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes > MAX_PENDING) this.#flow?.pause();
  }

  end(): void {
    this.#ended = true;
    if (!this.#released) return;
    this.#out.end();
    this.#resolve("done");
  }

  fail(error: SignetError): void {
    if (this.#abandoned) return;
    if (!this.#released) return this.#reject(error);
    // The head is out and the outcome recorded; a second row tells that the body broke off.
    this.#ended = true;
    void this.#relay.recordOutcome({ code: error.code }).catch(() => undefined);
    this.#out.fail(error);
    this.#resolve("done");
  }

  #release(status: number, headers: AnswerHeaders): void {
    this.#released = true;
    if (this.#ended) {
      this.#out.whole(status, headers, this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending));
      return this.#resolve("done");
    }
    this.#out.begin(status, headers);
    for (const chunk of this.#pending.splice(0)) this.#write(chunk);
    if (this.#pendingBytes > MAX_PENDING) this.#flow?.resume();
  }

  #write(chunk: Buffer): void {
    if (!this.#out.write(chunk, () => this.#flow?.resume())) this.#flow?.pause();
  }
}

/** Without what concerns the connection to the provider only. */
function endToEnd(headers: AnswerHeaders): AnswerHeaders {
  const named = String(headers.connection ?? "")
    .toLowerCase()
    .split(/\s*,\s*/);
  const passing: AnswerHeaders = {};
  for (const name in headers) {
    if (!HOP_BY_HOP.has(name) && !name.startsWith("signet-") && !named.includes(name)) passing[name] = headers[name];
  }
  return passing;
}

function withBody(planned: Plan, wish: RelayWish, body: Buffer | null): Plan {
  if (body !== null) return { ...planned, request: { ...planned.request, body } };
  if (wish.stream === undefined || wish.contentLength === undefined) return planned;
  return { ...planned, request: withHeader(planned.request, "content-length", wish.contentLength) };
}

/** For kinds that write into the body; everything else streams. */
async function readWhole(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BUFFERED_BODY) throw invalid("body", "A body that gets the key written into it is at most 1 MiB.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
