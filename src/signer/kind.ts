import type { z } from "zod";
import type { Discovery } from "./discovery.ts";
import type { Example } from "./example.ts";
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
  /** Something that people have as a file, such as a certificate, though it is no secret. */
  file?: boolean;
  /** Shown behind "More settings". */
  advanced?: boolean;
  /** The heading under which the rarest of the advanced fields are folded away together. */
  group?: string;
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
  /** Blanks in a path, such as `{key}`, in which sign() puts it. */
  path?: string[];
}

/** What stands in place of a secret wherever a signed request is shown. */
export const MASK = "•••";

/** What a provider asks to be answered; made by challenged() and read by the same kind only. */
export type Asked = Readonly<Record<string, string>> & {
  /** Answers to the same nonce are counted together. */
  readonly nonce: string;
};

export interface Challenge {
  asked: Asked;
  /** Which answer to it this is, the first being 1; counted by whoever holds it. */
  count: number;
}

/** What signing may use besides request and secret; handed in, so that published vectors can be checked. */
export interface Circumstances {
  now: Date;
  /** 32 hexadecimal characters that never come again. */
  nonce(): string;
  challenge: Challenge | undefined;
}

/** With which a connection proves who opens it (mutual TLS), and whom it trusts; everything as PEM. */
export interface ClientCertificate {
  /** With those that issued it behind it; none where only the authorities are special. */
  certificate?: string | undefined;
  key?: string | undefined;
  /** Who may have signed the server's certificate, besides the public authorities. */
  authorities?: string | undefined;
}

/** Where a directory is, how connections to it are secured, and what a search is without further words. */
export interface Directory {
  host: string;
  port: number;
  security: "tls" | "starttls" | "none";
  base: string;
  attributes: string[];
}

/** As whom a connection to a directory signs in (RFC 4513): by name and password, or as its client certificate says. */
export type DirectoryBind = { method: "simple"; dn: string; password: string } | { method: "external" };

/**
 * A way to authenticate. Pure: no clock, no network, no chance, no storage of its own. `Settings` are asked once per
 * service, `Secret` once per account. What takes only settings must do without the hidden ones.
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
  /** The same for kinds where the settings say what is asked. */
  secretSchemaFor?(settings: Settings): z.ZodType<Secret>;
  /** What is kept of what was entered, looked at more closely than the schema can. Throws `invalid` at a field. */
  examine?(entered: Secret, settings: Settings): Secret;
  /** Adds the credential. Everything it covers must leave as it is. */
  sign(request: OutgoingRequest, secret: Secret, settings: Settings, circumstances: Circumstances): OutgoingRequest;
  /** As sign() would, with MASK where the secret goes: needs no secret. */
  preview(request: OutgoingRequest, settings: Settings, circumstances: Circumstances): OutgoingRequest;
  /** What is signed, for whoever simulates: a base string, a canonical request; MASK where a secret would stand. */
  explain?(request: OutgoingRequest, settings: Settings, circumstances: Circumstances): Record<string, string>;
  /** True when the signature covers the body's bytes, so that a stream is read whole (at most 1 MiB) before signing. */
  coversBody?(settings: Settings, request: OutgoingRequest): boolean;
  slots(settings: Settings): Slots;
  /** Every string that an answer must not carry back to the caller (statement E-13). */
  sensitive(secret: Secret, settings: Settings): string[];
  /** What else an answer must not carry back of a signed request, such as a bearer token made for it alone. */
  made?(signed: OutgoingRequest, settings: Settings): string[];
  /** All that may ever be seen of a secret. */
  facts(secret: Secret, settings: Settings): Fact[];
  /** Hosts, as in URL.host, to which the service's hidden settings may go: token endpoints and their siblings. */
  controlHosts?(settings: Settings): string[];
  /** How accounts are won by consent at the provider; undefined where these settings ask nobody. */
  consent?(settings: Settings): Consent<Settings, Secret> | undefined;
  /** How a lasting secret is traded for one that signs and ends; undefined where what was entered signs by itself. */
  renewal?(settings: Settings): Renewal<Settings, Secret> | undefined;
  /** Asks the provider to forget the grant; resolves to false where there is no way to, throws when it refuses. */
  revoke?(settings: Settings, secret: Secret, ask: Ask, circumstances: Circumstances): Promise<boolean>;
  /**
   * The request's address signed in itself, good for whoever has it until `seconds` are over; for kinds that can. Throws
   * SignetError as sign() does.
   */
  presign?(
    request: OutgoingRequest,
    secret: Secret,
    settings: Settings,
    circumstances: Circumstances,
    seconds: number,
  ): URL;
  /**
   * Reads what a 401 asks for, or what an answer to the challenge among the circumstances asks for next. Kept in memory
   * for each account and handed to sign() from then on. Throws `upstream_invalid` for what can not be answered.
   */
  challenged?(answer: AnswerHead, settings: Settings, circumstances: Circumstances): Asked | undefined;
  /** What a refusal means and what to change, in a sentence for people; undefined when it does not tell. */
  refused?(answer: Answer, settings: Settings, now: Date): string | undefined;
  /**
   * The certificate for connections of this account, those to the provider's own endpoints among them. Without a
   * secret while there is no account yet. A kind that has none of its own takes the service's (src/signer/tls.ts).
   */
  certificate?(secret: Secret | undefined, settings: Settings): ClientCertificate | undefined;
  /** Between which moments what was entered is good, where it says so itself. */
  validity?(secret: Secret): { from: Date; until: Date } | undefined;
  /** For kinds whose accounts search a directory instead of sending requests. */
  directory?: {
    at(settings: Settings): Directory;
    bind(secret: Secret, settings: Settings): DirectoryBind;
  };
  /** How a server's own description becomes settings. */
  discovery?: Discovery;
  /** Settings under which this kind would sign such a request; undefined when it would not. */
  fromExample?(example: Example): Partial<Settings> | undefined;
}

/** Status and headers of an answer; names in lower case. */
export interface AnswerHead {
  status: number;
  headers: Record<string, string | string[] | undefined>;
}

/** Sends one request to a provider's own endpoints and returns the whole answer; handed in, never imported. */
export type Ask = (request: {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  /** At most one of the three; `body` goes out byte for byte. */
  form?: Record<string, string>;
  json?: unknown;
  body?: string;
}) => Promise<Answer>;

/** A whole answer of a provider's. */
export interface Answer extends AnswerHead {
  text: string;
}

/** What a consent or a renewal won. */
export interface Grant<Secret> {
  secret: Secret;
  /** Undefined when the provider did not say. */
  scopes: string[] | undefined;
  /** Undefined when the provider did not say and no lifetime is configured: trusted until it is refused. */
  expiresAt: Date | undefined;
  refreshable: boolean;
  /** Where the account's API lives, when the answer tells. */
  baseUrl: string | undefined;
  /** Whose it is, where the answer tells; what the service's test request tells is believed first. */
  identity?: { id: string | null; label: string | null } | undefined;
  /** What was learned of the account, by names that stand as {name} in addresses and headers. Never secret. */
  metadata?: Record<string, string> | undefined;
  /** When it can no longer be renewed and a person has to consent again. */
  endsAt?: Date | undefined;
}

export interface Consent<Settings, Secret> {
  /**
   * The address to send a browser to, and the scopes it asks for. `kept` rests sealed until the callback. The
   * callback must come with `state` as a parameter. Throws SignetError when the provider had to be asked and refused.
   */
  begin(
    settings: Settings,
    round: { state: string; verifier: string; redirectUri: string },
    ask: Ask,
    circumstances: Circumstances,
  ): Promise<Begun>;
  /** Checks what came back besides state and error; throws SignetError `invalid`. */
  checkReturn(settings: Settings, query: Record<string, string>): void;
  /** Trades what came back. `now` is when the request starts. Throws SignetError with a sentence made of known words. */
  finish(settings: Settings, round: Round, ask: Ask, circumstances: Circumstances): Promise<Grant<Secret>>;
  /**
   * Where no browser comes back: asks once whether the person has consented meanwhile. The grant, or after how many
   * seconds to ask again. Throws as finish() does once it was declined or took too long.
   */
  poll?(
    settings: Settings,
    round: { kept: Record<string, string>; seconds: number },
    ask: Ask,
    circumstances: Circumstances,
  ): Promise<Grant<Secret> | { again: number }>;
}

/** A consent that has begun. */
export interface Begun {
  /** Where the person goes. */
  url: URL;
  scopes: string[];
  kept?: Record<string, string>;
  /** Only where no browser comes back, but the person types a code at `address` (RFC 8628). */
  wait?: { code: string; address: string; seconds: number; lasts: number };
}

/** What belongs together when a browser comes back. */
export interface Round {
  /** The callback's parameters, each of which came once. */
  query: Record<string, string>;
  verifier: string;
  redirectUri: string;
  kept: Record<string, string>;
}

export interface Renewal<Settings, Secret> {
  /**
   * What is kept of what was entered, bound to where it may go. `ready` when it signs as it is, so that an account need
   * not begin with a renewal; `renewable` when there is something to trade. Throws `invalid` at a field when it is neither.
   */
  accept(entered: Secret, settings: Settings): { secret: Secret; ready: boolean; renewable: boolean };
  /** Trades the lasting part for a new short-lived one. Throws `needs_reconnect` when the provider's no is final. */
  renew(
    settings: Settings,
    secret: Secret,
    round: { redirectUri: string },
    ask: Ask,
    circumstances: Circumstances,
  ): Promise<Grant<Secret>>;
}
