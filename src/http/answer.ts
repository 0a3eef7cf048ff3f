import type { Context } from "../context.ts";

/** What a page's handler returns; server.ts turns it into a response. */
export type Answer =
  | { type: "view"; view: string; data: Record<string, unknown>; status: number; formAction?: string | undefined }
  | { type: "redirect"; to: string; flash?: Flash | undefined; session?: string | null; clearSiteData?: boolean }
  | { type: "json"; body: object }
  | { type: "download"; name: string; contentType: string; chunks: AsyncIterable<string> }
  | { type: "events"; follow: Follow };

/** One thing that a page is told while it is open. */
export interface PageEvent {
  event: string;
  data: string;
}

/**
 * Makes the events of a page until `signal` says that it was left. `again` gives the context anew, as the session is at
 * that moment; undefined once it has ended.
 */
export type Follow = (again: () => Promise<Context | undefined>, signal: AbortSignal) => AsyncIterable<PageEvent>;

/** One sentence shown once on the next page. */
export interface Flash {
  kind: "good" | "warn" | "bad" | "info";
  text: string;
  href?: string;
  action?: string;
  /** The address takes a POST: a button instead of a link. */
  post?: true;
}

/**
 * A page: views/<name>.eta with plain data. `formAction` names the origin to which a form of this page is allowed to
 * lead on, for forms that are answered with a redirect to a provider (statement W-8).
 */
export function view(
  name: string,
  data: Record<string, unknown> = {},
  more: { status?: number; formAction?: string } = {},
): Answer {
  return { type: "view", view: name, data, status: more.status ?? 200, formAction: more.formAction };
}

/** See other: a path of this hub, or (from the link routes only) a provider's address. */
export function redirect(to: string, flash?: Flash): Answer {
  return { type: "redirect", to, flash };
}

/** Data for a script of our own pages. */
export function json(body: object): Answer {
  return { type: "json", body };
}

/** A file to keep, sent while it is still being made; what fails on the way breaks the download off. */
export function download(name: string, contentType: string, chunks: AsyncIterable<string>): Answer {
  return { type: "download", name, contentType, chunks };
}

/** Server-sent events, for a script of our own pages that looks for news. */
export function events(follow: Follow): Answer {
  return { type: "events", follow };
}

/** Redirects and sets (a token) or clears (null) the session cookie. */
export function redirectWithSession(to: string, session: string | null, flash?: Flash): Answer {
  return { type: "redirect", to, flash, session, clearSiteData: session === null };
}

export function good(text: string): Flash {
  return { kind: "good", text };
}

export function bad(text: string): Flash {
  return { kind: "bad", text };
}
