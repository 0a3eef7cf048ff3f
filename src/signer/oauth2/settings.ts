import { z } from "zod";
import type { Field } from "../kind.ts";
import { endpoint, flag, list, map, path } from "../shapes.ts";
import { headerName } from "../text.ts";

// Everything in which authorization servers differ is a setting, so that no provider needs code.

export const settingsSchema = z.strictObject({
  authorize_url: endpoint,
  token_url: endpoint,
  revoke_url: endpoint.optional(),
  client_id: z.string().min(1, "Enter the client id.").max(1000),
  client_secret: z.string().min(1).max(4000).optional(),
  scopes: list.default([]),
  scope_delimiter: z.enum([" ", ",", "+"]).default(" "),
  token_auth: z.enum(["basic", "body", "none"]).optional(),
  pkce: flag.default(true),
  authorize_params: map.default({}),
  token_params: map.default({}),
  refresh_params: map.default({}),
  user_scopes: list.default([]),
  user_scopes_param: z.string().max(50).optional(),
  token_path: path.optional(),
  base_url_from: path.optional(),
  metadata_url: endpoint.optional(),
  metadata: map.default({}),
  repeat_redirect_uri_on_refresh: flag.default(false),
  lifetime_seconds: z.coerce.number().int().min(30).max(315_360_000).optional(),
  auth_failure_statuses: z.array(z.coerce.number().int()).default([401]),
  issuer: z.string().max(500).optional(),
  resource: z.url().optional(),
  header: headerName.default("Authorization"),
  prefix: z
    .string()
    .max(50)
    .regex(/^[\x21-\x7e]*$/, "One word without spaces.")
    .default("Bearer"),
});

export type Settings = z.infer<typeof settingsSchema>;

export const settingsFields: Field[] = [
  {
    name: "authorize_url",
    label: "Authorization URL",
    type: "url",
    required: true,
    example: "https://provider.example/oauth/authorize",
  },
  {
    name: "token_url",
    label: "Token URL",
    type: "url",
    required: true,
    example: "https://provider.example/oauth/token",
  },
  { name: "client_id", label: "Client ID", type: "text", required: true },
  {
    name: "client_secret",
    label: "Client secret",
    type: "text",
    hidden: true,
    help: "Leave empty for a public client.",
  },
  { name: "scopes", label: "Scopes", type: "list", help: "What accounts are asked to allow, separated by spaces." },
  {
    name: "token_auth",
    label: "How the client signs in at the token URL",
    type: "choice",
    options: [
      { value: "basic", label: "Basic header" },
      { value: "body", label: "In the body" },
      { value: "none", label: "Public client (no secret)" },
    ],
  },
  { name: "pkce", label: "PKCE (S256)", type: "switch", help: "Turn off only for a provider that refuses it." },
  {
    name: "revoke_url",
    label: "Revocation URL",
    type: "url",
    advanced: true,
    help: "Called when an account is disconnected (RFC 7009).",
  },
  {
    name: "scope_delimiter",
    label: "Between scopes",
    type: "choice",
    advanced: true,
    options: [
      { value: " ", label: "Space" },
      { value: ",", label: "Comma" },
      { value: "+", label: "Plus" },
    ],
  },
  {
    name: "authorize_params",
    label: "Extra authorization parameters",
    type: "map",
    advanced: true,
    example: "access_type=offline",
  },
  { name: "token_params", label: "Extra token parameters", type: "map", advanced: true },
  { name: "refresh_params", label: "Extra refresh parameters", type: "map", advanced: true },
  {
    name: "user_scopes",
    label: "User scopes",
    type: "list",
    advanced: true,
    help: "For providers with a second scope parameter.",
  },
  {
    name: "user_scopes_param",
    label: "Name of the second scope parameter",
    type: "text",
    advanced: true,
    example: "user_scope",
  },
  {
    name: "token_path",
    label: "Where the token sits in the answer",
    type: "text",
    advanced: true,
    example: "authed_user",
  },
  {
    name: "base_url_from",
    label: "Base URL from the token answer",
    type: "text",
    advanced: true,
    example: "instance_url",
  },
  { name: "metadata_url", label: "Address asked once after linking", type: "url", advanced: true },
  { name: "metadata", label: "What to keep of its answer", type: "map", advanced: true, example: "cloudid=0.id" },
  {
    name: "repeat_redirect_uri_on_refresh",
    label: "Repeat the callback address when refreshing",
    type: "switch",
    advanced: true,
  },
  { name: "lifetime_seconds", label: "Lifetime when the answer names none (seconds)", type: "number", advanced: true },
  {
    name: "auth_failure_statuses",
    label: "Statuses that mean the token was refused",
    type: "list",
    advanced: true,
    example: "401",
  },
  {
    name: "issuer",
    label: "Issuer",
    type: "text",
    advanced: true,
    help: "When the provider sends iss in the callback (RFC 9207).",
  },
  { name: "resource", label: "Resource", type: "url", advanced: true, help: "Resource indicator (RFC 8707)." },
  { name: "header", label: "Header", type: "text", advanced: true, example: "Authorization" },
  { name: "prefix", label: "Word before the token", type: "text", advanced: true, example: "Bearer" },
];

/** Basic is what RFC 6749 section 2.3.1 wants supported; a client without secret can only say its id. */
export function clientAuthentication(settings: Settings): "basic" | "body" | "none" {
  return settings.token_auth ?? (settings.client_secret === undefined ? "none" : "basic");
}
