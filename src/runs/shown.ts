import type { ExecuteInput } from "../accounts/request-input.ts";

// Names under which people put what should not be read over their shoulder; the account's own credential is never here.
const DELICATE = /token|secret|password|api[-_]?key|authorization|cookie|signature/i;
const MASK = "•••";
/** In bodies names such as next_page_token are common and harmless. */
const SECRET =
  /^(password|passphrase|(client[-_]?)?secret|api[-_]?key|(access|refresh|id|auth)[-_]?token|authorization)$/i;

/** A request as its step asked for it, for the trace: before it is signed, so without any credential. */
export function shownRequest({ account, method, url, ...rest }: ExecuteInput): object {
  const { query, headers, body, body_text, body_base64, form } = rest;
  const parts = {
    query: masked(query),
    headers: masked(headers),
    body: maskedBody(body),
    body_text,
    body_base64,
    form: masked(form),
  };
  const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== null);
  return { account, method: method ?? "GET", url: maskedUrl(url), ...Object.fromEntries(given) };
}

/** Values under delicate names, masked. */
export function masked(named: Record<string, unknown> | null | undefined): Record<string, unknown> | undefined {
  if (named === undefined || named === null) return undefined;
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, DELICATE.test(name) ? MASK : value]));
}

/** An address whose parameters with delicate names are masked; the others stay as they were written. */
export function maskedUrl(url: string): string {
  return url.replace(/([?&])([^=&#]+)=[^&#]*/g, (whole, mark: string, name: string) =>
    DELICATE.test(name) ? `${mark}${name}=${MASK}` : whole,
  );
}

/** Texts under names that say that they are secret, however deep. */
function maskedBody(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskedBody);
  if (value === null || typeof value !== "object") return value;
  const mask = ([name, item]: [string, unknown]) =>
    [name, typeof item === "string" && SECRET.test(name) ? MASK : maskedBody(item)] as const;
  return Object.fromEntries(Object.entries(value).map(mask));
}
