import { randomBytes } from "node:crypto";
import { json, type Answer, type Received } from "../echo.ts";
import type { Internet } from "./internet.ts";

/** Where an emulator stands: its hosts, the time, and where browsers are sent back to. */
export interface Ground {
  internet: Internet;
  clock: () => Date;
  /** The callback address that is registered at the provider. */
  callback: string;
}

/** Somebody with a user at the provider. */
export interface Person {
  id: string;
  name: string;
  email: string;
}

export const GRACE: Person = { id: "1906120901", name: "Grace Hopper", email: "grace@acme.example" };
export const ALAN: Person = { id: "1912062301", name: "Alan Turing", email: "alan@acme.example" };
export const PEOPLE = [GRACE, ALAN];

/** A request to an emulator, taken apart. */
export interface Call {
  request: Received;
  query: URLSearchParams;
  /** What stood where the route has its asterisks, decoded. */
  params: string[];
}

export type Handler = (call: Call) => Answer;

/** Answers by lines such as `GET /users/*`, in which an asterisk stands for one segment. */
export function routes(table: Record<string, Handler>, otherwise: Handler = () => json({ error: "not_found" }, 404)) {
  const known = Object.entries(table).map(([line, handler]) => {
    const [method, path] = line.split(" ") as [string, string];
    const pattern = path.replaceAll(".", "\\.").replaceAll("*", "([^/]+)");
    return { method, pattern: new RegExp(`^${pattern}$`), handler };
  });
  const answer: Answer = (request, response) => {
    const { pathname, searchParams: query } = new URL(request.path, "https://emulator.invalid");
    for (const { method, pattern, handler } of known) {
      const found = method === request.method ? pattern.exec(pathname) : null;
      if (found) return handler({ request, query, params: found.slice(1).map(decodeURIComponent) })(request, response);
    }
    return otherwise({ request, query, params: [] })(request, response);
  };
  return answer;
}

/** A form that names each of its fields once; undefined for anything else. */
export function formOf(request: Received): URLSearchParams | undefined {
  if (!/^application\/x-www-form-urlencoded\b/.test(request.header("content-type") ?? "")) return undefined;
  const form = new URLSearchParams(request.body.toString("utf8"));
  return new Set(form.keys()).size === form.size ? form : undefined;
}

/** An object sent as JSON; undefined for anything else. */
export function jsonOf(request: Received): Record<string, unknown> | undefined {
  if (!/^application\/json\b/.test(request.header("content-type") ?? "")) return undefined;
  try {
    const body: unknown = JSON.parse(request.body.toString("utf8"));
    return body !== null && typeof body === "object" ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** An object of texts sent as JSON, read like a form; undefined for anything else. */
export function jsonForm(request: Received): URLSearchParams | undefined {
  const body = jsonOf(request);
  const texts = body && Object.values(body).every((value) => typeof value === "string");
  return texts ? new URLSearchParams(body as Record<string, string>) : undefined;
}

/** The token behind a word such as Bearer. */
export function tokenOf(request: Received, word = "Bearer"): string | undefined {
  const header = request.header("authorization") ?? "";
  return header.startsWith(`${word} `) ? header.slice(word.length + 1) : undefined;
}

/** User name and password of RFC 7617, as they are inside. */
export function basicOf(request: Received): [user: string, password: string] | undefined {
  const pair = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(request.header("authorization") ?? "")?.[1];
  const text = pair === undefined ? "" : Buffer.from(pair, "base64").toString("utf8");
  return text.includes(":") ? [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1)] : undefined;
}

/** So many of something, to be listed page by page. */
export function many<Item>(count: number, make: (number: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

/** One page of a list by its number, with the links to others that a Link header has (RFC 8288). */
export function numbered<Item>(all: Item[], { request, query }: Call, host: string, size = "per_page") {
  const page = Number(query.get("page") ?? 1);
  const most = Math.min(100, Number(query.get(size) ?? 20));
  const pages = Math.max(1, Math.ceil(all.length / most));
  const at = (number: number, rel: string) => {
    const url = new URL(request.path, `https://${host}`);
    url.searchParams.set("page", String(number));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [...(page > 1 ? [at(page - 1, "prev")] : []), ...(page < pages ? [at(page + 1, "next")] : [])];
  const headers: Record<string, string> = pages > 1 ? { link: [...links, at(pages, "last")].join(", ") } : {};
  return { items: all.slice((page - 1) * most, page * most), page, pages, headers };
}

/** One page of a list behind a cursor, which is where it goes on; undefined at the end. */
export function behind<Item>(all: Item[], cursor: string | null, size: number) {
  const from = cursor === null || cursor === "" ? 0 : Number(Buffer.from(cursor, "base64url").toString());
  const next = from + size < all.length ? Buffer.from(String(from + size)).toString("base64url") : undefined;
  return { items: all.slice(from, from + size), next };
}

/** 204, as many answer what was deleted. */
export const nothing: Answer = (_request, response) => response.writeHead(204).end();

export function random(prefix = ""): string {
  return prefix + randomBytes(24).toString("base64url");
}
