import { isUtf8 } from "node:buffer";
import type { Collected } from "./collect.ts";

/** A body as JSON can carry it: parsed, as text, or in base64 when it is neither. */
export interface ShownBody {
  content_type: string | null;
  body: unknown;
  body_base64: string | null;
}

/** Reads a body by its content type; JSON that is none becomes text, text that is none becomes base64. */
export function parseBody(answer: Pick<Collected, "headers" | "body" | "truncated">): ShownBody {
  const header = answer.headers["content-type"];
  const contentType = (Array.isArray(header) ? header[0] : header) ?? null;
  if (answer.body.length === 0) return { content_type: contentType, body: null, body_base64: null };
  const type = (contentType ?? "").toLowerCase();
  if (/[/+]json\b/.test(type) && !answer.truncated) {
    const parsed = parseJson(answer.body);
    if (parsed !== undefined) return { content_type: contentType, body: parsed, body_base64: null };
  }
  const text = isTextual(type) || isUtf8(answer.body) ? decode(answer.body, type, answer.truncated) : undefined;
  if (text !== undefined) return { content_type: contentType, body: text, body_base64: null };
  return { content_type: contentType, body: null, body_base64: answer.body.toString("base64") };
}

function isTextual(type: string): boolean {
  return /^text\/|[/+](json|xml|javascript|x-www-form-urlencoded|yaml|graphql)\b|charset=/.test(type);
}

/** Undefined when it is not JSON. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
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
