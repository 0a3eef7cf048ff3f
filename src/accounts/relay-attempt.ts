import type { Code, SignetError } from "../errors.ts";
import { Stop, type AnswerHeaders, type AnswerSink, type Flow } from "../outbound/transport.ts";
import type { AnswerHead } from "../signer/kind.ts";
import type { Remedy } from "./remedy.ts";
import { HOP_BY_HOP } from "./passing-headers.ts";

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
  /** Settles when the answer is passed on, or with a remedy for a refusal that was kept back. */
  readonly finished: Promise<Remedy | undefined>;
  readonly #recorder: Recorder;
  readonly #out: Relayed;
  readonly #remedyFor: (head: AnswerHead) => Remedy | undefined;
  /** Pulled when the caller has gone, also before the answer begins. */
  readonly stop = new Stop();
  readonly #pending: Buffer[] = [];
  #flow: Flow | undefined;
  #released = false;
  #ended = false;
  #abandoned = false;
  #gone = false;
  #resolve!: (remedy: Remedy | undefined) => void;
  #reject!: (error: SignetError) => void;

  constructor(recorder: Recorder, out: Relayed, remedyFor: (head: AnswerHead) => Remedy | undefined) {
    this.#recorder = recorder;
    this.#out = out;
    this.#remedyFor = remedyFor;
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
    try {
      const remedy = this.#remedyFor({ status, headers });
      if (remedy) return this.#abandon(flow, () => this.#resolve(remedy));
    } catch (error) {
      return this.#abandon(flow, () => this.#reject(error as SignetError));
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
    this.#resolve(undefined);
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
    this.#resolve(undefined);
  }

  /** Nothing of this answer is passed on. */
  #abandon(flow: Flow, then: () => void): void {
    this.#abandoned = true;
    flow.abort();
    then();
  }

  #release(status: number, headers: AnswerHeaders): void {
    if (this.#abandoned) return;
    this.#released = true;
    if (this.#ended) {
      this.#out.whole(status, headers, this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending));
      return this.#resolve(undefined);
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
  const { connection } = headers;
  const named = connection === undefined || connection === "keep-alive" ? [] : namedIn(String(connection));
  const passing: AnswerHeaders = {};
  for (const name in headers) {
    if (!HOP_BY_HOP.has(name) && !name.startsWith("signet-") && !named.includes(name)) passing[name] = headers[name];
  }
  return passing;
}

function namedIn(connection: string): string[] {
  return connection.toLowerCase().split(/\s*,\s*/);
}
