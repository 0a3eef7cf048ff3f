import type { Readable } from "node:stream";
import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import type { AnswerHeaders, AnswerSink, Flow, Stop } from "../outbound/transport.ts";
import { RedactedStream, type Redactor } from "../outbound/redact.ts";
import type { OutgoingRequest } from "../signer/request.ts";
import { circumstances } from "./circumstances.ts";
import { openReady, type Opened, type Ready } from "./ready.ts";
import { requireHost } from "./plan.ts";
import { UnpackedSink } from "./unpack.ts";

/** A credential that can be sent with: an account's, or one that is tried before it becomes an account. */
export interface Usable extends Pick<Ready, "kind" | "service" | "hosts" | "baseUrl"> {
  /** Shares no connection with any other. */
  partition: string;
  open(): Promise<Opened>;
}

export function usable(ctx: Context, ready: Ready): Usable {
  return { ...ready, partition: ready.account.id, open: () => openReady(ctx, ready) };
}

/**
 * The one place where a credential is opened for use, put on a request, and the request sent. The caller has
 * recorded the intent. What arrives at the sink is cleaned of the secret. Never throws: failures reach the sink.
 */
export async function send(
  ctx: Context,
  credential: Usable,
  request: OutgoingRequest,
  options: { timeoutMs: number; stream?: Readable | undefined; stop?: Stop },
  sink: AnswerSink,
): Promise<void> {
  try {
    const opened = await credential.open();
    const signed = credential.kind.sign(request, opened.secret, opened.settings, circumstances(ctx));
    // Signing may change the address, so the host rule has the last word.
    if (signed.url !== request.url) requireHost(ctx, credential, signed.url);
    const clean = new UnpackedSink(signed.method, new CleanSink(opened.redactor, sink));
    ctx.transport.send(signed, { partition: credential.partition, ...options }, clean);
  } catch (error) {
    if (!isSignetError(error)) ctx.log.error({ error: String(error), request_id: ctx.requestId }, "sending failed");
    sink.fail(
      isSignetError(error)
        ? error
        : new SignetError("unavailable", "The request could not be signed.", { cause: error }),
    );
  }
}

/** Searched as one text first, because in nearly every head there is nothing to be found. */
function cleanHeaders(redactor: Redactor, headers: AnswerHeaders): AnswerHeaders {
  let all = "";
  for (const name in headers) all += `${String(headers[name])}\n`;
  if (redactor.spans(all).length === 0) return headers;
  const clean: AnswerHeaders = {};
  for (const name in headers) {
    const value = headers[name];
    clean[name] = Array.isArray(value) ? value.map((item) => redactor.redact(item)) : value && redactor.redact(value);
  }
  return clean;
}

/** Cleans heads and bodies on their way back. */
class CleanSink implements AnswerSink {
  readonly #redactor: Redactor;
  #body: RedactedStream | undefined;
  readonly #sink: AnswerSink;
  #length = -1;

  constructor(redactor: Redactor, sink: AnswerSink) {
    this.#redactor = redactor;
    this.#sink = sink;
  }

  head(status: number, headers: AnswerHeaders, flow: Flow): void {
    this.#length = Number(headers["content-length"] ?? -1);
    this.#sink.head(status, cleanHeaders(this.#redactor, headers), flow);
  }

  data(chunk: Buffer): void {
    // A body that comes in one piece has no end that could be the beginning of a secret.
    if (chunk.length === this.#length) return this.#sink.data(this.#redactor.redactBytes(chunk));
    this.#body ??= new RedactedStream(this.#redactor);
    const clean = this.#body.push(chunk);
    if (clean.length > 0) this.#sink.data(clean);
  }

  end(): void {
    const rest = this.#body?.end();
    if (rest !== undefined && rest.length > 0) this.#sink.data(rest);
    this.#sink.end();
  }

  fail(error: SignetError): void {
    this.#sink.fail(error);
  }
}
