import type { Readable } from "node:stream";
import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import type { AnswerHeaders, AnswerSink, Flow, Stop } from "../outbound/transport.ts";
import { RedactedStream, Redactor } from "../outbound/redact.ts";
import type { Challenge } from "../signer/kind.ts";
import type { OutgoingRequest } from "../signer/request.ts";
import type { Soon } from "../storage/soon.ts";
import { circumstances } from "./circumstances.ts";
import { HeadListener } from "./head-listener.ts";
import { openReady, type Opened, type Ready } from "./ready.ts";
import { requireHost } from "./plan.ts";
import { UnpackedSink } from "./unpack.ts";

/** A credential that can be sent with: an account's, or one that is tried before it becomes an account. */
export interface Usable extends Pick<Ready, "kind" | "service" | "hosts" | "baseUrl" | "headers" | "challenges"> {
  /** What was learned of the account: fills blanks in the path of the test request. */
  metadata: Record<string, string>;
  /** Shares no connection with any other. */
  partition: string;
  open(ctx: Context): Soon<Opened>;
}

const prepared = new WeakMap<Ready, Usable>();

export function usable(ready: Ready): Usable {
  let known = prepared.get(ready);
  if (known === undefined) {
    const { id: partition, metadata } = ready.account;
    prepared.set(ready, (known = { ...ready, metadata, partition, open: (ctx) => openReady(ctx, ready) }));
  }
  return known;
}

export interface SendOptions {
  timeoutMs: number;
  /** Instead of the request's own body. */
  stream?: Readable | undefined;
  stop?: Stop;
  /** What to answer; what is remembered of the address when nothing is said. */
  challenge?: Challenge | undefined;
  /** Leaves the credential off, to hear what the provider asks for. */
  unsigned?: boolean;
}

/**
 * The one place where a credential is opened for use, put on a request, and the request sent. The caller has
 * recorded the intent. What arrives at the sink is cleaned of the secret. Never throws: failures reach the sink.
 */
export async function send(
  ctx: Context,
  credential: Usable,
  request: OutgoingRequest,
  options: SendOptions,
  sink: AnswerSink,
): Promise<void> {
  try {
    const opening = credential.open(ctx);
    const opened = opening instanceof Promise ? await opening : opening;
    const challenge = options.unsigned
      ? undefined
      : (options.challenge ?? credential.challenges.take(request.url.origin));
    const signed = options.unsigned
      ? request
      : credential.kind.sign(request, opened.secret, opened.settings, circumstances(ctx, challenge));
    // Signing may change the address, so the host rule has the last word.
    if (signed.url !== request.url) requireHost(ctx, credential, signed.url);
    const redactor = redactorFor(credential, opened, signed);
    const clean = new UnpackedSink(signed.method, new CleanSink(redactor, sink));
    const heard =
      challenge === undefined
        ? clean
        : listening(ctx, credential, request.url.origin, challenge, options.challenge !== undefined, clean);
    const { partition } = credential;
    ctx.transport.send(signed, { partition, certificate: opened.certificate, ...options }, heard);
  } catch (error) {
    if (!isSignetError(error)) ctx.log.error({ error: String(error), request_id: ctx.requestId }, "sending failed");
    sink.fail(
      isSignetError(error)
        ? error
        : new SignetError("unavailable", "The request could not be signed.", { cause: error }),
    );
  }
}

/** Where a request carries what was made for it alone, that does not come back either. */
function redactorFor({ kind }: Usable, opened: Opened, signed: OutgoingRequest): Redactor {
  const made = kind.made?.(signed, opened.settings) ?? [];
  if (made.length === 0) return opened.redactor;
  return new Redactor([...kind.sensitive(opened.secret, opened.settings), ...made]);
}

/**
 * The credential opened for an address that is signed in itself, and that somebody else uses later. The caller has
 * recorded the intent. Throws what opening and signing do, and `host_not_allowed`.
 */
export async function signAddress(
  ctx: Context,
  credential: Usable,
  request: OutgoingRequest,
  seconds: number,
): Promise<URL> {
  const { secret, settings } = await credential.open(ctx);
  const url = credential.kind.presign!(request, secret, settings, circumstances(ctx), seconds);
  requireHost(ctx, credential, url);
  return url;
}

/**
 * Remembers a fresh challenge once an answer to it was taken, and what the provider asks for next; forgets one whose
 * answer was refused.
 */
function listening(
  ctx: Context,
  { kind, service, challenges }: Usable,
  origin: string,
  challenge: Challenge,
  fresh: boolean,
  sink: AnswerSink,
): AnswerSink {
  return new HeadListener((head) => {
    if (head.status === 401) return challenges.drop(origin, challenge.asked);
    const next = kind.challenged?.(head, service.settings, circumstances(ctx, challenge));
    // What was remembered already may have been followed by something newer.
    if (next !== undefined || fresh) challenges.keep(origin, next ?? challenge.asked);
  }, sink);
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
