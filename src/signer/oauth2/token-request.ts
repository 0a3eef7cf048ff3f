import { createHash } from "node:crypto";
import { SignetError } from "../../errors.ts";
import { fillAll, fillBlanks } from "../blanks.ts";
import type { Ask, Circumstances } from "../kind.ts";
import { blanksOf } from "./blanks.ts";
import { clientFields, type Way } from "./client-authentication.ts";
import type { Settings } from "./settings.ts";
import { errorIn, readAnswer } from "./token-answer.ts";

/** Where a token request differs from the service's usual ones. */
export interface Differences {
  address?: string;
  method?: "GET" | "POST";
  auth?: Way | undefined;
}

/**
 * One request to the token endpoint, with the client's own authentication. What it answered, and the error it named.
 * With GET nothing is added to `form`, because a secret goes into an address only where a service says so. Throws
 * `upstream_unreachable` for an answer of 5xx, `upstream_invalid` for one that can not be read.
 */
export async function tokenRequest(
  settings: Settings,
  ask: Ask,
  circumstances: Circumstances,
  form: Record<string, string>,
  { address = settings.token_url!, method = "POST", auth }: Differences = {},
) {
  const accept = { accept: "application/json", ...fillAll(settings.token_headers ?? {}, blanksOf(settings)) };
  const answer = await ask(
    method === "GET"
      ? { method, url: withParameters(address, form), headers: accept }
      : { method, url: address, ...body(settings, circumstances, form, auth, accept) },
  );
  const { status, headers, text } = answer;
  if (status >= 500)
    throw new SignetError("upstream_unreachable", `The token endpoint answered ${status}. Try again later.`);
  const read = readAnswer(status, String(headers["content-type"] ?? ""), text);
  return { status, body: read, error: errorIn(status, read, settings) };
}

function body(
  settings: Settings,
  circumstances: Circumstances,
  form: Record<string, string>,
  auth: Differences["auth"],
  headers: Record<string, string>,
) {
  const hash = hashOf(settings, form.code ?? form.refresh_token);
  const client = clientFields(settings, circumstances, hash === undefined ? auth : "none");
  const sent: Record<string, string> = { ...form, ...client.form, ...hash };
  for (const name of settings.token_omit ?? []) delete sent[name];
  const content = settings.token_body === "json" ? { json: sent } : { form: sent };
  return { headers: { ...client.headers, ...headers }, ...content };
}

/** A hash that proves the client's secret without sending it. */
function hashOf(settings: Settings, code: string | undefined): Record<string, string> | undefined {
  if (settings.client_hash_param === undefined) return undefined;
  const text = fillBlanks(settings.client_hash_of!, { ...blanksOf(settings), code });
  return {
    [settings.client_hash_param]: createHash("sha256")
      .update(text ?? "")
      .digest("hex"),
  };
}

/** The address with parameters in its query. */
export function withParameters(address: string, parameters: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** What is asked for where no page of consent does: the scopes and the resource (RFC 6749 section 3.3, RFC 8707). */
export function scopeOf(settings: Settings): Record<string, string> {
  const delimiter = settings.scope_delimiter === "+" ? " " : settings.scope_delimiter;
  return {
    ...(settings.scopes.length > 0 ? { scope: settings.scopes.join(delimiter) } : {}),
    ...(settings.resource ? { resource: settings.resource } : {}),
  };
}
