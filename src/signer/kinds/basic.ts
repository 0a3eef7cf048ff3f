import { z } from "zod";
import { headerIn, type Example } from "../example.ts";
import { MASK, type Kind } from "../kind.ts";
import { withHeader } from "../request.ts";
import { lastFour } from "../text.ts";

interface Settings {
  username_label?: string | undefined;
  password_label?: string | undefined;
  username_fixed?: string | undefined;
  password_fixed?: string | undefined;
}

interface Secret {
  username: string;
  password: string;
}

const noControl = /^[^\u0000-\u001f\u007f]*$/;
const label = z.string().max(60).optional();

/** User name and password (RFC 7617). The charset is UTF-8, the only one the RFC names. */
export const basic: Kind<Settings, Secret> = {
  id: "basic",
  label: "User name and password",
  summary: "HTTP Basic: a user name and a password, or a key in place of either.",
  settings: [
    {
      name: "username_label",
      label: "What the user name is called",
      type: "text",
      example: "Account SID",
      advanced: true,
    },
    {
      name: "password_label",
      label: "What the password is called",
      type: "text",
      example: "Auth token",
      advanced: true,
    },
    {
      name: "username_fixed",
      label: "Fixed user name",
      type: "text",
      help: "When only the password is a secret.",
      advanced: true,
    },
    {
      name: "password_fixed",
      label: "Fixed password",
      type: "text",
      help: "When the key is the user name.",
      advanced: true,
    },
  ],
  settingsSchema: z.strictObject({
    username_label: label,
    password_label: label,
    username_fixed: z.string().max(200).optional(),
    password_fixed: z.string().max(200).optional(),
  }),
  secret: (settings) => [
    ...(settings.username_fixed === undefined
      ? [
          {
            name: "username",
            label: settings.username_label ?? "User name",
            type: "text" as const,
            required: true,
            hidden: settings.password_fixed !== undefined,
          },
        ]
      : []),
    ...(settings.password_fixed === undefined
      ? [{ name: "password", label: settings.password_label ?? "Password", type: "text" as const, hidden: true }]
      : []),
  ],
  secretSchema: z.strictObject({
    username: z
      .string()
      .max(4096)
      .regex(noControl, "It has a control character; copy it again.")
      .refine((name) => !name.includes(":"), "A user name can not hold a colon (RFC 7617 section 2).")
      .default(""),
    password: z.string().max(8192).regex(noControl, "It has a control character; copy it again.").default(""),
  }),
  sign: (request, secret, settings) => withHeader(request, "Authorization", `Basic ${pair(secret, settings)}`),
  preview: (request) => withHeader(request, "Authorization", `Basic ${MASK}`),
  slots: () => ({ headers: ["Authorization"], query: [], body: [] }),
  sensitive: (secret, settings) => [pair(secret, settings), keyOf(secret, settings)],
  facts: (secret, settings) =>
    keyIsUserName(secret, settings)
      ? [{ label: settings.username_label ?? "Key", value: lastFour(secret.username) }]
      : [
          { label: settings.username_label ?? "User name", value: settings.username_fixed ?? secret.username },
          { label: settings.password_label ?? "Password", value: "saved, hidden" },
        ],
  fromExample,
};

function fromExample(example: Example): Partial<Settings> | undefined {
  if (example.digest || example.signature !== undefined) return undefined;
  if (example.user === undefined) return /^basic\b/i.test(headerIn(example, "authorization") ?? "") ? {} : undefined;
  // A colon with nothing behind it: what stands before it is a key.
  return /^[^:]+:$/.test(example.user) ? { username_label: "Key" } : {};
}

/** Where the password is fixed or blank, the user name is the secret. */
function keyIsUserName(secret: Secret, settings: Settings): boolean {
  return settings.password_fixed !== undefined || secret.password === "";
}

function keyOf(secret: Secret, settings: Settings): string {
  return keyIsUserName(secret, settings) ? secret.username : secret.password;
}

function pair(secret: Secret, settings: Settings): string {
  const username = settings.username_fixed ?? secret.username;
  const password = settings.password_fixed ?? secret.password;
  return Buffer.from(`${username}:${password}`, "utf8").toString("base64");
}
