import { z } from "zod";
import { SignetError } from "../../errors.ts";
import { parseJson, walk } from "../json.ts";
import type { Grant } from "../kind.ts";
import { claimsOf } from "./id-token.ts";
import { lastingShape } from "./lasting.ts";
import type { Settings } from "./settings.ts";

/** One line that can stand in a header or an address. */
const PLAIN = /^[\x20-\x7e]{1,500}$/;

const token = z
  .string()
  .min(1)
  .max(16_384)
  .regex(/^[\x21-\x7e]+$/, "A token is visible ASCII without spaces.");

/** What is kept of a grant, sealed in the vault: what was won, and what it was won for. */
export const secretSchema = z.strictObject({
  access_token: token.min(1, "Enter the access token.").optional(),
  refresh_token: token.optional(),
  expires_in: z.coerce.number().min(0).max(315_360_000).optional(),
  expires_at: z.union([z.number(), z.iso.datetime({ offset: true })]).optional(),
  scope: z.string().max(10_000).optional(),
  /** Host of the token endpoint that issued it: the refresh token goes nowhere else. */
  token_host: z.string().optional(),
  metadata: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,49}$/), z.string().regex(PLAIN, "One line of plain characters."))
    .optional(),
  ...lastingShape,
});

export type Secret = z.infer<typeof secretSchema>;

/** Ten years: more is a mistake, not a lifetime (statement O-20). */
const MAX_LIFETIME = 315_360_000;
const TYPES = ["bearer", "user", "bot", "token"];
const DAY = 86_400_000;

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
export function errorIn(
  status: number,
  answer: Record<string, unknown>,
  settings: Pick<Settings, "answer_success" | "error_field"> = {},
): string | undefined {
  const success = Object.entries(settings.answer_success ?? {});
  const good = success.every(([where, wanted]) => told(walk(answer, where)) === wanted);
  const error = settings.error_field === undefined ? answer.error : walk(answer, settings.error_field);
  // A field of its own may name a success as well, so it counts only in an answer that is none.
  const named =
    success.length > 0 && good ? undefined : (error ?? (answer.ok === false || !good ? "refused" : undefined));
  if (named === undefined) return status >= 400 ? `status_${status}` : undefined;
  const code = settings.error_field === undefined ? named : told(named);
  return typeof code === "string" && /^[a-zA-Z0-9_.-]{1,80}$/.test(code) ? code : "unreadable_error";
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
  const inner = unwrapped(settings, answer, previous !== undefined);
  const granted = tokensIn(settings, inner);
  const refreshToken = granted.refresh_token ?? previous?.refresh_token;
  const scope = granted.scope === undefined || granted.scope === null ? undefined : splitScopes(granted.scope);
  const whole = { ...answer, id_token: claimsOf(settings, answer.id_token) };
  const metadata = { ...previous?.metadata, ...learnedFrom(settings, whole) };
  const host = previous?.token_host ?? (settings.token_url && new URL(settings.token_url).host);
  const secret: Secret = {
    access_token: granted.access_token,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(scope === undefined ? {} : { scope: scope.join(" ") }),
    ...(host === undefined ? {} : { token_host: host }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
  const [id, label] = [settings.identity_from, settings.label_from].map((at) => at && told(walk(whole, at)));
  const named = id === undefined && label === undefined ? undefined : { id: id ?? null, label: label ?? null };
  return {
    secret,
    scopes: scope,
    expiresAt: expiry(settings, inner, now),
    refreshable: settings.refresh_with === "access_token" || refreshToken !== undefined,
    baseUrl: settings.base_url_from === undefined ? undefined : told(walk(answer, settings.base_url_from)),
    ...(named === undefined ? {} : { identity: named }),
    ...end(settings, inner, now, previous === undefined),
  };
}

/** Scopes come separated by spaces, by commas, or as an array, whatever was asked. */
export function splitScopes(scope: string | string[]): string[] {
  return [...new Set((Array.isArray(scope) ? scope : scope.split(/[\s,]+/)).filter(Boolean))];
}

/** What may be kept of an account: one line of plain characters, so that it can stand in a header or an address. */
export function asMetadata(value: unknown): string | undefined {
  const text = told(value);
  return text !== undefined && PLAIN.test(text) ? text : undefined;
}

/** Some wrap only the first answer: what they say to a refresh is plain. */
function unwrapped(settings: Settings, answer: Record<string, unknown>, later: boolean): unknown {
  if (settings.token_path === undefined) return answer;
  const inner = walk(answer, settings.token_path);
  return later && walk(inner, settings.token_field ?? "access_token") === undefined ? answer : inner;
}

function tokensIn(settings: Settings, inner: unknown) {
  const at = (name: string) => walk(inner, name);
  const fields = z
    .object({
      access_token: token,
      refresh_token: token.nullish(),
      token_type: z.string().nullish(),
      scope: z.union([z.string(), z.array(z.string())]).nullish(),
    })
    .safeParse({
      access_token: at(settings.token_field ?? "access_token"),
      refresh_token: at(settings.refresh_token_field ?? "refresh_token"),
      token_type: at("token_type"),
      scope: at(settings.scope_field ?? "scope"),
    });
  if (!fields.success) {
    throw new SignetError(
      "upstream_invalid",
      `The token answer has no usable ${fields.error.issues[0]?.path.join(".") || "token"}.`,
    );
  }
  const type = (fields.data.token_type ?? "bearer").toLowerCase();
  const good = settings.token_types ?? (settings.prefix === "Bearer" ? TYPES : undefined);
  if (good !== undefined && !good.some((word) => word.toLowerCase() === type))
    throw new SignetError("upstream_invalid", "The token answer names a token type other than Bearer.");
  return fields.data;
}

function learnedFrom(settings: Settings, answer: unknown): Record<string, string> {
  const found = Object.entries(settings.token_metadata ?? {}).map(
    ([name, where]) => [name, asMetadata(walk(answer, where))] as const,
  );
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** Zero is how some say "never". By our own clock at the start of the request, so that the provider's clock does not matter (statement O-25). */
function expiry(settings: Settings, inner: unknown, now: Date): Date | undefined {
  const at = settings.expires_at_field === undefined ? undefined : moment(walk(inner, settings.expires_at_field));
  const known = seconds(walk(inner, settings.expires_in_field ?? "expires_in")) ?? settings.lifetime_seconds;
  return at ?? (known === undefined ? undefined : new Date(now.getTime() + known * 1000));
}

function end(settings: Settings, inner: unknown, now: Date, first: boolean): { endsAt?: Date } {
  const left =
    settings.refresh_expires_in_field === undefined
      ? undefined
      : seconds(walk(inner, settings.refresh_expires_in_field));
  if (left !== undefined) return { endsAt: new Date(now.getTime() + left * 1000) };
  return first && settings.consent_days !== undefined
    ? { endsAt: new Date(now.getTime() + settings.consent_days * DAY) }
    : {};
}

function seconds(value: unknown): number | undefined {
  const told = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof told === "number" && told > 0 && told <= MAX_LIFETIME ? told : undefined;
}

/** A date as text, or seconds or milliseconds since 1970. */
function moment(value: unknown): Date | undefined {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && number > 0 && number < 1e14)
    return new Date(number < 1e12 ? number * 1000 : number);
  const date = typeof value === "string" ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function told(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
