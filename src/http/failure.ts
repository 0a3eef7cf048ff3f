import { ZodError } from "zod";
import { isSignetError, SignetError, type Issue, type STATUS } from "../errors.ts";
import { summarize } from "../services/service.ts";
import { isConnectionFailure } from "../storage/database.ts";

const TITLES: Record<keyof typeof STATUS, string> = {
  invalid: "The input is not valid",
  unauthenticated: "Not signed in",
  forbidden: "Not allowed",
  rule_denied: "A rule of the share does not allow this",
  host_not_allowed: "The credential may not go to this host",
  address_denied: "This address is not reachable from here",
  approval_required: "A person must approve this",
  not_found: "Not found",
  conflict: "In conflict with what is there",
  needs_reconnect: "The account must be reconnected",
  paused: "The account is paused",
  rate_limited: "Too many requests",
  upstream_unreachable: "The provider can not be reached",
  upstream_invalid: "The provider's answer can not be used",
  response_too_large: "The provider's answer is too large",
  upstream_timeout: "The provider did not answer in time",
  audit_unavailable: "The audit can not be written",
  unavailable: "Not available right now",
};

/** Any failure as one of the closed codes; what has none is undefined: internal, for the log only. */
export function asSignetError(error: unknown): SignetError | undefined {
  if (isSignetError(error)) return error;
  if (error instanceof ZodError) return fromZod(error);
  const framework = error as { statusCode?: number; code?: string };
  if (framework.code?.startsWith("FST_ERR") && framework.statusCode !== undefined && framework.statusCode < 500) {
    return fromFastify(framework.statusCode);
  }
  // PostgreSQL's texts hold every character but this one.
  if (framework.code === "22021") return new SignetError("invalid", "A text holds a null character.");
  if (isConnectionFailure(error)) {
    return new SignetError("unavailable", "The database can not be reached. Try again shortly.", {
      retryAfter: 5,
      cause: error,
    });
  }
  return undefined;
}

/** The body of an error answer (RFC 9457). */
export function problem(error: SignetError | undefined, requestId: string) {
  const shown =
    error ??
    new SignetError("unavailable", `Something went wrong inside Signet. The log has the details under ${requestId}.`);
  return {
    type: "about:blank",
    title: error ? TITLES[shown.code] : "Internal error",
    status: error ? shown.status : 500,
    code: shown.code,
    detail: shown.message,
    request_id: requestId,
    ...(shown.issues.length > 0 ? { issues: shown.issues } : {}),
  };
}

/** What a form shows when it could not be taken: a sentence above, and one beside each field. */
export interface Problems {
  summary: string;
  fields: Record<string, string>;
}

/**
 * Runs what a form asked for. A failure that the person can mend comes back as problems, so that the page can be
 * drawn again with everything that was typed; anything else is thrown on.
 */
export async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ ok: true; value: T } | { ok: false; problems: Problems; error: SignetError }> {
  try {
    return { ok: true, value: await work() };
  } catch (cause) {
    const error = asSignetError(cause);
    if (!error || error.code === "not_found" || error.code === "audit_unavailable") throw cause;
    const fields = Object.fromEntries(error.issues.map((issue) => [issue.path, issue.message]));
    return { ok: false, problems: { summary: error.message, fields }, error };
  }
}

export function fromZod(error: ZodError): SignetError {
  const issues = error.issues.flatMap((issue): Issue[] => {
    const path = issue.path.join(".");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: path === "" ? key : `${path}.${key}`,
        message: "There is no such field.",
      }));
    }
    return [
      {
        path,
        message: issue.code === "invalid_type" && /undefined/.test(issue.message) ? "This is required." : issue.message,
      },
    ];
  });
  return new SignetError("invalid", summarize(issues), { issues });
}

function fromFastify(status: number): SignetError {
  switch (status) {
    case 413:
      return new SignetError("invalid", "The request is larger than Signet takes here.");
    case 415:
      return new SignetError("invalid", "Send JSON with Content-Type: application/json.");
    case 404:
      return new SignetError("not_found", "There is nothing at this address.");
    default:
      return new SignetError("invalid", "The request can not be read.");
  }
}
