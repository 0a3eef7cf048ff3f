import { z } from "zod";
import { invalid } from "../errors.ts";
import type { Header } from "../signer/request.ts";
import { TOKEN } from "./passing-headers.ts";

// What a caller asks to be sent: the input of execute, and its translation into a URL, headers and bytes.

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const single = (name: string) => z.string().max(16_000_000, `${name} is too large.`);

export const executeInput = z.strictObject({
  account: z.string().min(1, "Name the account by id or slug.").max(100),
  method: z.string().max(20).default("GET"),
  url: z.string().min(1, "Enter an address or a path.").max(16_384),
  query: z.record(z.string(), z.union([scalar, z.array(scalar), z.null()])).optional(),
  headers: z.record(z.string(), z.union([scalar, z.array(scalar)])).optional(),
  body: z.unknown().optional(),
  body_text: single("body_text").nullish(),
  body_base64: single("body_base64").nullish(),
  form: z.record(z.string(), z.union([scalar, z.array(scalar)])).nullish(),
  timeout_ms: z.number().int().min(1).max(120_000).default(30_000),
  follow_redirects: z.boolean().default(true),
  max_response_bytes: z.number().int().min(0).max(104_857_600).default(10_485_760),
  retries: z.number().int().min(0).max(5).default(0),
  simulate: z.boolean().default(false),
});

export type ExecuteInput = z.input<typeof executeInput>;
export type ParsedInput = z.output<typeof executeInput>;

/** A method in upper case. Throws `invalid`; CONNECT and TRACE are not requests to an API. */
export function parseMethod(text: string): string {
  const method = text.toUpperCase();
  if (!TOKEN.test(method)) throw invalid("method", "A method is one word, such as GET.");
  if (method === "CONNECT" || method === "TRACE") throw invalid("method", `${method} is not allowed.`);
  return method;
}

/**
 * The address that is meant: a whole one, or a path under `base`. Checked as text before it is parsed, because
 * parsers repair what should be refused (statement E-2). Throws `invalid`.
 */
export function parseTarget(text: string, base: () => string): URL {
  // Nearly every text has none of these, so that one search tells.
  if (/[\s\u0000-\u001f\u007f\\]|^\/\//.test(text)) refuseForm(text);
  const whole = text.charCodeAt(0) !== SLASH && /^[a-z][a-z0-9+.-]*:/i.test(text);
  if (whole && !/^https?:\/\/[^/]/i.test(text))
    throw invalid("url", "The address must begin with https:// and a host.");
  const full = whole ? text : join(base(), text);
  const url = URL.parse(full);
  if (url === null) throw invalid("url", "This is not an address.");
  if (url.username !== "" || url.password !== "")
    throw invalid("url", "An address holds no user name or password; the account has the credential.");
  if (url.port === "0") throw invalid("url", "Port 0 can not be reached.");
  if (full.includes("#")) url.hash = "";
  return url;
}

const SLASH = 47;

/** Says what is wrong with it; spaces inside are not. */
function refuseForm(text: string): void {
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw invalid("url", "An address holds no control characters or line breaks.");
  if (text !== text.trim()) throw invalid("url", "The address begins or ends with a space.");
  if (text.includes("\\")) throw invalid("url", "An address holds no backslash.");
  if (text.startsWith("//")) throw invalid("url", "Write the address with its scheme, such as https://.");
}

/** Adds `query` behind what the address has already. */
export function addQuery(url: URL, query: ParsedInput["query"]): void {
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null) url.searchParams.append(name, String(item));
    }
  }
}

/** Headers as the JSON API takes them, as pairs. */
export function headerPairs(headers: ParsedInput["headers"]): Header[] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((item) => [name, String(item)] as const),
  );
}

/** The bytes of the one body that was given, and the content type it has unless a header says otherwise. Throws `invalid`. */
export function encodeBody(input: ParsedInput, headers: Header[]): { body: Buffer | null; contentType: string | null } {
  const given = (["body", "body_text", "body_base64", "form"] as const).filter(
    (name) => input[name] !== undefined && input[name] !== null,
  );
  if (given.length > 1) throw invalid(given[1]!, `Give one body, not ${given.join(" and ")}.`);
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  switch (given[0]) {
    case undefined:
      return { body: null, contentType: null };
    case "body_text":
      return { body: Buffer.from(input.body_text!, "utf8"), contentType: "text/plain; charset=utf-8" };
    case "body_base64":
      return { body: fromBase64(input.body_base64!), contentType: "application/octet-stream" };
    case "form":
      return { body: formBody(input.form!), contentType: "application/x-www-form-urlencoded" };
    case "body":
      if (/^application\/x-www-form-urlencoded/i.test(type))
        return { body: formBody(asForm(input.body)), contentType: type };
      return { body: Buffer.from(JSON.stringify(input.body), "utf8"), contentType: "application/json" };
    default:
      throw invalid("body", "Unknown kind of body.");
  }
}

function join(base: string, path: string): string {
  const origin = base.endsWith("/") ? base.replace(/\/+$/, "") : base;
  return path.startsWith("/") || path.startsWith("?") ? origin + path : `${origin}/${path}`;
}

function fromBase64(text: string): Buffer {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) throw invalid("body_base64", "This is not base64.");
  return Buffer.from(text, "base64");
}

function formBody(form: NonNullable<ParsedInput["form"]>): Buffer {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const item of Array.isArray(value) ? value : [value]) encoded.append(name, String(item));
  }
  return Buffer.from(encoded.toString(), "utf8");
}

function asForm(body: unknown): NonNullable<ParsedInput["form"]> {
  const result = executeInput.shape.form.safeParse(body);
  if (!result.success || !result.data) throw invalid("body", "A form is an object of names and values.");
  return result.data;
}
