import type { Readable } from "node:stream";
import type { SignetError } from "../../src/errors.ts";
import { parseAllowList } from "../../src/outbound/address-guard.ts";
import { Transport, type AnswerHeaders, type Flow } from "../../src/outbound/transport.ts";
import type { ClientCertificate } from "../../src/signer/kind.ts";
import type { Header, OutgoingRequest } from "../../src/signer/request.ts";

/** Everything that reached the sink, in order. */
export interface Collected {
  events: ("head" | "data" | "end" | "fail")[];
  status: number | undefined;
  headers: AnswerHeaders;
  body: Buffer;
  error: SignetError | undefined;
}

interface Options {
  partition?: string;
  certificate?: ClientCertificate | undefined;
  timeoutMs?: number;
  stream?: Readable;
  onHead?: (flow: Flow) => unknown;
  onData?: (chunk: Buffer, flow: Flow) => unknown;
}

/** Sends and waits for the one event that ends an exchange. */
export function collect(transport: Transport, request: OutgoingRequest, options: Options = {}): Promise<Collected> {
  const { partition = "account", certificate, timeoutMs = 10_000, stream, onHead, onData } = options;
  const collected: Collected = { events: [], status: undefined, headers: {}, body: Buffer.alloc(0), error: undefined };
  let flow: Flow;
  return new Promise((resolve) => {
    // Later events would still be noted: the promise answers a turn after the end.
    const done = () => setImmediate(() => resolve(collected));
    transport.send(
      request,
      { partition, certificate, timeoutMs, stream },
      {
        head: (status, headers, given) => {
          collected.events.push("head");
          flow = given;
          Object.assign(collected, { status, headers });
          onHead?.(flow);
        },
        data: (chunk) => {
          if (collected.events.at(-1) !== "data" || onData) collected.events.push("data");
          collected.body = Buffer.concat([collected.body, chunk]);
          onData?.(chunk, flow);
        },
        end: () => {
          collected.events.push("end");
          done();
        },
        fail: (error) => {
          collected.events.push("fail");
          collected.error = error;
          done();
        },
      },
    );
  });
}

export function request(
  url: string,
  more: { method?: string; headers?: Header[]; body?: Buffer } = {},
): OutgoingRequest {
  return { method: "GET", url: new URL(url), headers: [], body: null, ...more };
}

/** A transport that may reach loopback, or whatever else is said; closed after the test. */
export function transport(clean: Closing, allow: string[] = ["127.0.0.0/8", "::1"]): Transport {
  return clean.later(new Transport(parseAllowList(allow)));
}

export interface Closing {
  /** Notes something to close after the test, and gives it back. */
  later<T extends { close(): Promise<void> }>(it: T): T;
  all(): Promise<void>;
}

export function closing(): Closing {
  const open: { close(): Promise<void> }[] = [];
  return {
    later: (it) => {
      open.push(it);
      return it;
    },
    all: async () => {
      for (const it of open.splice(0).reverse()) await it.close();
    },
  };
}
