import { invalid, SignetError } from "../../errors.ts";
import type { Result } from "./message.ts";

/** Names of result codes (RFC 4511 appendix A), for those without a sentence of their own. */
const NAMES: Record<number, string> = {
  1: "operationsError",
  2: "protocolError",
  7: "authMethodNotSupported",
  11: "adminLimitExceeded",
  12: "unavailableCriticalExtension",
  14: "saslBindInProgress",
  16: "noSuchAttribute",
  17: "undefinedAttributeType",
  18: "inappropriateMatching",
  21: "invalidAttributeSyntax",
  33: "aliasProblem",
  36: "aliasDereferencingProblem",
  53: "unwillingToPerform",
  54: "loopDetect",
  71: "affectsMultipleDSAs",
  80: "other",
};

/** What Active Directory and those that speak like it put into their words behind "data". */
const REASONS: Record<string, string> = {
  "525": "there is no such user",
  "52e": "the user name or password is wrong",
  "530": "this user may not sign in at this time",
  "531": "this user may not sign in from here",
  "532": "the password is too old and must be changed",
  "533": "the user is disabled",
  "701": "the user's account has ended",
  "773": "the password must be changed before the first use",
  "775": "the user is locked after too many tries",
};

/** Why a bind was refused, and what to change. Nothing that the server said is repeated (statement E-14). */
export function bindRefusal({ code, diagnostic }: Result): SignetError {
  switch (code) {
    case 49: {
      const reason = REASONS[/\bdata ([0-9a-f]{3})\b/i.exec(diagnostic)?.[1]?.toLowerCase() ?? ""];
      const why = reason === undefined ? "" : `: ${reason}`;
      return new SignetError(
        "needs_reconnect",
        `The directory does not accept the bind DN and password${why}. Check the whole name, such as cn=reader,dc=example,dc=com, and the password.`,
      );
    }
    case 34:
      return new SignetError("needs_reconnect", "The bind DN is not a name that the directory can read.");
    case 48:
      return new SignetError("needs_reconnect", "The directory does not let this name sign in with a password.");
    case 8:
    case 13:
      return new SignetError(
        "upstream_invalid",
        "The directory takes passwords over encrypted connections only: use ldaps:// or StartTLS.",
      );
    default:
      return refusal(code);
  }
}

/** Why a search was refused, and what to change. */
export function searchRefusal({ code }: Result): SignetError {
  switch (code) {
    case 32:
      return invalid("base", "There is no such entry to begin at, or this account may not see it.");
    case 34:
      return invalid("base", "The directory can not read this name; write it like ou=people,dc=example,dc=com.");
    case 17:
    case 18:
    case 21:
      return invalid("filter", `The directory can not compare like that (${NAMES[code]}).`);
    case 1:
    case 8:
    case 48:
    case 49:
    case 50:
      return new SignetError("upstream_invalid", "The directory does not let this account search there.");
    default:
      return refusal(code);
  }
}

export function refusal(code: number): SignetError {
  switch (code) {
    case 3:
      return new SignetError("upstream_timeout", "The directory gave up: the search took longer than it may.");
    case 10:
      return new SignetError(
        "upstream_invalid",
        "The directory refers to another server. Signet does not follow, because the password would go there, too.",
      );
    case 51:
    case 52:
      return new SignetError("upstream_unreachable", "The directory is busy or not available. Try again later.");
    default:
      return new SignetError(
        "upstream_invalid",
        `The directory refused with result code ${code} (${NAMES[code] ?? "unknown"}).`,
      );
  }
}
