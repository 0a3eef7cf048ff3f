import { z } from "zod";
import { SignetError } from "../errors.ts";
import type { AnswerHead, Field } from "./kind.ts";
import { parseJson, walk } from "./json.ts";
import { path } from "./shapes.ts";

// What a lasting secret is traded for, by kinds that do so in a way of the provider's own.

/** Where an answer tells how long it is good, and where the account's API lives. */
export const wonShape = {
  expires_path: path.optional(),
  lifetime_seconds: z.coerce.number().int().min(30).max(315_360_000).optional(),
  base_url_from: path.optional(),
  auth_failure_statuses: z.array(z.coerce.number().int().min(400).max(599)).default([401]),
};

export const wonFields: Field[] = [
  {
    name: "expires_path",
    label: "Where the end sits in the answer",
    type: "text",
    advanced: true,
    example: "expires_in",
    help: "Seconds from now, or a time.",
  },
  {
    name: "lifetime_seconds",
    label: "Lifetime when the answer names none (seconds)",
    type: "number",
    advanced: true,
  },
  {
    name: "base_url_from",
    label: "Where the base URL sits in the answer",
    type: "text",
    advanced: true,
    example: "instance_url",
  },
  {
    name: "auth_failure_statuses",
    label: "Statuses that mean it is over",
    type: "list",
    advanced: true,
    example: "401",
  },
];

interface Where {
  expires_path?: string | undefined;
  lifetime_seconds?: number | undefined;
  base_url_from?: string | undefined;
}

/** Ten years: more is a mistake, not a lifetime (statement O-20). */
const MAX_LIFETIME = 315_360_000;
/** Larger numbers are times since 1970, in seconds or in milliseconds. */
const [SECONDS, MILLISECONDS] = [1e9, 1e12];

/** A provider's JSON; undefined when it is none. An answer that is a text alone is found at the path "". */
export function readJson(text: string): unknown {
  return parseJson(text.trim());
}

/** The text at a dotted path, the whole for an empty one; undefined when none that can go out in a header is there. */
export function tokenAt(answer: unknown, dotted: string): string | undefined {
  const value = dotted === "" ? answer : walk(answer, dotted);
  const fits = typeof value === "string" && value.length <= 16_384 && /^[\x21-\x7e]+$/.test(value);
  return fits ? value : undefined;
}

/** End and base URL, as an answer or the settings tell them. `now` is when the request started (statement O-25). */
export function termsOf(answer: unknown, where: Where, now: Date) {
  const told =
    where.expires_path === undefined
      ? (walk(answer, "expires_in") ?? walk(answer, "expires_at"))
      : walk(answer, where.expires_path);
  const baseUrl = where.base_url_from === undefined ? undefined : walk(answer, where.base_url_from);
  const usual =
    where.lifetime_seconds === undefined ? undefined : new Date(now.getTime() + where.lifetime_seconds * 1000);
  return {
    expiresAt: endOf(told, now) ?? usual,
    baseUrl: typeof baseUrl === "string" && baseUrl !== "" ? baseUrl : undefined,
  };
}

/**
 * The failure that a refused trade is. Only a final no asks for a person, so that a wrong password is not tried until
 * it is locked; what asks to wait, or is the provider's own trouble, may pass (statement O-24).
 */
export function refusalOf({ status, headers }: AnswerHead, what: string, entered: string): SignetError {
  const final = [400, 401, 403, 404, 422].includes(status) && headers["retry-after"] === undefined;
  return final
    ? new SignetError(
        "needs_reconnect",
        `The provider refused the ${what} (answer ${status}). Check the ${entered} and enter it again.`,
      )
    : new SignetError(
        "upstream_unreachable",
        `The ${what} did not work (answer ${status}). Signet tries again at the next request.`,
      );
}

function endOf(told: unknown, now: Date): Date | undefined {
  const number = typeof told === "string" && /^\d+(\.\d+)?$/.test(told) ? Number(told) : told;
  if (typeof number === "number") {
    if (number > MILLISECONDS) return new Date(number);
    if (number > SECONDS) return new Date(number * 1000);
    return number > 0 && number <= MAX_LIFETIME ? new Date(now.getTime() + number * 1000) : undefined;
  }
  if (typeof told !== "string") return undefined;
  const clock = /^(\d{1,5}):(\d\d):(\d\d)$/.exec(told)?.slice(1).map(Number);
  if (clock) return new Date(now.getTime() + (clock[0]! * 3600 + clock[1]! * 60 + clock[2]!) * 1000);
  const time = Date.parse(told);
  return Number.isNaN(time) ? undefined : new Date(time);
}
