import type { z } from "zod";
import type { Scope } from "../access/actor.ts";
import type { Context } from "../context.ts";
import type { Answer } from "./answer.ts";

/** What a page's handler may know of the request. */
export interface Incoming {
  path: string;
  params: Record<string, string>;
  /** The last value of each name; `search` has them all. */
  query: Record<string, string>;
  search: URLSearchParams;
  /** Fields of a form; a name sent more than once is an array. */
  form: Record<string, string | string[]>;
  /** A random value that stays with this browser, kept in a cookie; not a sign-in. */
  browser: string;
  /** The session cookie's value, for the routes that start and end sessions. */
  sessionToken: string | undefined;
  /** What the browser calls itself, cut to 200 characters. */
  userAgent: string;
  /** The address that the request came from, proxies that are trusted left out. */
  address: string;
  headers: Record<string, string | string[] | undefined>;
}

/** Who may open a page: anybody, whoever is signed in, or admins. Signed-in unless a route says otherwise. */
export type Access = "public" | "signed-in" | "admin";

export interface PageRoute {
  method: "GET" | "POST";
  path: string;
  access: Access;
  /** Served in development only. */
  development?: true;
  /** Largest form in bytes; 256 KiB unless said. */
  bodyLimit?: number;
  handle(ctx: Context, request: Incoming): Promise<Answer> | Answer;
}

type Handle = PageRoute["handle"];

export function get(path: string, handle: Handle, access: Access = "signed-in"): PageRoute {
  return { method: "GET", path, access, handle };
}

/** A form's target. GET changes nothing; whatever changes something is a POST. */
export function post(path: string, handle: Handle, access: Access = "signed-in", bodyLimit?: number): PageRoute {
  return { method: "POST", path, access, handle, ...(bodyLimit !== undefined && { bodyLimit }) };
}

/** An answer of the API that is a text already. */
export class Text {
  readonly contentType: string;
  readonly text: string;

  constructor(contentType: string, text: string) {
    this.contentType = contentType;
    this.text = text;
  }
}

/** A resource of the JSON API, under /api/v1. Described in OpenAPI by these very schemas. */
export interface ApiRoute {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** With {names} as in OpenAPI. */
  path: string;
  /** The scope a token needs; "public" needs no token. */
  scope: Scope | "public";
  summary: string;
  body?: z.ZodType;
  query?: z.ZodType;
  /** Status of success; 200 unless said. */
  status?: number;
  /** Served past the framework (direct.ts); the verb alone checks the body. Needs a body limit and a path without names. */
  direct?: true;
  /** Largest body in bytes; 256 KiB unless said. */
  bodyLimit?: number;
  handle(ctx: Context, request: { params: Record<string, string>; query: never; body: never }): Promise<unknown>;
}
