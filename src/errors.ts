/**
 * The closed list of things that can go wrong for a caller. Anything thrown without one of
 * these codes is internal: logged, never shown.
 */
export const STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  rule_denied: 403,
  host_not_allowed: 403,
  address_denied: 403,
  approval_required: 403,
  not_found: 404,
  conflict: 409,
  needs_reconnect: 424,
  paused: 424,
  rate_limited: 429,
  upstream_unreachable: 502,
  upstream_invalid: 502,
  response_too_large: 502,
  upstream_timeout: 504,
  audit_unavailable: 503,
  unavailable: 503,
} as const;

export type Code = keyof typeof STATUS;

/** One thing wrong with an input: where (dotted path, "" = the whole) and a sentence. */
export interface Issue {
  path: string;
  message: string;
}

/**
 * A failure a person or program can act on. `message` is a complete sentence that never holds a secret;
 * `cause` is for the log only.
 */
export class SignetError extends Error {
  readonly code: Code;
  readonly issues: Issue[];
  /** Seconds until a retry makes sense, for `rate_limited` and `unavailable`. */
  readonly retryAfter: number | undefined;

  constructor(code: Code, sentence: string, more: { issues?: Issue[]; retryAfter?: number; cause?: unknown } = {}) {
    super(sentence, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "SignetError";
    this.code = code;
    this.issues = more.issues ?? [];
    this.retryAfter = more.retryAfter;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** Shorthand for the commonest failure: one field of an input is wrong. */
export function invalid(path: string, message: string): SignetError {
  return new SignetError("invalid", message, { issues: [{ path, message }] });
}

/** The same answer for what does not exist and for what the actor may not know of. */
export function notFound(what: string): SignetError {
  return new SignetError("not_found", `There is no such ${what}, or it is not visible to you.`);
}

export function isSignetError(error: unknown): error is SignetError {
  return error instanceof SignetError;
}
