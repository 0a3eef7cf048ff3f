import type { Answer, Received } from "../echo.ts";
import type { Person } from "./http.ts";

// In which ways authorization servers differ.

/** What Signet is to the provider. */
export interface App {
  id: string;
  secret: string;
}

export const APP: App = { id: "signet-at-provider", secret: "canary-client-secret" };

export interface Rules {
  /** What the app may ask for. */
  scopes: readonly string[];
  between?: " " | ",";
  /** How the client has to present itself. */
  client: "basic" | "body" | "either";
  pkce: "required" | "supported" | "refused";
  /** Seconds; without it access tokens do not end by themselves, and no answer says when. */
  lifetime?: number;
  refresh: "never" | "kept" | "rotated";
  /** A refresh has to name the callback address again. */
  redirectOnRefresh?: boolean;
  /** Token requests may be JSON. */
  json?: boolean;
  /** Beginnings of access and refresh tokens. */
  prefixes?: [access: string, refresh: string];
  /** Whether a consent gives a refresh token. Default: always, unless `refresh` is never. */
  lasts?(asked: URLSearchParams, first: boolean): boolean;
  /** Whether a consent has ended by itself, so that it can not be renewed any more. */
  ended?(grant: Grant): boolean;
  /** What is wrong with an authorization request besides what the protocol says. */
  objection?(asked: URLSearchParams): string | undefined;
  /** The token answer. Default: RFC 6749 section 5.1. */
  shape?(grant: Grant, plain: TokenAnswer): object;
  /** An error of the token endpoint. Default: RFC 6749 section 5.2. */
  refuse?(error: string, description: string): Reply;
  /** How the token endpoint writes. Default: JSON. */
  write?(reply: Reply, request: Received): Answer;
  /** What comes back when somebody declines. Default: access_denied. */
  declined?: Record<string, string>;
  /** Grant types for which no client has to present itself. */
  open?: readonly string[];
  /** Further grant types of the token endpoint; undefined when this one is none of them. */
  others?(grantType: string, form: URLSearchParams): Reply | undefined;
}

/** What the token endpoint answers. */
export type Reply = readonly [body: object, status: number];

export interface TokenAnswer {
  access_token: string;
  token_type: string;
  scope: string;
  expires_in?: number;
  refresh_token?: string;
}

/** What somebody allowed. */
export interface Grant {
  person: Person;
  scopes: string[];
  /** The authorization request. */
  asked: URLSearchParams;
  refreshToken: string | undefined;
  since: Date;
}
