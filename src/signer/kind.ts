import type { z } from "zod";
import type { OutgoingRequest } from "./request.ts";

/** One thing that is asked, drawn by the forms and named by the API under `name`. */
export interface Field {
  name: string;
  label: string;
  help?: string;
  example?: string;
  type: "text" | "textarea" | "url" | "choice" | "switch" | "list" | "map" | "number";
  options?: { value: string; label: string }[];
  required?: boolean;
  /** Rests in the vault and is never put back into a form. */
  hidden?: boolean;
  /** Shown behind "More settings". */
  advanced?: boolean;
}

/** Something about a secret that a page, an answer or a log may hold. */
export interface Fact {
  label: string;
  value: string;
}

/** Places in a request that belong to the credential; what a caller put there is removed before signing. */
export interface Slots {
  headers: string[];
  query: string[];
  body: string[];
}

/** What stands in place of a secret wherever a signed request is shown. */
export const MASK = "•••";

/**
 * A way to authenticate. Pure: no clock, no network, no storage of its own. `Settings` are asked once per
 * service, `Secret` once per account.
 */
export interface Kind<Settings = unknown, Secret = unknown> {
  id: string;
  label: string;
  /** One sentence for the person who chooses. */
  summary: string;
  settings: Field[];
  settingsSchema: z.ZodType<Settings>;
  /** Asked in the account form; empty when the credential is won by consent. */
  secret(settings: Settings): Field[];
  secretSchema: z.ZodType<Secret>;
  /** Adds the credential. Everything it covers must leave as it is. */
  sign(request: OutgoingRequest, secret: Secret, settings: Settings, now: Date): OutgoingRequest;
  /** As sign() would, with MASK where the secret goes: needs no secret. */
  preview(request: OutgoingRequest, settings: Settings): OutgoingRequest;
  slots(settings: Settings): Slots;
  /** Every string that an answer must not carry back to the caller (statement E-13). */
  sensitive(secret: Secret, settings: Settings): string[];
  /** All that may ever be seen of a secret. */
  facts(secret: Secret, settings: Settings): Fact[];
  /** For kinds whose credential is won by consent, at an authorization server. */
  consent?: Consent<Settings, Secret>;
}

/** Sends one request to a provider's own endpoints and returns the whole answer; handed in, never imported. */
export type Ask = (request: {
  method: "GET" | "POST" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  form?: Record<string, string>;
  json?: unknown;
}) => Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }>;

/** What a consent or a refresh won. */
export interface Grant<Secret> {
  secret: Secret;
  /** Undefined when the provider did not say. */
  scopes: string[] | undefined;
  /** Undefined when the provider did not say and no lifetime is configured: trusted until it is refused. */
  expiresAt: Date | undefined;
  refreshable: boolean;
  /** Where the account's API lives, when the answer tells. */
  baseUrl: string | undefined;
}

export interface Consent<Settings, Secret> {
  /** The address to send a browser to, and the scopes it asks for. */
  begin(
    settings: Settings,
    round: { state: string; verifier: string; redirectUri: string },
  ): { url: URL; scopes: string[] };
  /** Checks what came back besides state and code; throws SignetError `invalid`. */
  checkReturn(settings: Settings, query: Record<string, string>): void;
  /** Trades the code. `now` is when the request starts. Throws SignetError with a sentence made of known words. */
  finish(
    settings: Settings,
    round: { code: string; verifier: string; redirectUri: string },
    ask: Ask,
    now: Date,
  ): Promise<Grant<Secret>>;
  /** Trades the refresh token. Throws `needs_reconnect` when the provider's no is final. */
  refresh(settings: Settings, secret: Secret, redirectUri: string, ask: Ask, now: Date): Promise<Grant<Secret>>;
  /** Asks the provider to forget the grant; resolves to false where there is no way to, throws when it refuses. */
  revoke(settings: Settings, secret: Secret, ask: Ask): Promise<boolean>;
  /** Hosts to which the service's own secret may go: the token endpoint and its siblings. */
  controlHosts(settings: Settings): string[];
}
