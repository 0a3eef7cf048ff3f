import { isSignetError, SignetError } from "../errors.ts";

/**
 * Translates what a client library threw. Their errors hold the request with its headers, so they never go
 * further than this function; only the code's name is kept for the log (statements E-14, O-21).
 */
export function outboundFailure(error: unknown): SignetError {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (isSignetError(at)) return at;
    if (at instanceof AggregateError && at.errors.length > 0) return outboundFailure(at.errors[0]);
  }
  // The parser of undici gives its errors a name and no code.
  const known = error as { code?: unknown; name?: unknown } | undefined;
  const code = String(known?.code ?? known?.name ?? "");
  const cause = new Error(`outbound: ${code || "unknown"}`);
  if (/HEADERS_TIMEOUT|BODY_TIMEOUT|^ETIMEDOUT$/.test(code)) return timedOut(cause);
  if (/HPE_|HTTPParser|PARSE|UND_ERR_INVALID|HEADERS_OVERFLOW|RES_CONTENT_LENGTH|UND_ERR_RESPONSE/.test(code)) {
    return new SignetError("upstream_invalid", "The provider's answer is not valid HTTP.", { cause });
  }
  if (/_ALERT_/.test(code)) {
    // The server ended the handshake: most often because it wants a certificate from us, or another one.
    return new SignetError(
      "upstream_unreachable",
      "The provider refused the connection's client certificate, or wants one.",
      { cause },
    );
  }
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return new SignetError("upstream_unreachable", "The provider's certificate can not be verified.", { cause });
  }
  return new SignetError("upstream_unreachable", "The provider can not be reached.", { cause });
}

export function timedOut(cause?: unknown): SignetError {
  return new SignetError("upstream_timeout", "The provider did not answer in time.", { cause });
}
