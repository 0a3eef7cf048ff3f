import type { Code, SignetError } from "../errors.ts";
import { Stop, type AnswerHeaders, type AnswerSink, type Flow } from "../outbound/transport.ts";
import { HOP_BY_HOP } from "./request-input.ts";

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

/** Writes down how the exchange went. */
export interface Recorder {
  recordOutcome(seen: { status?: number; code?: Code }): void;
}

/** Receives one answer and passes it on. What arrives together leaves together: a small answer in one piece. */
export class Attempt implements AnswerSink {
  readonly finished: Promise<"done" | "renew">;
  readonly #recorder: Recorder;
  readonly #out: Relayed;
  readonly #refused: (status: number) => boolean;
  /** Pulled when the caller has gone, also before the answer begins. */
  readonly stop = new Stop();
  readonly #pending: Buffer[] = [];
  #flow: Flow | undefined;
  #released = false;
  #ended = false;
  #abandoned = false;
  #gone = false;
  #resolve!: (how: "done" | "renew") => void;
  #reject!: (error: SignetError) => void;

  constructor(recorder: Recorder, out: Relayed, refused: (status: number) => boolean) {
    this.#recorder = recorder;
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
      this.stop.pull();
      this.#flow?.abort();
    });
  }

  head(status: number, headers: AnswerHeaders, flow: Flow): void {
    this.#flow = flow;
    if (this.#gone) return flow.abort();
    if (this.#refused(status)) {
      this.#abandoned = true;
      flow.abort();
      return this.#resolve("renew");
    }
    this.#recorder.recordOutcome({ status });
    // What came in the same packet is parsed before this runs.
    queueMicrotask(() => this.#release(status, endToEnd(headers)));
  }

  data(chunk: Buffer): void {
    if (this.#released) return this.#write(chunk);
    this.#pending.push(chunk);
  }

  end(): void {
    this.#ended = true;
    if (!this.#released) return;
    this.#out.end();
    this.#resolve("done");
  }

  fail(error: SignetError): void {
    if (this.#abandoned) return;
    if (!this.#released) {
      this.#abandoned = true;
      return this.#reject(error);
    }
    // The head is out and the outcome recorded; a second row tells that the body broke off.
    this.#ended = true;
    this.#recorder.recordOutcome({ code: error.code });
    this.#out.fail(error);
    this.#resolve("done");
  }

  #release(status: number, headers: AnswerHeaders): void {
    if (this.#abandoned) return;
    this.#released = true;
    if (this.#ended) {
      this.#out.whole(status, headers, this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending));
      return this.#resolve("done");
    }
    this.#out.begin(status, headers);
    for (const chunk of this.#pending.splice(0)) this.#write(chunk);
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
