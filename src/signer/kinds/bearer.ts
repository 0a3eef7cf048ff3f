import { z } from "zod";
import { headerIn } from "../example.ts";
import { MASK, type Kind } from "../kind.ts";
import { withHeader } from "../request.ts";
import { credential, headerName, lastFour } from "../text.ts";

interface Settings {
  header: string;
  prefix: string;
}

interface Secret {
  token: string;
}

/** A token behind a word, by default `Authorization: Bearer …` (RFC 6750 section 2.1). */
export const bearer: Kind<Settings, Secret> = {
  id: "bearer",
  label: "Bearer token",
  summary: "A personal or service token that goes into a header.",
  settings: [
    {
      name: "header",
      label: "Header",
      type: "text",
      example: "Authorization",
      help: "Default: Authorization.",
      advanced: true,
    },
    {
      name: "prefix",
      label: "Word before the token",
      type: "text",
      example: "Bearer",
      help: "Default: Bearer. May be empty.",
      advanced: true,
    },
  ],
  settingsSchema: z.strictObject({
    header: headerName.default("Authorization"),
    prefix: z
      .string()
      .max(50)
      .regex(/^[\x21-\x7e]*$/, "One word without spaces.")
      .default("Bearer"),
  }),
  secret: () => [{ name: "token", label: "Token", type: "text", required: true, hidden: true }],
  secretSchema: z.strictObject({ token: credential }),
  sign: (request, secret, settings) => withHeader(request, settings.header, value(settings, secret.token)),
  preview: (request, settings) => withHeader(request, settings.header, value(settings, MASK)),
  slots: (settings) => ({ headers: [settings.header], query: [], body: [] }),
  sensitive: (secret) => [secret.token],
  facts: (secret) => [{ label: "Token", value: lastFour(secret.token) }],
  fromExample: (example) => (/^bearer\b/i.test(headerIn(example, "authorization") ?? "") ? {} : undefined),
};

function value(settings: Settings, token: string): string {
  return settings.prefix === "" ? token : `${settings.prefix} ${token}`;
}
