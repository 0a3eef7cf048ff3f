import http from "node:http";
import https from "node:https";
import got from "got";
import { SignetError } from "../errors.ts";
import type { Ask, ClientCertificate } from "../signer/kind.ts";
import { AddressGuard, portOf, type AllowList } from "./address-guard.ts";
import { tlsOptions } from "./client-tls.ts";
import { outboundFailure } from "./failure.ts";

const TIMEOUT = 15_000;
const MAX_BYTES = 1_048_576;

/**
 * Small requests to a provider's own endpoints: tokens, revocation, discovery. One attempt, no redirects, 15 s,
 * 1 MiB, certificates checked (statement O-19). Plain http goes only where the operator allowed it by OUTBOUND_ALLOW.
 */
export class Control {
  readonly #allow: AllowList;

  constructor(allow: AllowList) {
    this.#allow = allow;
  }

  /** Refuses what can be refused before anything is asked there. Throws SignetError `address_denied`. */
  judge(url: URL): void {
    this.#guard(url).judge(url);
  }

  /** An Ask that goes to the `hosts` (with port, as in URL.host) and nowhere else, with `certificate` (RFC 8705). */
  to(hosts: string[], certificate?: ClientCertificate): Ask {
    return async (request) => {
      const url = new URL(request.url);
      if (!hosts.includes(url.host)) {
        throw new SignetError("host_not_allowed", `${url.host} is not one of this service's own endpoints.`);
      }
      const guard = this.#guard(url);
      guard.judge(url);
      const lookup = guard.lookupFor(portOf(url));
      const agent = {
        http: new http.Agent({ lookup }),
        https: new https.Agent({ lookup, rejectUnauthorized: true, ...tlsOptions(certificate) }),
      };
      try {
        return await exchange(request, agent);
      } catch (error) {
        throw outboundFailure(error);
      } finally {
        agent.http.destroy();
        agent.https.destroy();
      }
    };
  }

  #guard(url: URL): AddressGuard {
    return new AddressGuard(this.#allow, url.protocol === "http:");
  }
}

async function exchange(request: Parameters<Ask>[0], agent: { http: http.Agent; https: https.Agent }) {
  const limit = new AbortController();
  const sent = got(request.url, {
    method: request.method,
    headers: { "user-agent": "Signet", ...request.headers },
    ...(request.form === undefined ? {} : { form: request.form }),
    ...(request.json === undefined ? {} : { json: request.json }),
    ...(request.body === undefined ? {} : { body: request.body }),
    agent,
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    retry: { limit: 0 },
    timeout: { request: TIMEOUT },
    signal: limit.signal,
  });
  void sent.on("downloadProgress", ({ transferred }) => {
    if (transferred > MAX_BYTES) limit.abort();
  });
  try {
    const { statusCode, headers, body } = await sent;
    return { status: statusCode, headers, text: body };
  } catch (error) {
    if (limit.signal.aborted)
      throw new SignetError("response_too_large", "The provider's answer is larger than 1 MiB.");
    throw error;
  }
}
