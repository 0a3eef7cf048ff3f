import { createHmac, timingSafeEqual } from "node:crypto";
import { SignetError } from "../../errors.ts";
import type { Settings } from "./settings.ts";

/** What a callback that passed every check brought. */
export interface Returned {
  /** The code, or the token itself where the provider trades none. */
  code: string;
  /** What the service keeps of it, by its own names. */
  metadata: Record<string, string>;
  /** The token host that the provider chose, one of those the service allows. */
  tokenHost: string | undefined;
}

/**
 * Checks a callback and reads what the service wants of it. Nothing in it chooses where secrets go, but among the
 * hosts that the service lists (statement O-11). Throws `invalid` for a callback that is not as the service says.
 */
export function readCallback(settings: Settings, query: Record<string, string>): Returned {
  checkSignature(settings, query);
  checkIssuer(settings, query.iss);
  for (const [name, wanted] of Object.entries(settings.callback_expect ?? {})) {
    if (query[name] !== wanted)
      throw new SignetError("invalid", `The answer does not say "${name}" as this service expects it.`);
  }
  const code = query[settings.token_in_callback ?? settings.code_param ?? "code"];
  if (code === undefined || code === "")
    throw new SignetError("invalid", "The provider sent neither a code nor an error.");
  return { code, metadata: kept(settings, query), tokenHost: tokenHost(settings, query) };
}

/** An HMAC-SHA256 over all other parameters, sorted and encoded as a form, in hexadecimal. */
function checkSignature(settings: Settings, query: Record<string, string>): void {
  const name = settings.callback_hmac_param;
  if (name === undefined) return;
  const signed = Object.entries(query).filter(([other]) => other !== name);
  const text = new URLSearchParams(signed.sort(([a], [b]) => (a < b ? -1 : 1))).toString();
  const expected = createHmac("sha256", settings.client_secret ?? "")
    .update(text)
    .digest();
  const given = Buffer.from(query[name] ?? "", "hex");
  const same = given.length === expected.length && timingSafeEqual(given, expected);
  if (!same || settings.client_secret === undefined)
    throw new SignetError("invalid", "The answer's signature is wrong, so it did not come from the provider.");
}

// RFC 9207 section 2.4: with a configured issuer the parameter must be there and equal; an unexpected one from
// another host than the endpoints' is a mix-up (RFC 9700 section 4.4).
function checkIssuer(settings: Settings, iss: string | undefined): void {
  const expected = settings.issuer;
  const known = [settings.authorize_url, settings.token_url].map(hostOf);
  const foreign = expected === undefined ? iss !== undefined && !known.includes(hostOf(iss)) : iss !== expected;
  if (foreign)
    throw new SignetError("invalid", "The answer came from another authorization server than the one that was asked.");
}

function kept(settings: Settings, query: Record<string, string>): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, from] of Object.entries(settings.callback_metadata ?? {})) {
    const [parameter, pattern = "*"] = from.split(" ");
    const value = matched(query[parameter!] ?? "", pattern);
    if (value === undefined)
      throw new SignetError("invalid", `The answer does not tell "${parameter}" as this service expects it.`);
    metadata[name] = value;
  }
  return metadata;
}

/** What stands where the pattern has its `*` (letters, digits and dots, dashes, colons) or `#` (digits). */
function matched(text: string, pattern: string): string | undefined {
  const at = pattern.search(/[*#]/);
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
  const value = text.slice(before.length, text.length - after.length);
  return (pattern[at] === "#" ? /^\d{1,40}$/ : /^[A-Za-z0-9._:-]{1,200}$/).test(value) ? value : undefined;
}

function tokenHost(settings: Settings, query: Record<string, string>): string | undefined {
  if (settings.token_host_from === undefined) return undefined;
  const told = query[settings.token_host_from];
  if (told === undefined) return undefined;
  const host = /^https?:\/\//.test(told) ? hostOf(told) : told.toLowerCase();
  if (!settings.token_hosts!.includes(host))
    throw new SignetError("invalid", "The answer names a token host that is not among those of this service.");
  return host;
}

function hostOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : "";
}
