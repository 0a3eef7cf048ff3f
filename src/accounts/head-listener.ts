import type { AnswerHeaders, AnswerSink, Flow } from "../outbound/transport.ts";
import type { AnswerHead } from "../signer/kind.ts";
import type { SignetError } from "../errors.ts";

/** Lets somebody look at the head of an answer before it is passed on. */
export class HeadListener implements AnswerSink {
  readonly #listen: (head: AnswerHead) => void;
  readonly #sink: AnswerSink;

  constructor(listen: (head: AnswerHead) => void, sink: AnswerSink) {
    this.#listen = listen;
    this.#sink = sink;
  }

  head(status: number, headers: AnswerHeaders, flow: Flow): void {
    this.#listen({ status, headers });
    this.#sink.head(status, headers, flow);
  }

  data(chunk: Buffer): void {
    this.#sink.data(chunk);
  }

  end(): void {
    this.#sink.end();
  }

  fail(error: SignetError): void {
    this.#sink.fail(error);
  }
}
