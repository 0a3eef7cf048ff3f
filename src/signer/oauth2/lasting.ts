import { z } from "zod";
import { invalid, isSignetError, SignetError } from "../../errors.ts";
import type { JwsAlgorithm } from "../jws.ts";
import type { Grant } from "../kind.ts";
import { readSigningKey } from "../signing-key.ts";
import { isTokenHost } from "./hosts.ts";
import type { Settings } from "./settings.ts";
import type { Secret } from "./token-answer.ts";

/** A key as it was pasted, or the file it came in. */
export const keyText = z.string().trim().min(1, "Paste the key.").max(20_000, "This is longer than any key (20 KB).");

/** What an account is asked for once, where it does not come by consent. It rests sealed beside what was won for it. */
export const lastingShape = {
  client_id: z.string().min(1).max(1000).optional(),
  client_secret: z.string().min(1).max(4000).optional(),
  client_key: keyText.optional(),
  username: z.string().min(1).max(1000).optional(),
  password: z.string().min(1).max(4000).optional(),
  private_key: keyText.optional(),
  subject: z.string().min(1).max(500).optional(),
};

const NAMES = Object.keys(lastingShape) as (keyof typeof lastingShape)[];

/** The lasting part of a secret. */
export function lastingPart(secret: Secret): Partial<Secret> {
  return Object.fromEntries(NAMES.filter((name) => secret[name] !== undefined).map((name) => [name, secret[name]]));
}

/** What was won, with the lasting part it was won for: it can always be won again. */
export function lasting(secret: Secret, grant: Grant<Secret>): Grant<Secret> {
  const metadata = { ...secret.metadata, ...grant.secret.metadata };
  const learned = Object.keys(metadata).length === 0 ? {} : { metadata };
  return { ...grant, ...learned, secret: { ...lastingPart(secret), ...grant.secret, ...learned }, refreshable: true };
}

/** The settings with the account's own client in them, where it brings one. */
export function withOwnClient(settings: Settings, secret: Secret): Settings {
  if (secret.client_id === undefined) return settings;
  const { client_id, client_secret, client_key } = secret;
  return { ...settings, client_id, client_secret, client_key };
}

/** What was entered, bound to the host of the token endpoint: it goes to no other (docs/threat-model.md). */
export function bound(entered: Secret, settings: Settings): Secret {
  return settings.token_url === undefined ? entered : { ...entered, token_host: new URL(settings.token_url).host };
}

/** Throws `needs_reconnect` when the token endpoint is elsewhere than when the secret was entered or won. */
export function requireSameHost(settings: Settings, secret: Secret): void {
  if (secret.token_host === undefined || isTokenHost(settings, secret.token_host)) return;
  throw new SignetError(
    "needs_reconnect",
    "The service's token address moved to another host since this account was linked. Reconnect to continue.",
  );
}

/** Throws `invalid` at the field when something is missing there. */
export function requireEntered(secret: Secret, name: keyof Secret & string, sentence: string): void {
  if (secret[name] === undefined) throw invalid(`secret.${name}`, sentence);
}

/** Throws `invalid` at `path` when a pasted key can not sign by the algorithm. */
export function requireKey(pasted: string, algorithm: JwsAlgorithm, path: string): void {
  try {
    readSigningKey(pasted, algorithm);
  } catch (error) {
    throw isSignetError(error) ? invalid(path, error.message) : error;
  }
}
