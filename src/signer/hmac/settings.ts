import { z } from "zod";
import type { Field } from "../kind.ts";
import { map } from "../shapes.ts";
import { credential, headerName } from "../text.ts";
import { namesIn, templateProblem } from "./template.ts";

export interface Settings {
  algorithm: "sha256" | "sha1" | "sha512" | "md5";
  encoding: "hex" | "base64" | "base64url";
  key_encoding: "raw" | "hex" | "base64";
  /** With `\n` for each line break. */
  string_to_sign: string;
  headers: Record<string, string>;
  query: Record<string, string>;
}

export interface Secret {
  key_id?: string | undefined;
  secret: string;
}

export const settingsFields: Field[] = [
  {
    name: "string_to_sign",
    label: "String to sign",
    type: "textarea",
    required: true,
    example: "{timestamp}{method}{path_and_query}{body}",
    help:
      "Names in braces are filled from the request: {method}, {url}, {host}, {path}, {path_and_query}, {query}, {sorted_query}, " +
      "{content_type}, {body}, {body_sha256_hex} and its like, {timestamp}, {timestamp_ms}, {iso_date}, {iso_date_ms}, " +
      "{http_date}, {nonce}, {key_id}. Write \\n for a line break.",
  },
  {
    name: "headers",
    label: "Headers",
    type: "map",
    example: "X-Signature={signature}",
    help: "One on each line, as name=value, with {signature} where it goes. What is made of the body is left out where there is none.",
  },
  {
    name: "query",
    label: "Query parameters",
    type: "map",
    example: "timestamp={timestamp_ms}",
    help: "As the headers. Those without {signature} are part of what is signed.",
  },
  {
    name: "algorithm",
    label: "Algorithm",
    type: "choice",
    options: [
      { value: "sha256", label: "HMAC-SHA256" },
      { value: "sha1", label: "HMAC-SHA1" },
      { value: "sha512", label: "HMAC-SHA512" },
      { value: "md5", label: "HMAC-MD5" },
    ],
  },
  {
    name: "encoding",
    label: "How the signature is written",
    type: "choice",
    options: [
      { value: "hex", label: "Hexadecimal" },
      { value: "base64", label: "Base64" },
      { value: "base64url", label: "Base64 for addresses, without padding" },
    ],
  },
  {
    name: "key_encoding",
    label: "How secrets are written",
    type: "choice",
    options: [
      { value: "raw", label: "As they are" },
      { value: "hex", label: "Hexadecimal" },
      { value: "base64", label: "Base64" },
    ],
    advanced: true,
  },
];

const UNFIT_TO_SIGN = { signature: "What is signed can not hold the {signature} itself." };
const UNFIT_TO_PLACE = {
  body: "A body has no room in a header or in the address; use a hash such as {body_sha256_hex}.",
};
// Signet and the connection write these themselves.
const TAKEN =
  /^(host|content-length|connection|transfer-encoding|upgrade|te|trailer|keep-alive|expect|proxy-.*|signet-.*)$/i;

const toSign = z
  .string()
  .max(2000)
  // Kept as they are written in one line, because forms cut off line breaks at the end.
  .transform((text) => text.replace(/\r?\n/g, "\\n"))
  .refine((text) => /^[\x20-\x7e]+$/.test(text), "Enter what is signed, in plain characters.")
  .superRefine((text, context) => complain(context, templateProblem(text, UNFIT_TO_SIGN)));

const places = map
  .superRefine((templates, context) => {
    for (const [name, template] of Object.entries(templates)) {
      if (!/^[\x20-\x7e]*$/.test(template)) complain(context, `${name}: use plain characters only.`);
      else complain(context, templateProblem(template, UNFIT_TO_PLACE), `${name}: `);
    }
  })
  .default({});

export const settingsSchema: z.ZodType<Settings> = z
  .strictObject({
    algorithm: z.enum(["sha256", "sha1", "sha512", "md5"]).default("sha256"),
    encoding: z.enum(["hex", "base64", "base64url"]).default("hex"),
    key_encoding: z.enum(["raw", "hex", "base64"]).default("raw"),
    string_to_sign: toSign,
    headers: places.superRefine((templates, context) => {
      for (const name of Object.keys(templates)) {
        if (!headerName.safeParse(name).success) complain(context, `"${name}" is not the name of a header.`);
        else if (TAKEN.test(name)) complain(context, `${name} is set by Signet itself.`);
      }
    }),
    query: places,
  })
  .refine(({ headers, query }) => [...Object.values(headers), ...Object.values(query)].some(namesSignature), {
    path: ["headers"],
    message: "Say where the {signature} goes: in a header or in a query parameter.",
  });

export const secretSchema: z.ZodType<Secret> = z.strictObject({
  key_id: z
    .string()
    .max(1024)
    .regex(/^[\x21-\x7e]+$/, "A key id has no spaces and no line breaks; copy it again.")
    .optional(),
  secret: credential,
});

/** Asks for a key id only where something is made of it. */
export function secretFields(settings: Settings): Field[] {
  const named = templatesOf(settings).some((template) => namesIn(template).includes("key_id"));
  return [
    ...(named ? [{ name: "key_id", label: "Key ID", type: "text" as const, required: true }] : []),
    { name: "secret", label: "Secret", type: "text", required: true, hidden: true },
  ];
}

/** Everything that is filled. */
export function templatesOf({ string_to_sign = "", headers = {}, query = {} }: Partial<Settings>): string[] {
  return [string_to_sign, ...Object.values(headers), ...Object.values(query)];
}

export function namesSignature(template: string): boolean {
  return namesIn(template).includes("signature");
}

function complain(context: z.RefinementCtx, problem: string | undefined, before = ""): void {
  if (problem !== undefined) context.addIssue({ code: "custom", message: before + problem });
}
