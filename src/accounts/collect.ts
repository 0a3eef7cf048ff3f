import type { SignetError } from "../errors.ts";
import type { AnswerHeaders, AnswerSink, Flow } from "../outbound/transport.ts";

/** A whole answer in memory. */
export interface Collected {
  status: number;
  headers: AnswerHeaders;
  body: Buffer;
  /** True when the body is longer than the limit; what is there is its beginning. */
  truncated: boolean;
}

/** Gathers one answer up to `limit` bytes; what is longer is cut, and the exchange ended. */
export class Collector implements AnswerSink {
  readonly answer: Promise<Collected>;
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: AnswerHeaders = {};
  #flow: Flow | undefined;
  #resolve!: (answer: Collected) => void;
  #reject!: (error: SignetError) => void;

  constructor(limit: number) {
    this.#limit = limit;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  head(status: number, headers: AnswerHeaders, flow: Flow): void {
    this.#status = status;
    this.#headers = headers;
    this.#flow = flow;
  }

  data(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#limit) return;
    this.#finish(true);
    this.#flow?.abort();
  }

  end(): void {
    this.#finish(false);
  }

  fail(error: SignetError): void {
    this.#reject(error);
  }

  #finish(truncated: boolean): void {
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    const whole = truncated ? body.subarray(0, this.#limit) : body;
    this.#resolve({ status: this.#status, headers: this.#headers, body: whole, truncated });
  }
}
