import { SignetError } from "../../errors.ts";
import type { AnswerHead } from "../kind.ts";
import { walk } from "../json.ts";
import { withHeader, type OutgoingRequest } from "../request.ts";
import { readJson, tokenAt } from "../won.ts";
import type { Settings } from "./settings.ts";

/** The session in the answer to a login, as it will go out; undefined when there is none. */
export function sessionIn(settings: Settings, answer: AnswerHead & { text: string }): string | undefined {
  switch (settings.session_in) {
    case "json":
      return tokenAt(readJson(answer.text), settings.session_path);
    case "header":
      return tokenAt([answer.headers[settings.session_path.toLowerCase()] ?? []].flat()[0], "");
    case "cookie":
      return cookieIn(settings, [answer.headers["set-cookie"] ?? []].flat());
  }
}

/** The request with the session on it. */
export function attach(request: OutgoingRequest, settings: Settings, session: string): OutgoingRequest {
  if (settings.attach === "header")
    return withHeader(
      request,
      settings.header,
      settings.format.replaceAll("{session}", () => session),
    );
  const named = settings.session_in === "cookie" && settings.cookie_name === undefined;
  return withHeader(request, "Cookie", named ? session : `${settings.cookie_name}=${session}`);
}

/** What to keep of the answer under each name. Throws `upstream_invalid` for what is not there. */
export function metadataIn(settings: Pick<Settings, "metadata">, body: unknown): Record<string, string> | undefined {
  const wanted = Object.entries(settings.metadata);
  if (wanted.length === 0) return undefined;
  return Object.fromEntries(
    wanted.map(([name, dotted]) => {
      const value = walk(body, dotted);
      if (typeof value === "string" || typeof value === "number") return [name, String(value)];
      throw new SignetError("upstream_invalid", `The answer to the login did not tell "${name}".`);
    }),
  );
}

/** Pairs as Cookie takes them, or the value alone where it goes elsewhere; those that are taken back do not count. */
function cookieIn(settings: Settings, setCookies: string[]): string | undefined {
  const cookies = new Map<string, string>();
  for (const text of setCookies) {
    const [, name, value = "", attributes = ""] = /^\s*([^=;\s]+)\s*=\s*([^;]*?)\s*(;.*)?$/.exec(text) ?? [];
    if (name === undefined || tokenAt(value, "") === undefined) continue;
    if (/;\s*max-age\s*=\s*(0|-\d+)\s*(;|$)/i.test(attributes)) cookies.delete(name);
    else cookies.set(name, value);
  }
  const { session_path: name, attach: place, cookie_name: renamed } = settings;
  if (name === "") return cookies.size === 0 ? undefined : [...cookies].map((pair) => pair.join("=")).join("; ");
  const value = cookies.get(name);
  return value === undefined || place === "header" || renamed !== undefined ? value : `${name}=${value}`;
}
