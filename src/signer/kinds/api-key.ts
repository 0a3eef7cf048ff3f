import { z } from "zod";
import { SignetError } from "../../errors.ts";
import { placeIn } from "../api-key-example.ts";
import { fillAll, fillBlanks, fillPath, type Blanks } from "../blanks.ts";
import { intoBody } from "../key-body.ts";
import { maskedParts, partFacts, partFields, partsIn, partsSchema, type Parts } from "../key-parts.ts";
import type { Field, Kind } from "../kind.ts";
import { withHeader, withQuery, type OutgoingRequest } from "../request.ts";
import { list, map } from "../shapes.ts";
import { credential, headerName } from "../text.ts";

const PLACE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z[\]]+$/;
const plain = z.string().regex(/^[\x20-\x7e]*$/, "Use plain characters only.");
const further = map.refine(
  (names) => Object.entries(names).every(([name, value]) => PLACE.test(name) && plain.safeParse(value).success),
  "Use letters, digits and dashes in names, and plain characters in values.",
);

const settingsSchema = z
  .strictObject({
    in: z.enum(["header", "query", "cookie", "body", "path"]).default("header"),
    name: z.string().min(1, "Enter the name.").max(100).regex(PLACE, "Use letters, digits and dashes only.").optional(),
    format: plain
      .max(200)
      .refine((format) => format.includes("{key}"), "Write {key} where the key goes.")
      .default("{key}"),
    headers: further.optional(),
    query: further.optional(),
    open_parts: list.optional(),
  })
  .superRefine((settings, context) => {
    const miss = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (settings.in !== "path" && settings.name === undefined) miss("name", "Enter the name.");
    const named = settings.in === "header" || settings.in === "cookie" ? [settings.name ?? "name"] : [];
    if (named.some((name) => !headerName.safeParse(name).success))
      miss("name", "The name of a header or cookie has no brackets.");
    if (Object.keys(settings.headers ?? {}).some((name) => !headerName.safeParse(name).success))
      miss("headers", "The name of a header has no brackets.");
  });

type Settings = z.infer<typeof settingsSchema>;
/** The key, and further parts of it by name. */
type Secret = { key: string } & Record<string, string>;

const settings: Field[] = [
  {
    name: "in",
    label: "Where the key goes",
    type: "choice",
    options: [
      { value: "header", label: "Header" },
      { value: "query", label: "Query parameter" },
      { value: "cookie", label: "Cookie" },
      { value: "body", label: "Field of the body (JSON or form)" },
      { value: "path", label: "In the path" },
    ],
  },
  {
    name: "name",
    label: "Its name there",
    type: "text",
    example: "X-Api-Key",
    help: "In a path it has none: write {key} in the base URL.",
  },
  {
    name: "format",
    label: "Format",
    type: "text",
    example: "Token {key}",
    help: "{key} stands for the key. Default: the key alone.",
    advanced: true,
  },
  {
    name: "headers",
    label: "Further headers of the key",
    type: "map",
    example: "X-App-Id={app_id}",
    help: "For keys of several parts. Each account is asked for what stands in braces.",
    advanced: true,
  },
  {
    name: "query",
    label: "Further query parameters of the key",
    type: "map",
    example: "app_id={app_id}",
    help: "As the headers above.",
    advanced: true,
  },
  {
    name: "open_parts",
    label: "Parts that are no secret",
    type: "list",
    example: "email",
    help: "Shown with the account, such as an e-mail address or the id of an application.",
    advanced: true,
  },
];

/** A key in a named header, query parameter, cookie or body field, or in the path; also one of several parts. */
export const apiKey: Kind<Settings, Secret> = {
  id: "api_key",
  label: "API key",
  summary: "A key in a header, a query parameter, a cookie, the path or a field of the body.",
  settings,
  settingsSchema,
  secret: (set) => partFields(partsOf(set)),
  secretSchema: z.strictObject({ key: credential }) as unknown as z.ZodType<Secret>,
  secretSchemaFor: (set) => partsSchema(partsOf(set)) as unknown as z.ZodType<Secret>,
  sign: (request, secret, set) => place(request, set, secret),
  preview: (request, set) => place(request, set, maskedParts(partsOf(set))),
  slots(set) {
    const own = set.name === undefined ? [] : [set.name];
    return {
      headers: [
        ...(set.in === "header" ? own : set.in === "cookie" ? ["Cookie"] : []),
        ...Object.keys(set.headers ?? {}),
      ],
      query: [...(set.in === "query" ? own : []), ...Object.keys(set.query ?? {})],
      body: set.in === "body" ? own : [],
      ...(set.in === "path" ? { path: partsOf(set).names } : {}),
    };
  },
  sensitive(secret, set) {
    const { names, open } = partsOf(set);
    return names.filter((name) => !open.includes(name)).flatMap((name) => secret[name] ?? []);
  },
  facts: (secret, set) => partFacts(partsOf(set), secret),
  fromExample: placeIn,
};

/** Also of settings that are still being entered. */
function partsOf(set: Partial<Settings>): Parts {
  const further = [...Object.values(set.headers ?? {}), ...Object.values(set.query ?? {})];
  return partsIn([set.format ?? "", ...further], set.open_parts ?? []);
}

function place(request: OutgoingRequest, set: Settings, parts: Blanks): OutgoingRequest {
  const value = fillBlanks(set.format, parts);
  const missing = partsOf(set).names.find((name) => parts[name] === undefined);
  if (value === undefined || missing !== undefined)
    throw new SignetError(
      "needs_reconnect",
      "The service asks for a further part of this key now. Enter the key again.",
    );
  let placed = placeKey(request, set, value, parts);
  for (const [name, text] of Object.entries(fillAll(set.query ?? {}, parts))) placed = withQuery(placed, name, text);
  for (const [name, text] of Object.entries(fillAll(set.headers ?? {}, parts))) placed = withHeader(placed, name, text);
  return placed;
}

function placeKey(request: OutgoingRequest, set: Settings, value: string, parts: Blanks): OutgoingRequest {
  switch (set.in) {
    case "header":
      return withHeader(request, set.name!, value);
    case "query":
      return withQuery(request, set.name!, value);
    case "cookie":
      return withHeader(request, "Cookie", `${set.name!}=${value}`);
    case "body":
      return { ...request, body: intoBody(request, set.name!, value) };
    case "path": {
      const url = fillPath(request.url, parts);
      if (url !== request.url) return { ...request, url };
      throw new SignetError("invalid", "This service's key goes into the path: write {key} where it belongs.", {
        issues: [{ path: "url", message: "Write {key} where the key belongs, or give a path under the base URL." }],
      });
    }
  }
}
