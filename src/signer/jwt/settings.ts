import { z } from "zod";
import { promptShape, type Prompts } from "../prompts.ts";
import { JWS_ALGORITHMS } from "../jws.ts";
import { endpoint, list, map, path } from "../shapes.ts";
import { headerName } from "../text.ts";
import { wonShape } from "../won.ts";

/** Names of what is kept of a key besides what is asked, and of what each request has for itself. */
const TAKEN = ["key", "token", "token_host", "client_secret", "now", "nonce", "fingerprint", "method", "host", "path"];

const text = z.string().min(1).max(1000).optional();

export const settingsSchema = z
  .strictObject({
    algorithm: z.enum(JWS_ALGORITHMS).default("RS256"),
    issuer: text,
    subject: text,
    audience: text,
    scopes: list.default([]),
    claims: map.default({}),
    header_params: map.default({}),
    key_id: z.string().max(500).default("{key_id}"),
    jwt_lifetime_seconds: z.coerce.number().int().min(10).max(15_777_000).default(300),
    backdate_seconds: z.coerce.number().int().min(0).max(600).default(0),
    key_encoding: z.enum(["raw", "base64", "hex"]).default("raw"),
    key_separator: z.string().max(1).optional(),
    key_label: z.string().max(60).optional(),
    asks: map
      .refine((asked) => Object.keys(asked).every((name) => /^[a-z][a-z0-9_]*$/.test(name)), {
        error: "Write names in lower case, with _ between words.",
      })
      .refine((asked) => !Object.keys(asked).some((name) => TAKEN.includes(name)), {
        error: `These names stand for something else: ${TAKEN.join(", ")}.`,
      })
      .default({}),
    exchange: z.enum(["none", "assertion", "bearer"]).default("none"),
    token_url: endpoint.optional(),
    token_method: z.enum(["POST", "GET"]).default("POST"),
    token_params: map.default({}),
    client_secret: z.string().min(8).max(4000).optional(),
    token_path: path.optional(),
    ...wonShape,
    header: headerName.default("Authorization"),
    format: z
      .string()
      .max(200)
      .regex(/^[\x20-\x7e]*$/, "Use plain characters only.")
      .refine((format) => format.includes("{token}"), "Write {token} where the token goes.")
      .default("Bearer {token}"),
  })
  .refine((settings) => settings.exchange === "none" || settings.token_url !== undefined, {
    path: ["token_url"],
    message: "Enter the address where the JWT is exchanged.",
  })
  .refine((settings) => !/[{}]/.test(hostIn(settings.token_url)), {
    path: ["token_url"],
    message: "The host of the token address is the same for all accounts; only its path may have {names}.",
  });

export type Settings = z.infer<typeof settingsSchema>;

const key = z
  .string()
  .trim()
  .min(8, "A secret of fewer than 8 characters can not be kept out of answers; use a longer one.")
  .max(32_768, "This is longer than any known key (32 KB).");

// What the file of a key tells, and what it was traded for.
const kept = {
  issuer: z.string().optional(),
  key_id: z.string().optional(),
  token: z.string().optional(),
  /** Host of the token address for which the key was entered: what it signs goes nowhere else. */
  token_host: z.string().optional(),
};

export const secretSchema = z.strictObject({ key, ...kept });

/** The key as it was pasted, what was entered with it by name, what its file tells, and the token it was traded for. */
export type Secret = z.infer<typeof secretSchema> & Readonly<Record<string, string | undefined>>;

export function secretSchemaFor(settings: Settings): z.ZodType<Secret> {
  return z.strictObject({ key, ...kept, ...promptShape(promptsOf(settings)) }) as unknown as z.ZodType<Secret>;
}

/** What an account is asked besides its key; none of it is secret. */
export function promptsOf({ asks }: Pick<Settings, "asks">): Prompts {
  return { names: Object.keys(asks), open: Object.keys(asks), labels: asks };
}

function hostIn(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : "";
}
