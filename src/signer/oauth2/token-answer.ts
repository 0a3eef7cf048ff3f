import { z } from "zod";
import { SignetError } from "../../errors.ts";
import type { Grant } from "../kind.ts";
import type { Settings } from "./settings.ts";

/** What is kept of a consent, sealed in the vault. */
export const secretSchema = z.strictObject({
  access_token: z
    .string()
    .min(1, "Enter the access token.")
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/, "A token is visible ASCII without spaces."),
  refresh_token: z
    .string()
    .min(1)
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/)
    .optional(),
  expires_in: z.coerce.number().min(0).max(315_360_000).optional(),
  expires_at: z.union([z.number(), z.iso.datetime({ offset: true })]).optional(),
  scope: z.string().max(10_000).optional(),
  /** Host of the token endpoint that issued it: the refresh token goes nowhere else. */
  token_host: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});

export type Secret = z.infer<typeof secretSchema>;

/** Ten years: more is a mistake, not a lifetime (statement O-20). */
const MAX_LIFETIME = 315_360_000;

/** The object in a token endpoint's answer: JSON, or a form where a provider still does that. Throws `upstream_invalid`. */
export function readAnswer(status: number, contentType: string, text: string): Record<string, unknown> {
  const trimmed = text.trim();
  const parsed =
    /json/i.test(contentType) || trimmed.startsWith("{")
      ? parseJson(trimmed)
      : Object.fromEntries(new URLSearchParams(trimmed));
  if (parsed === undefined || parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) {
    throw new SignetError(
      "upstream_invalid",
      `The token endpoint answered ${status} with something that is not a token answer.`,
    );
  }
  return parsed as Record<string, unknown>;
}

/**
 * The error in an answer, if there is one, whatever the status says: some providers send errors with 200. Only the
 * code is taken, and only if it looks like one, because the rest is text of a stranger (statements O-13, O-21).
 */
export function errorIn(status: number, answer: Record<string, unknown>): string | undefined {
  const named = answer.error ?? (answer.ok === false ? "refused" : undefined);
  if (named === undefined) return status >= 400 ? `status_${status}` : undefined;
  return typeof named === "string" && /^[a-zA-Z0-9_.-]{1,80}$/.test(named) ? named : "unreadable_error";
}

/**
 * Checks a token answer (statement O-20) and turns it into a grant. What the answer leaves out is taken from
 * `previous`: a missing refresh token does not lose the old one (RFC 6749 section 6).
 */
export function toGrant(
  settings: Settings,
  answer: Record<string, unknown>,
  now: Date,
  previous?: Secret,
): Grant<Secret> {
  const inner = settings.token_path === undefined ? answer : walk(answer, settings.token_path);
  const fields = z
    .object({
      access_token: z
        .string()
        .min(1)
        .max(16_384)
        .regex(/^[\x21-\x7e]+$/),
      refresh_token: z
        .string()
        .min(1)
        .max(16_384)
        .regex(/^[\x21-\x7e]+$/)
        .nullish(),
      token_type: z.string().nullish(),
      scope: z.union([z.string(), z.array(z.string())]).nullish(),
    })
    .safeParse(inner);
  if (!fields.success) {
    throw new SignetError(
      "upstream_invalid",
      `The token answer has no usable ${fields.error.issues[0]?.path.join(".") || "token"}.`,
    );
  }
  const granted = fields.data;
  const type = granted.token_type ?? "bearer";
  if (settings.prefix === "Bearer" && !/^(bearer|user|bot|token)$/i.test(type)) {
    throw new SignetError("upstream_invalid", "The token answer names a token type other than Bearer.");
  }
  const refreshToken = granted.refresh_token ?? previous?.refresh_token;
  const scope = granted.scope === undefined || granted.scope === null ? undefined : splitScopes(granted.scope);
  const baseUrl = settings.base_url_from === undefined ? undefined : text(walk(answer, settings.base_url_from));
  const secret: Secret = {
    access_token: granted.access_token,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(scope === undefined ? {} : { scope: scope.join(" ") }),
    token_host: new URL(settings.token_url).host,
    ...(previous?.metadata === undefined ? {} : { metadata: previous.metadata }),
  };
  return {
    secret,
    scopes: scope,
    expiresAt: expiry(settings, (inner as Record<string, unknown>).expires_in, now),
    refreshable: refreshToken !== undefined,
    baseUrl,
  };
}

/** The value at a dotted path; numbers index arrays. Only own properties are walked. */
export function walk(value: unknown, dotted: string): unknown {
  return dotted.split(".").reduce<unknown>((at, key) => {
    if (at === null || typeof at !== "object") return undefined;
    return Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined;
  }, value);
}

/** Scopes come separated by spaces, by commas, or as an array, whatever was asked. */
export function splitScopes(scope: string | string[]): string[] {
  return [...new Set((Array.isArray(scope) ? scope : scope.split(/[\s,]+/)).filter(Boolean))];
}

/** Zero is how some say "never". By our own clock at the start of the request, so that the provider's clock does not matter (statement O-25). */
function expiry(settings: Settings, expiresIn: unknown, now: Date): Date | undefined {
  const told = typeof expiresIn === "string" && expiresIn !== "" ? Number(expiresIn) : expiresIn;
  const known = typeof told === "number" && told > 0 && told <= MAX_LIFETIME ? told : settings.lifetime_seconds;
  return known === undefined ? undefined : new Date(now.getTime() + known * 1000);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A provider's JSON, without keys that could change an object's nature; undefined when it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body, (key, value: unknown) => (key === "__proto__" ? undefined : value));
  } catch {
    return undefined;
  }
}
