import { jsonValue, pieces, template } from "./template.ts";
import { LeftOutHere, type Scope } from "./scope.ts";

/** An action as it is written in a package. */
export type Action = Record<string, unknown>;

const FORM = "application/x-www-form-urlencoded";

/** The fields of an http_request for an action that sends one. `note` tells what is not quite the same. */
export function requestOf(action: Action, scope: Scope, note: (reason: string) => void): Record<string, unknown> {
  const method = textIn(action, "http_verb").toUpperCase() || "GET";
  const headers = headersOf(textIn(action, "http_headers"), scope);
  return {
    account: accountOf(action, scope),
    ...(method !== "GET" && { method }),
    url: addressOf(textIn(action, "http_url"), scope, note),
    ...bodyOf(textIn(action, "http_body"), headers, scope),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}

export function textIn(action: Action, name: string): string {
  const value = action[name];
  return typeof value === "string" ? value : "";
}

function accountOf(action: Action, scope: Scope): string {
  if (action.auth === "placeholder") return template(textIn(action, "auth_placeholder"), scope);
  const key = action.auth_connected_account_id;
  const prompt = typeof key === "string" ? /^\{\{\{\s*(\w+)\s*\}\}\}$/.exec(key)?.[1] : undefined;
  if (prompt !== undefined && scope.prompts.has(prompt)) return `{{{ prompts.${prompt} }}}`;
  throw new LeftOutHere("This request names no account that could be asked for; here every request has one.");
}

/** Where the host is worked out, the account's own base URL takes its place. */
function addressOf(text: string, scope: Scope, note: (reason: string) => void): string {
  const address = template(text.trim().replaceAll("&amp;", "&"), scope, "url");
  const origin = /^https?:\/\/([^/?#]*)/.exec(address);
  if (!origin?.[1]!.replace(/\{\{\{.*?\}\}\}/g, "").includes("{{")) return address;
  note("The host of this address is worked out; the account's own base URL takes its place.");
  return address.slice(origin[0].length) || "/";
}

function headersOf(text: string, scope: Scope): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(":");
      if (at <= 0) throw new LeftOutHere(`The header line “${line.slice(0, 60)}” has no name.`);
      return [line.slice(0, at).trim().toLowerCase(), template(line.slice(at + 1).trim(), scope)];
    }),
  );
}

/** The body in the form it has here; takes the content type away where that follows from the form. */
function bodyOf(text: string, headers: Record<string, string>, scope: Scope): Record<string, unknown> {
  if (text.trim() === "") return {};
  const type = headers["content-type"] ?? FORM;
  if (/^application\/([a-z.-]+\+)?json\b/i.test(type)) {
    const body = jsonValue(text, scope);
    if (/^application\/json\b/i.test(type)) delete headers["content-type"];
    return { body };
  }
  const form = type.startsWith(FORM) ? formOf(text, scope) : undefined;
  if (form) {
    delete headers["content-type"];
    return { form };
  }
  headers["content-type"] ??= FORM;
  return { body_text: template(text, scope) };
}

/** a=1&b={{x|url_encode}} as names and values; undefined for a body that is no such form. */
function formOf(text: string, scope: Scope): Record<string, string> | undefined {
  const pairs: [string, string][] = [];
  for (const pair of text.trim().split("&")) {
    const at = pair.indexOf("=");
    if (at <= 0 || !/^[\w.[\]-]+$/.test(pair.slice(0, at))) return undefined;
    const value = pieces(pair.slice(at + 1), scope).map((piece) => {
      if (typeof piece === "string") return decoded(piece);
      if ("prompt" in piece) return `{{{ prompts.${piece.prompt} }}}`;
      return `{{ ${piece.value.inner?.filter === "url" ? piece.value.inner.of.cel : piece.value.cel} }}`;
    });
    pairs.push([pair.slice(0, at), value.join("")]);
  }
  return new Set(pairs.map(([name]) => name)).size === pairs.length ? Object.fromEntries(pairs) : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
