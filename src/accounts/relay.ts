import type { Readable } from "node:stream";
import type { Context } from "../context.ts";
import { isSignetError, SignetError, type Code } from "../errors.ts";
import type { Challenge } from "../signer/kind.ts";
import type { Header } from "../signer/request.ts";
import { Collector } from "./collect.ts";
import { InFlight } from "./in-flight.ts";
import { executeEvent, plan, renewed, type Plan } from "./plan.ts";
import { freshCredential } from "./refresh.ts";
import { Attempt, type Relayed } from "./relay-attempt.ts";
import { withBody } from "./relay-body.ts";
import { challengeIn, remedyFor, type Remedy } from "./remedy.ts";
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
/** A probe waits no longer than the caller of execute would by default. */
const PROBE_TIMEOUT = 30_000;

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
  const { stream } = wish;
  const shaped = stream === undefined ? { planned, stream } : await withBody(planned, stream, wish.contentLength);
  const exchange = new Relay(ctx, shaped.planned, shaped.stream);
  const leave = InFlight.of(ctx).enter(ctx.actor);
  try {
    await exchange.recordIntent();
    await exchange.run(open());
  } finally {
    leave();
  }
}

const noRemedy = (): undefined => undefined;

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
      const fresh = freshCredential(this.#ctx, this.#plan.ready);
      this.#plan = renewed(this.#ctx, this.#plan, fresh instanceof Promise ? await fresh : fresh);
      const { ready } = this.#plan;
      const once = this.#stream !== undefined;
      const first = new Attempt(this, out, once ? noRemedy : (head) => remedyFor(this.#ctx, ready, head));
      const remedy = await this.#attempt(first, once ? await this.#probe() : undefined);
      if (remedy) {
        const remedied = await remedy();
        this.#plan = renewed(this.#ctx, this.#plan, remedied.ready);
        await this.#attempt(new Attempt(this, out, noRemedy), remedied.challenge);
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

  #attempt(attempt: Attempt, challenge: Challenge | undefined): Promise<Remedy | undefined> {
    this.#attempts++;
    void send(
      this.#ctx,
      usable(this.#plan.ready),
      this.#plan.request,
      { timeoutMs: TOTAL_TIMEOUT, stream: this.#stream, stop: attempt.stop, challenge },
      attempt,
    );
    return attempt.finished;
  }

  /**
   * What a body that can be sent only once has to answer, asked with an unsigned HEAD of the same address: it changes
   * nothing there, and uses no credential for a method that nobody allowed.
   */
  async #probe(): Promise<Challenge | undefined> {
    const { ready, request } = this.#plan;
    if (!ready.kind.challenged) return undefined;
    this.#attempts++;
    const headers = request.headers.filter(([name]) => !/^content-/i.test(name));
    const collector = new Collector(0);
    const probe = { method: "HEAD", url: request.url, headers, body: null };
    void send(this.#ctx, usable(ready), probe, { timeoutMs: PROBE_TIMEOUT, unsigned: true }, collector);
    return challengeIn(this.#ctx, ready, await collector.answer);
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
