import { Readable } from "node:stream";
import { invalid } from "../errors.ts";
import { withHeader, type OutgoingRequest } from "../signer/request.ts";
import type { Plan } from "./plan.ts";

/** What is held in memory of one body at most. */
const MAX_BUFFERED_BODY = 1_048_576;

/**
 * The plan with its body, or the stream that remains one. A body is read whole where the kind writes into it or signs
 * its bytes; and, as far as it is short, where the provider may ask for it twice. Throws `invalid` when one that has
 * to be read whole is longer than 1 MiB.
 */
export async function withBody(
  planned: Plan,
  stream: Readable,
  contentLength: string | undefined,
): Promise<{ planned: Plan; stream: Readable | undefined }> {
  const { kind, service, slots } = planned.ready;
  const whole = slots.body.length > 0 || kind.coversBody?.(service.settings, planned.request) === true;
  const short = kind.challenged !== undefined && Number(contentLength ?? 0) <= MAX_BUFFERED_BODY;
  const { body, rest } = whole || short ? await beginning(stream) : { body: null, rest: stream };
  if (whole && rest !== undefined)
    throw invalid("body", "A body that is signed or gets the key written into it is at most 1 MiB.");
  if (rest === undefined) return { planned: { ...planned, request: { ...planned.request, body } }, stream: undefined };
  const request: OutgoingRequest = { ...planned.request, streamed: true };
  if (contentLength === undefined) return { planned: { ...planned, request }, stream: rest };
  return { planned: { ...planned, request: withHeader(request, "content-length", contentLength) }, stream: rest };
}

/** All of a short body; of a longer one a stream in which nothing is missing. */
async function beginning(
  stream: Readable,
): Promise<{ body: Buffer; rest: undefined } | { body: null; rest: Readable }> {
  const incoming = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  const chunks: Buffer[] = [];
  let size = 0;
  for (let next = await incoming.next(); !next.done; next = await incoming.next()) {
    chunks.push(next.value);
    size += next.value.length;
    if (size > MAX_BUFFERED_BODY)
      return { body: null, rest: Readable.from(both(chunks, incoming), { objectMode: false }) };
  }
  return { body: Buffer.concat(chunks), rest: undefined };
}

async function* both(chunks: Buffer[], incoming: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
  yield* incoming;
}
