import type { Step } from "../behaviors/step.ts";
import { inputOf, type Typed } from "./console-form.ts";

/** What the console holds, as a step that sends the same. Throws `invalid` naming the field, as sending does. */
export function stepOfRequest(typed: Typed, account: string, id: string, title: string): Step {
  const { method, url, query, headers, form, body_text, body_base64 } = inputOf({ ...typed, account });
  const json = typed.body_kind === "json";
  const kept = json ? Object.entries(headers ?? {}).filter(([name, value]) => !isJsonType(name, value)) : null;
  const parts = {
    query: singles(query),
    headers: singles(kept ? Object.fromEntries(kept) : headers),
    form: singles(form),
    body: json ? (JSON.parse(body_text!) as unknown) : undefined,
    body_text: json ? undefined : body_text,
    body_base64,
  };
  const given = Object.entries(parts).filter(([, value]) => value !== undefined);
  const head = { ...(id && { id }), do: "http_request", ...(title && { title }) };
  return { ...head, account, method, url, ...Object.fromEntries(given) } as Step;
}

/** A body of JSON has this header by itself. */
function isJsonType(name: string, value: unknown): boolean {
  return name.toLowerCase() === "content-type" && [value].flat().join() === "application/json";
}

/** One value instead of a list of one; nothing instead of none. */
function singles(lines: object | null | undefined): Record<string, unknown> | undefined {
  const entries = Object.entries(lines ?? {}).map(([name, values]) => {
    const list = [values as unknown].flat();
    return [name, list.length === 1 ? list[0] : list] as const;
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
