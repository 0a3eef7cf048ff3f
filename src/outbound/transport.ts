import type { Readable } from "node:stream";
import { buildConnector, Pool, type Dispatcher } from "undici";
import { SignetError } from "../errors.ts";
import type { ClientCertificate } from "../signer/kind.ts";
import type { OutgoingRequest } from "../signer/request.ts";
import { AddressGuard, portOf, type AllowList } from "./address-guard.ts";
import { identityDigest, tlsOptions } from "./client-tls.ts";
import { outboundFailure, timedOut } from "./failure.ts";

/** Header names in lower case; a name sent more than once has all its values. */
export type AnswerHeaders = Record<string, string | string[] | undefined>;

/** Lets a reader slow the provider down, or end the exchange. */
export interface Flow {
  pause(): void;
  resume(): void;
  abort(): void;
}

/** Receives one answer: a head, then data, then end or fail; fail can also come first. Exactly one of the two ends it. */
export interface AnswerSink {
  head(status: number, headers: AnswerHeaders, flow: Flow): void;
  data(chunk: Buffer): void;
  end(): void;
  fail(error: SignetError): void;
}

/** A cord to stop an exchange by; an AbortSignal would do the same at many times the cost. */
export class Stop {
  #pulled = false;
  #act: (() => void) | undefined;

  pull(): void {
    this.#pulled = true;
    this.#act?.();
  }

  /** Does `act` when the cord is pulled, at once when it was. */
  onPull(act: () => void): void {
    this.#act = act;
    if (this.#pulled) act();
  }
}

export interface SendOptions {
  /** Sockets are shared within this key only: one account's connections never carry another's requests (E-9). */
  partition: string;
  /** With which connections are opened; another one gets connections of its own. */
  certificate?: ClientCertificate | undefined;
  timeoutMs: number;
  /** Instead of the request's own body. */
  stream?: Readable | undefined;
  /** Ends the exchange, also before its answer begins. */
  stop?: Stop;
}

const CONNECT_TIMEOUT = 5_000;
const CONNECTIONS = 64;
const KEEP_ALIVE = 15_000;
const MAX_HEADER_BYTES = 32_768;
const MAX_POOLS = 2_000;

/** The way a signed request leaves: streamed, never redirected, never repeated, only to addresses that pass. */
export class Transport {
  readonly #guard: AddressGuard;
  readonly #pools = new Map<string, { pool: Pool; identity: string }>();

  constructor(allow: AllowList) {
    this.#guard = new AddressGuard(allow);
  }

  /** Refuses what can be refused before anything is signed. Throws SignetError `address_denied`. */
  judge(url: URL): void {
    this.#guard.judge(url);
  }

  /** Sends. Never throws: every failure reaches the sink, translated. */
  send(request: OutgoingRequest, options: SendOptions, sink: AnswerSink): void {
    const exchange = new Exchange(sink, options.timeoutMs);
    options.stop?.onPull(() => exchange.fail(ended()));
    try {
      this.#guard.judge(request.url);
      const pool = this.#pool(options, request.url);
      pool.dispatch(dispatchOptions(request, options), exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
    this.#pools.clear();
  }

  #pool({ partition, certificate }: SendOptions, url: URL): Pool {
    const key = `${partition} ${url.origin}`;
    const identity = identityDigest(certificate);
    const known = this.#pools.get(key);
    if (known?.identity === identity) return known.pool;
    // close() lets running requests finish first.
    if (known) void known.pool.close();
    else if (this.#pools.size >= MAX_POOLS) this.#evict();
    const lookup = this.#guard.lookupFor(portOf(url));
    const pool = new Pool(url.origin, {
      connect: connector({ timeout: CONNECT_TIMEOUT, lookup, ...tlsOptions(certificate) }),
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveMaxTimeout: KEEP_ALIVE,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    this.#pools.set(key, { pool, identity });
    return pool;
  }

  #evict(): void {
    const [key, { pool }] = this.#pools.entries().next().value!;
    this.#pools.delete(key);
    void pool.close();
  }
}

/**
 * A server that does not like a client's certificate says so after the handshake and closes. The client library would
 * tell only that it closed.
 */
function connector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options);
  return (where, callback) => {
    connect(where, (...[error, socket]) => {
      socket?.once("error", (cause) => socket.destroy(cause));
      callback(...([error, socket] as buildConnector.CallbackArgs));
    });
  };
}

function dispatchOptions(request: OutgoingRequest, options: SendOptions): Dispatcher.DispatchOptions {
  const headers: string[] = [];
  for (const [name, value] of request.headers) headers.push(name, value);
  return {
    path: request.url.pathname + request.url.search,
    method: request.method as Dispatcher.HttpMethod,
    headers,
    body: options.stream ?? request.body,
    // The exchange's own timer covers all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

/** One request on the wire; turns the client's callbacks into the sink's, and ends at the total time limit. */
class Exchange implements Dispatcher.DispatchHandler, Flow {
  readonly #sink: AnswerSink;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #done = false;

  constructor(sink: AnswerSink, timeoutMs: number) {
    this.#sink = sink;
    this.#timer = setTimeout(() => this.fail(timedOut()), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new Error("ended"));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (this.#done || status < 200) return;
    this.#controller = controller;
    this.#sink.head(status, headers, this);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    this.fail(ended());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#done) this.#sink.data(chunk);
  }

  onResponseEnd(): void {
    if (!this.#finish()) return;
    this.#sink.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: unknown): void {
    if (!this.#finish()) return;
    this.#controller?.abort(new Error("ended"));
    this.#sink.fail(outboundFailure(error));
  }

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    return true;
  }
}

function ended(): SignetError {
  return new SignetError("upstream_unreachable", "The exchange was ended.");
}
