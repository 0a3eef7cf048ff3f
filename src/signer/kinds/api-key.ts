import { z } from "zod";
import { SignetError } from "../../errors.ts";
import { MASK, type Kind } from "../kind.ts";
import { headerValue, withHeader, withQuery, type OutgoingRequest } from "../request.ts";
import { credential, headerName, lastFour } from "../text.ts";

interface Settings {
  in: "header" | "query" | "cookie" | "body";
  name: string;
  format: string;
}

interface Secret {
  key: string;
}

const PLACE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z[\]]+$/;

/** A key in a named header, query parameter, cookie or body field. */
export const apiKey: Kind<Settings, Secret> = {
  id: "api_key",
  label: "API key",
  summary: "A key in a header, a query parameter, a cookie or a field of the body.",
  settings: [
    {
      name: "in",
      label: "Where the key goes",
      type: "choice",
      options: [
        { value: "header", label: "Header" },
        { value: "query", label: "Query parameter" },
        { value: "cookie", label: "Cookie" },
        { value: "body", label: "Field of the body (JSON or form)" },
      ],
    },
    { name: "name", label: "Its name there", type: "text", required: true, example: "X-Api-Key" },
    {
      name: "format",
      label: "Format",
      type: "text",
      example: "Token {key}",
      help: "{key} stands for the key. Default: the key alone.",
      advanced: true,
    },
  ],
  settingsSchema: z
    .strictObject({
      in: z.enum(["header", "query", "cookie", "body"]).default("header"),
      name: z.string().min(1, "Enter the name.").max(100).regex(PLACE, "Use letters, digits and dashes only."),
      format: z
        .string()
        .max(200)
        .regex(/^[\x20-\x7e]*$/, "Use plain characters only.")
        .refine((format) => format.includes("{key}"), "Write {key} where the key goes.")
        .default("{key}"),
    })
    .refine((settings) => !["header", "cookie"].includes(settings.in) || headerName.safeParse(settings.name).success, {
      path: ["name"],
      message: "The name of a header or cookie has no brackets.",
    }),
  secret: () => [{ name: "key", label: "Key", type: "text", required: true, hidden: true }],
  secretSchema: z.strictObject({ key: credential }),
  sign: (request, secret, settings) => place(request, settings, secret.key),
  preview: (request, settings) => place(request, settings, MASK),
  slots: (settings) => ({
    headers: settings.in === "header" ? [settings.name] : settings.in === "cookie" ? ["Cookie"] : [],
    query: settings.in === "query" ? [settings.name] : [],
    body: settings.in === "body" ? [settings.name] : [],
  }),
  sensitive: (secret) => [secret.key],
  facts: (secret) => [{ label: "Key", value: lastFour(secret.key) }],
};

function place(request: OutgoingRequest, settings: Settings, key: string): OutgoingRequest {
  // A function, because "$&" in a key would be read as a pattern by replaceAll.
  const value = settings.format.replaceAll("{key}", () => key);
  switch (settings.in) {
    case "header":
      return withHeader(request, settings.name, value);
    case "query":
      return withQuery(request, settings.name, value);
    case "cookie":
      return withHeader(request, "Cookie", `${settings.name}=${value}`);
    case "body":
      return { ...request, body: intoBody(request, settings.name, value) };
  }
}

function intoBody(request: OutgoingRequest, name: string, value: string): Buffer {
  const type = headerValue(request, "content-type") ?? "";
  const text = request.body?.toString("utf8") ?? "";
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    const form = new URLSearchParams(text);
    form.set(name, value);
    return Buffer.from(form.toString());
  }
  try {
    const fields: unknown = text === "" ? {} : JSON.parse(text);
    if (fields !== null && typeof fields === "object" && !Array.isArray(fields)) {
      return Buffer.from(JSON.stringify({ ...fields, [name]: value }));
    }
  } catch {
    // Not JSON: the sentence below says what to send instead.
  }
  throw new SignetError("invalid", "This service puts its key into the body: send a JSON object or a form.", {
    issues: [{ path: "body", message: "Must be a JSON object or a form." }],
  });
}
