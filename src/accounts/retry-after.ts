import type { AnswerHeaders } from "../outbound/transport.ts";

/** Besides the standard one: these count seconds, or name a moment since 1970. Only limits are told by them. */
const LIMITS = ["x-ratelimit-retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"];

/** How long the provider asks to be left alone, in milliseconds (RFC 9110 section 10.2.3); undefined when it does not say. */
export function retryAfter(status: number, headers: AnswerHeaders, now: Date): number | undefined {
  const told = headers["retry-after"];
  if (typeof told === "string" && told.trim() !== "") {
    const wait = until(told, now) ?? (/ GMT$/.test(told) ? Date.parse(told) - now.getTime() : NaN);
    return Number.isNaN(wait) ? undefined : Math.max(0, wait);
  }
  if (status !== 429) return undefined;
  for (const name of LIMITS) {
    const value = headers[name];
    const wait = typeof value === "string" ? until(value, now) : undefined;
    if (wait !== undefined) return Math.max(0, wait);
  }
  return undefined;
}

/** Small numbers are seconds from now, large ones seconds or milliseconds since 1970. */
function until(text: string, now: Date): number | undefined {
  const number = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
  if (number === undefined || number < 1e9) return number === undefined ? undefined : number * 1000;
  return (number < 1e12 ? number * 1000 : number) - now.getTime();
}
