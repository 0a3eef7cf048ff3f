import type { ExecuteInput } from "../accounts/request-input.ts";

// Names under which people put what should not be read over their shoulder; the account's own credential is never here.
const DELICATE = /token|secret|password|api[-_]?key|authorization|cookie|signature/i;
const MASK = "•••";

/** A request as its step asked for it, for the trace: before it is signed, so without any credential. */
export function shownRequest({ account, method, url, ...rest }: ExecuteInput): object {
  const { query, headers, body, body_text, body_base64, form } = rest;
  const parts = { query: masked(query), headers: masked(headers), body, body_text, body_base64, form: masked(form) };
  const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== null);
  return { account, method: method ?? "GET", url, ...Object.fromEntries(given) };
}

function masked(named: Record<string, unknown> | null | undefined): Record<string, unknown> | undefined {
  if (named === undefined || named === null) return undefined;
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, DELICATE.test(name) ? MASK : value]));
}
