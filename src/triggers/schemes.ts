import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";

const FOLDER = join(import.meta.dirname, "schemes");

const headerName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,80}$/, "This is not the name of a header.");

/** A whole header, or one of the pairs in it such as "t=1,v1=2". */
const place = z.strictObject({ header: headerName, pair: z.string().max(20).optional() });

/** How a sender proves that a delivery is its own: an HMAC (RFC 2104) in a header over the body as it was sent. */
const schemeSchema = z.strictObject({
  label: z.string(),
  help: z.string(),
  signature: place.extend({ prefix: z.string().default(""), encoding: z.enum(["hex", "base64"]) }),
  /** Seconds since 1970 when it was signed. */
  timestamp: place.optional(),
  algorithm: z.enum(["sha1", "sha256", "sha512"]),
  /** What is signed, with {timestamp} and {body} in it. */
  signed: z.string(),
  /** How far its clock may be from ours. */
  window_seconds: z.number().int().min(1).max(3_600).default(300),
  /** What tells deliveries apart: a header, or a field of the JSON body; else the signature does. */
  delivery: z.union([z.strictObject({ header: headerName }), z.strictObject({ field: z.string() })]).optional(),
  /** A delivery with this in its body wants to see this field of it again. */
  challenge: z.strictObject({ field: z.string(), value: z.string(), answer: z.string() }).optional(),
  /** Fields of the body that are not kept. */
  omit: z.array(z.string()).default([]),
});
export type Scheme = z.output<typeof schemeSchema>;

/** For senders that are not known here: the webhook itself describes how they sign. */
const describedSchema = z.strictObject({ label: z.string(), help: z.string(), described: z.literal(true) });

const KNOWN = new Map(
  readdirSync(FOLDER)
    .sort()
    .map((name) => [
      basename(name, ".json"),
      z.union([describedSchema, schemeSchema]).parse(JSON.parse(readFileSync(join(FOLDER, name), "utf8"))),
    ]),
);

/** What a webhook says of senders that are not known here. */
export const hmacSettings = z.strictObject({
  header: headerName,
  algorithm: z.enum(["sha1", "sha256", "sha512"]).default("sha256"),
  encoding: z.enum(["hex", "base64"]).default("hex"),
  /** What stands before the signature in its header. */
  prefix: z.string().max(40).default(""),
  /** With one, what is signed is the timestamp, a dot and the body, unless `signed` says otherwise. */
  timestamp_header: headerName.optional(),
  signed: z
    .string()
    .max(200)
    .regex(/\{body\}/, "What is signed holds {body}.")
    .optional(),
  delivery_header: headerName.optional(),
});
export type HmacSettings = z.output<typeof hmacSettings>;

/** Every scheme by name: none, and those of the files beside this one. */
export const SCHEMES = ["none", ...KNOWN.keys()] as [string, ...string[]];

/** Whether a webhook of this scheme describes itself how its senders sign. */
export function isDescribed(name: string): boolean {
  const known = KNOWN.get(name);
  return known !== undefined && "described" in known;
}

/** What a form offers, those to be described after the others. */
export function schemeChoices(): { value: string; label: string; help: string }[] {
  const known = [...KNOWN].map(([value, { label, help }]) => ({ value, label, help }));
  return [
    ...known.filter(({ value }) => !isDescribed(value)),
    ...known.filter(({ value }) => isDescribed(value)),
    { value: "none", label: "None", help: "Whoever knows the address can start the behavior." },
  ];
}

/** The scheme of a webhook; undefined where nothing is checked. */
export function schemeOf(name: string, settings: unknown): Scheme | undefined {
  const known = KNOWN.get(name);
  return known && "described" in known ? described(hmacSettings.parse(settings)) : known;
}

function described(settings: HmacSettings): Scheme {
  const { header, prefix, encoding, algorithm, timestamp_header, delivery_header } = settings;
  return schemeSchema.parse({
    label: "HMAC",
    help: "",
    signature: { header, prefix, encoding },
    algorithm,
    signed: settings.signed ?? (timestamp_header === undefined ? "{body}" : "{timestamp}.{body}"),
    ...(timestamp_header !== undefined && { timestamp: { header: timestamp_header } }),
    ...(delivery_header !== undefined && { delivery: { header: delivery_header } }),
  });
}
