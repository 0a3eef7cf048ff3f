import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { SignetError } from "../errors.ts";
import type { AnswerHeaders, AnswerSink, Flow } from "../outbound/transport.ts";

const CODINGS: Record<string, () => Transform> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** What grows more than this by unpacking is no answer but an attack; small answers may (statement E-10). */
const MAX_RATIO = 100;
const SMALL = 1_048_576;

/**
 * Undoes the content coding of providers that compress although nobody asked them to: a secret can not be recognised
 * in what is compressed. One coding is undone; other answers fail with `upstream_invalid`, bombs with
 * `response_too_large`. Answers that are not compressed pass as they are.
 */
export class UnpackedSink implements AnswerSink {
  readonly #sink: AnswerSink;
  readonly #bodiless: boolean;
  #flow: Flow | undefined;
  #unpacker: Transform | undefined;
  #taken = 0;
  #given = 0;
  #done = false;

  constructor(method: string, sink: AnswerSink) {
    this.#sink = sink;
    this.#bodiless = method === "HEAD";
  }

  head(status: number, headers: AnswerHeaders, flow: Flow): void {
    const coding = String(headers["content-encoding"] ?? "identity").toLowerCase();
    if (coding === "identity" || coding === "" || this.#bodiless || status === 204 || status === 304)
      return this.#sink.head(status, headers, flow);
    this.#flow = flow;
    const make = CODINGS[coding];
    if (!make)
      return this.#refuse("upstream_invalid", "The provider's answer is compressed in a way nobody asked for.");
    const { "content-encoding": _coding, "content-length": _length, ...others } = headers;
    const unpacker = this.#begin(make(), flow);
    const abort = () => {
      flow.abort();
      this.fail(new SignetError("upstream_unreachable", "The exchange was ended."));
    };
    this.#sink.head(status, others, { pause: () => unpacker.pause(), resume: () => unpacker.resume(), abort });
  }

  data(chunk: Buffer): void {
    if (this.#done) return;
    if (!this.#unpacker) return this.#sink.data(chunk);
    this.#taken += chunk.length;
    if (!this.#unpacker.write(chunk)) this.#flow!.pause();
  }

  end(): void {
    if (this.#done) return;
    // Nothing is also a valid answer, although no valid compressed text.
    if (this.#unpacker && this.#taken > 0) return void this.#unpacker.end();
    this.#close();
    this.#sink.end();
  }

  fail(error: SignetError): void {
    if (this.#done) return;
    this.#close();
    this.#sink.fail(error);
  }

  #begin(unpacker: Transform, flow: Flow): Transform {
    unpacker.on("drain", () => flow.resume());
    unpacker.on("data", (chunk: Buffer) => {
      if (this.#done) return;
      this.#given += chunk.length;
      if (this.#given > SMALL && this.#given > this.#taken * MAX_RATIO)
        return this.#refuse("response_too_large", "The provider's answer grows too much when it is unpacked.");
      this.#sink.data(chunk);
    });
    unpacker.on("error", () => this.#refuse("upstream_invalid", "The provider's answer can not be unpacked."));
    unpacker.on("end", () => {
      if (this.#done) return;
      this.#close();
      this.#sink.end();
    });
    return (this.#unpacker = unpacker);
  }

  #refuse(code: "upstream_invalid" | "response_too_large", sentence: string): void {
    this.fail(new SignetError(code, sentence));
    this.#flow!.abort();
  }

  #close(): void {
    this.#done = true;
    this.#unpacker?.destroy();
  }
}
