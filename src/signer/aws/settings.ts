import { z } from "zod";
import { SignetError } from "../../errors.ts";
import type { Field } from "../kind.ts";
import { endpoint } from "../shapes.ts";
import { credential } from "../text.ts";

export interface Settings {
  region?: string | undefined;
  service?: string | undefined;
  role_arn?: string | undefined;
  external_id?: string | undefined;
  role_session_name: string;
  sts_url?: string | undefined;
}

/** A pair of keys; the token belongs to temporary ones. */
export interface Keys {
  access_key_id: string;
  secret_access_key: string;
  session_token?: string | undefined;
}

export interface Secret extends Keys {
  /** What the keys were traded for, and the role that it is good for. */
  assumed?: (Keys & { role_arn: string }) | undefined;
}

export const settingsFields: Field[] = [
  {
    name: "region",
    label: "Region",
    type: "text",
    example: "eu-central-1",
    help: "Used where the host does not tell the region, as hosts of other providers and of buckets without one.",
  },
  {
    name: "service",
    label: "Service to sign for",
    type: "text",
    example: "s3",
    help: "Used where the host does not tell the service.",
  },
  {
    name: "role_arn",
    label: "Role to assume",
    type: "text",
    example: "arn:aws:iam::123456789012:role/signet",
    help: "Each account's keys are then used only to get temporary keys of this role, which sign.",
    advanced: true,
  },
  {
    name: "external_id",
    label: "External id",
    type: "text",
    help: "If the role's trust policy asks for one.",
    advanced: true,
  },
  {
    name: "role_session_name",
    label: "Session name",
    type: "text",
    example: "signet",
    help: "Under which name the role is used in the provider's own logs. Default: signet.",
    advanced: true,
  },
  {
    name: "sts_url",
    label: "Token service address",
    type: "url",
    example: "https://sts.eu-central-1.amazonaws.com",
    help: "Where roles are assumed. Default: the region's own.",
    advanced: true,
  },
];

export const secretFields: Field[] = [
  {
    name: "access_key_id",
    label: "Access key ID",
    type: "text",
    required: true,
    example: "AKIAIOSFODNN7EXAMPLE",
    help: "Of a user made for this purpose with few permissions; never of the root user, whose keys can do everything and can not be limited.",
  },
  { name: "secret_access_key", label: "Secret access key", type: "text", required: true, hidden: true },
  {
    name: "session_token",
    label: "Session token",
    type: "text",
    hidden: true,
    help: "Belongs to temporary keys only, those that begin with ASIA. Signet can not renew them; a role to assume lasts.",
  },
];

export const settingsSchema: z.ZodType<Settings> = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, "A region is a word such as eu-central-1 or auto.")
    .optional(),
  service: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,60}$/, "A service is a word such as s3 or execute-api.")
    .optional(),
  role_arn: z
    .string()
    .regex(
      /^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]{1,577}$/,
      "A role looks like arn:aws:iam::123456789012:role/name.",
    )
    .optional(),
  external_id: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, "An external id has 2 to 1224 letters, digits and _+=,.@:/-.")
    .optional(),
  role_session_name: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, "A session name has 2 to 64 letters, digits and _+=,.@-.")
    .default("signet"),
  sts_url: endpoint.optional(),
});

const keys = {
  access_key_id: z
    .string()
    .max(256)
    .regex(/^[^\s,/=]{3,}$/, "An access key ID has no spaces, commas or slashes; copy it again."),
  secret_access_key: credential,
  session_token: credential.optional(),
};

export const secretSchema: z.ZodType<Secret> = z
  .strictObject({ ...keys, assumed: z.strictObject({ ...keys, role_arn: z.string() }).optional() })
  .refine((secret) => !/^ASIA[A-Z0-9]{16}$/.test(secret.access_key_id) || secret.session_token !== undefined, {
    path: ["session_token"],
    message: "Keys that begin with ASIA are temporary and sign only together with their session token: enter it too.",
  });

/**
 * The keys that sign: those of the role, where there is one. Throws `needs_reconnect` when the account's were traded for
 * another role than its service names now, because lasting keys may do things that the role may not.
 */
export function signingKeys(secret: Secret, settings: Settings): Keys {
  if (settings.role_arn === undefined) return secret;
  if (secret.assumed?.role_arn === settings.role_arn) return secret.assumed;
  throw new SignetError(
    "needs_reconnect",
    "The service names another role than this account's keys were traded for. Enter the keys again to assume it.",
  );
}
