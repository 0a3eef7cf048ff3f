import { isUtf8 } from "node:buffer";
import type { Collected } from "./collect.ts";

/** A body as JSON can carry it: parsed, as text, or in base64 when it is neither. */
export interface ShownBody {
  content_type: string | null;
  body: unknown;
  body_base64: string | null;
}

/** A body that was read, and the JSON text that it was; null when it was none. */
export interface ReadBody {
  shown: ShownBody;
  json: string | null;
}

/** As readBody(), for those who need not know what it was. */
export function parseBody(answer: Pick<Collected, "headers" | "body" | "truncated">): ShownBody {
  return readBody(answer).shown;
}

/** Reads a body by its content type; JSON that is none becomes text, text that is none becomes base64. */
export function readBody(answer: Pick<Collected, "headers" | "body" | "truncated">): ReadBody {
  const header = answer.headers["content-type"];
  const content_type = (Array.isArray(header) ? header[0] : header) ?? null;
  const read = (body: unknown, base64: string | null, json: string | null): ReadBody => ({
    shown: { content_type, body, body_base64: base64 },
    json,
  });
  if (answer.body.length === 0) return read(null, null, null);
  const type = (content_type ?? "").toLowerCase();
  if (/[/+]json\b/.test(type) && !answer.truncated) {
    const json = answer.body.toString("utf8");
    const parsed = parseJson(json);
    if (parsed !== undefined) return read(parsed, null, json);
  }
  const text = isTextual(type) || isUtf8(answer.body) ? decode(answer.body, type, answer.truncated) : undefined;
  return text === undefined ? read(null, answer.body.toString("base64"), null) : read(text, null, null);
}

function isTextual(type: string): boolean {
  return /^text\/|[/+](json|xml|javascript|x-www-form-urlencoded|yaml|graphql)\b|charset=/.test(type);
}

/** Undefined when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function decode(body: Buffer, type: string, truncated: boolean): string | undefined {
  const charset = /charset="?([\w.:-]+)/.exec(type)?.[1] ?? "utf-8";
  try {
    // A cut in the middle of a character is the cut's fault, not the text's.
    return new TextDecoder(charset, { fatal: !truncated }).decode(body);
  } catch {
    return undefined;
  }
}
